// Lines from records.
#include "app/live_log.h"

#include <fmt/format.h>

#include "app/text.h"
#include "smtp/reply.h"

namespace fakemx::app {

namespace {

/// Deliveries whose last try is remembered: for the wait that a line shows, nothing else. About 100
/// octets each.
constexpr std::size_t deliveries_remembered_max = 100'000;
/// Of a reply, in one line.
constexpr std::size_t reply_columns_max = 80;

/// The time of day alone: the day is in the journal.
std::string time_of(Instant at) {
    const std::string whole = format_instant(std::chrono::floor<std::chrono::milliseconds>(at));
    std::string time = whole.substr(11, whole.size() - 12);
    if (time.size() > 12) time.resize(12);
    return padded(time, 12);
}

}  // namespace

void LiveLog::write(journal::Batch batch) {
    for (const auto& session : batch.sessions) {
        totals_.sessions = std::max(totals_.sessions, number(session.id));
    }
    for (const auto& event : batch.events) show(event);
    for (const auto& attempt : batch.attempts) show(attempt);
    if (next_ != nullptr) next_->write(std::move(batch));
}

void LiveLog::show(const journal::Event& event) {
    const auto line = [&](Level level, std::string_view what) {
        const std::string whose =
            event.session == SessionId{} ? "dns" : fmt::format("#{}", number(event.session));
        say_(level, fmt::format("{}  {} {}", time_of(event.at), whose, what));
    };
    if (const auto* failed = std::get_if<journal::ScriptFailed>(&event.body)) {
        ++totals_.script_failures;
        line(Level::error,
             fmt::format("hook {}: {}", journal::hook_name(failed->hook), failed->message));
        if (from_ == Level::debug && !failed->traceback.empty())
            say_(Level::debug, failed->traceback);
    } else if (from_ > Level::info) {
        return;
    } else if (const auto* note = std::get_if<journal::Note>(&event.body)) {
        line(Level::info,
             fmt::format("{}: {}", journal::hook_name(note->hook), printable(note->text)));
    } else if (const auto* tls = std::get_if<smtp::TlsSeen>(&event.body);
               tls != nullptr && !tls->failure.empty()) {
        line(Level::info, fmt::format("TLS failed: {}", printable(tls->failure)));
    } else if (from_ != Level::debug) {
        return;
    } else if (tls != nullptr) {
        line(Level::debug, fmt::format("TLS: {}", words_of(tls->facts)));
    } else if (const auto* declared = std::get_if<smtp::Declared>(&event.body)) {
        line(Level::debug, words_of(*declared->declaration));
    } else if (const auto* opened = std::get_if<journal::Opened>(&event.body)) {
        line(Level::debug, fmt::format("opened: {} → {}", opened->client, opened->host));
    } else if (const auto* command = std::get_if<smtp::CommandSeen>(&event.body)) {
        line(Level::debug, fmt::format("C: {}", printable(command->line)));
    } else if (const auto* answer = std::get_if<smtp::Answered>(&event.body)) {
        line(Level::debug,
             fmt::format("S: {}", answer->silent
                                      ? "(silence)"
                                      : reply_of(answer->code, smtp::in_one_line(answer->text))));
    } else if (const auto* anomaly = std::get_if<smtp::Anomaly>(&event.body)) {
        line(Level::debug,
             fmt::format("!: {} {}", smtp::name(anomaly->kind), printable(anomaly->detail)));
    } else if (const auto* ended = std::get_if<smtp::Ended>(&event.body)) {
        line(Level::debug, fmt::format("ended: {}", smtp::name(ended->how)));
    } else if (const auto* query = std::get_if<journal::Queried>(&event.body)) {
        line(
            Level::debug,
            fmt::format("{} asks for {} {}: {}", query->client, query->type, printable(query->name),
                        answer_in_words(query->rcode, query->answers, query->truncated)));
    }
}

void LiveLog::show(const journal::AttemptRecord& attempt) {
    if (!attempt.ended_at) return;
    switch (attempt.outcome) {
        case journal::Outcome::pending: return;
        case journal::Outcome::accepted: ++totals_.accepted; break;
        case journal::Outcome::deferred: ++totals_.deferred; break;
        case journal::Outcome::rejected: ++totals_.rejected; break;
        case journal::Outcome::lost: ++totals_.lost; break;
    }
    const std::string to =
        attempt.recipient.empty() ? "nobody named" : printable(attempt.recipient);
    const std::string tried =
        attempt.delivery ? fmt::format("  try {}{}", attempt.number, wait_before(attempt)) : "";
    say_(Level::info,
         fmt::format("{}  #{} {}  {} → {}{}  {}: {}  {}", time_of(*attempt.ended_at),
                     number(attempt.session), attempt.sending_ip, path_of(attempt.mail_from), to,
                     tried, journal::stage_name(attempt.stage),
                     shortened(reply_of(attempt.code, attempt.text), reply_columns_max),
                     journal::name(attempt.outcome)));
}

/// " (+3m20s)" where an earlier try of the delivery is remembered.
std::string LiveLog::wait_before(const journal::AttemptRecord& attempt) {
    const auto [place, is_new] = last_tries_.try_emplace(number(*attempt.delivery), attempt.at);
    if (is_new) {
        deliveries_.push_back(place->first);
        if (deliveries_.size() > deliveries_remembered_max) {
            last_tries_.erase(deliveries_.front());
            deliveries_.pop_front();
        }
        return "";
    }
    const Duration wait = attempt.at - std::exchange(place->second, attempt.at);
    return fmt::format(" (+{})", rounded(wait));
}

std::string format(const LiveLog::Totals& totals) {
    std::string text = counted(totals.sessions, "session", "sessions");
    const auto all = totals.accepted + totals.deferred + totals.rejected + totals.lost;
    text += ", " + counted(all, "attempt", "attempts");
    const char* before = ": ";
    for (const auto& [count, word] : {std::pair{totals.accepted, "accepted"},
                                      {totals.deferred, "deferred"},
                                      {totals.rejected, "rejected"},
                                      {totals.lost, "lost"}}) {
        if (count == 0) continue;
        text += fmt::format("{}{} {}", before, count, word);
        before = ", ";
    }
    return text;
}

}  // namespace fakemx::app
