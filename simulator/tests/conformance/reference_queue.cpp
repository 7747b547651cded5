// A queue by the book (RFC 5321 §4.5.4.1), and its ways to be wrong.
#include "conformance/reference_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fakemx::test {

namespace {

constexpr Duration lifetime = std::chrono::hours{5 * 24};
constexpr Duration first_wait = 30min;
constexpr Duration longest_wait = 4h;

struct WrongWait {
    std::string_view slug;
    Duration wait;
};
/// Before each try but the first.
constexpr WrongWait wrong_waits[]{{"retry-delay", 10s},        {"retry-interval", 10min},
                                  {"retry-first-hour", 8h},    {"grey-retry", 30h},
                                  {"grey-mx-hop", 90s},        {"backoff-421", 10s},
                                  {"backoff-exponential", 1h}, {"dup-no-instant-resend", 10s}};

}  // namespace

void ReferenceQueue::work_off(const std::vector<Letter>& letters) {
    std::vector<Entry> entries;
    for (const Letter& letter : letters) {
        const Instant arrived = later(run_.now(), letter.pause);
        entries.push_back({.letter = letter, .arrived = arrived, .due = arrived});
        entries.back().letter.pause = {};
        if (!options_.one_recipient_each) continue;
        for (std::size_t i = 1; i < letter.to.size(); ++i) {
            entries.push_back(entries.back());
            entries.back().letter.to = {letter.to[i]};
        }
        entries[entries.size() - letter.to.size()].letter.to.resize(1);
    }
    while (!entries.empty()) {
        const auto next =
            std::min_element(entries.begin(), entries.end(),
                             [](const Entry& a, const Entry& b) { return a.due < b.due; });
        if (next->due > run_.now()) run_.advance(next->due - run_.now());
        const Entries batch = due_together(entries);
        if (!batch.empty()) attempt(batch);
        for (Entry* entry : batch) settle(*entry);
        std::erase_if(entries, [](const Entry& entry) { return entry.letter.to.empty(); });
    }
}

/// What goes over one connection.
ReferenceQueue::Entries ReferenceQueue::due_together(std::vector<Entry>& entries) {
    Entries batch;
    std::set<std::string> mailboxes;
    for (Entry& entry : entries) {
        if (entry.due > run_.now()) continue;
        if (options_.drops_bad_recipients && !breaks("no-5yz-retry-lists"))
            std::erase_if(entry.letter.to, [&](const auto& to) { return bad_.contains(to); });
        if (breaks("retry-no-5yz-mail-cache") && !bad_.empty()) entry.letter.to.clear();
        if (entry.letter.to.empty()) continue;
        // A mailbox that is over its rate is tried with one message.
        const std::string& mailbox = entry.letter.to.front();
        if (over_rate_.contains(mailbox) && !mailboxes.insert(mailbox).second &&
            !breaks("backoff-rcpt-rate")) {
            entry.due = later(run_.now(), first_wait);
            continue;
        }
        batch.push_back(&entry);
        if (is_alone(entry)) break;
    }
    return batch;
}

/// Has a connection of its own, where others might share it.
bool ReferenceQueue::is_alone(const Entry& entry) const {
    return names_ != nullptr || options_.one_recipient_each || breaks("conn-rate") ||
           breaks("retry-host-list") || breaks("backoff-destination") ||
           (breaks("retry-jitter") && entry.wait != Duration::zero());
}

void ReferenceQueue::attempt(const Entries& batch) {
    if (names_ != nullptr) {
        for (Entry* entry : batch) take(*entry, names_->deliver(client_, entry->letter));
        return;
    }
    const auto spares = open_spares();
    for (const std::size_t host : options_.hosts) {
        Entries left;
        std::copy_if(batch.begin(), batch.end(), std::back_inserter(left),
                     [](const Entry* entry) { return !entry->letter.to.empty(); });
        if (left.empty()) break;
        send(left, host);
        // The host may have the message: to give it to another one would make two of it.
        if (client_.in_doubt()) break;
    }
    close_spares(spares);
}

void ReferenceQueue::send(const Entries& batch, std::size_t host) {
    std::vector<Letter> letters;
    for (const Entry* entry : batch) letters.push_back(entry->letter);
    const auto results = client_.deliver(letters, host);
    for (std::size_t i = 0; i < batch.size(); ++i) take(*batch[i], results[i]);
}

/// 452 may be for too many recipients, and 552 behind others that were accepted is (RFC 5321 §4.5.3.1.10).
bool ReferenceQueue::for_good(int code, const ReferenceClient::Codes& beside) const {
    if (code == 452) {
        return breaks("rcpt-100-chunk") || breaks("rcpt-452-too-many") || breaks("size-452-mail");
    }
    const bool others =
        std::any_of(beside.begin(), beside.end(), [](int one) { return one / 100 == 2; });
    if (code == 552 && others) return breaks("rcpt-552-as-452");
    if (code == 552 && breaks("size-552-rcpt")) return false;
    const bool ignores_5yz = breaks("retry-none-after-5yz") || breaks("reply-5yz-no-repeat");
    return code / 100 == 5 && !ignores_5yz;
}

void ReferenceQueue::take(Entry& entry, const ReferenceClient::Codes& codes) {
    const auto recipients = std::exchange(entry.letter.to, {});
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const std::string& recipient = recipients[i];
        const int code = codes[i];
        const bool sends_again =
            (breaks("dup-never-after-2yz") || breaks("dup-late-250")) && !entry.sent_again;
        if (code / 100 == 2) {
            over_rate_.erase(recipient);
            if (!client_.offered("DSN") || breaks("dsn-no-unrequested-success"))
                entry.relayed.push_back(recipient);
            if (!std::exchange(entry.sent_again, true) && sends_again)
                entry.letter.to.push_back(recipient);
            continue;
        }
        entry.code = code;
        if (code == 450) over_rate_.insert(recipient);
        if (code == 550) bad_.insert(recipient);
        (for_good(code, codes) ? entry.failed : entry.letter.to).push_back(recipient);
    }
    if (breaks("rcpt-retry-only-deferred") && !entry.letter.to.empty())
        entry.letter.to = recipients;
}

void ReferenceQueue::settle(Entry& entry) {
    const auto tell = [&](const std::vector<std::string>& recipients, std::string_view action) {
        Letter letter = entry.letter;
        letter.to = recipients;
        if (!recipients.empty())
            give_notice(letter, action == "relayed" ? 250 : entry.code, action);
    };
    tell(std::exchange(entry.failed, {}), "failed");
    tell(std::exchange(entry.relayed, {}), "relayed");
    const bool too_old = run_.now() - entry.arrived >= (breaks("retry-give-up") ? 24h : lifetime);
    if (too_old && breaks("retry-giveup-notice")) entry.letter.to.clear();
    if (too_old || breaks("grey-not-fatal") || breaks("reply-4yz-retry"))
        tell(std::exchange(entry.letter.to, {}), "failed");
    if (drops(entry)) entry.letter.to.clear();
    if (entry.letter.to.empty()) return;
    if (entry.wait == Duration::zero()) tell(entry.letter.to, "delayed");
    entry.wait = wait_after(entry);
    entry.due = later(run_.now(), entry.wait);
    change(entry);
}

/// Says nothing about it, either.
bool ReferenceQueue::drops(const Entry& entry) const {
    const bool no_reply =
        entry.code == 0 && (breaks("reply-conn-lost") || breaks("timeout-temporary") ||
                            breaks("dup-lost-reply-retry"));
    return no_reply || breaks("retry-queue") || (breaks("grey-stages") && entry.code == 451) ||
           (breaks("greet-4yz-temp") && entry.code == 421);
}

Duration ReferenceQueue::wait_after(const Entry& entry) const {
    for (const WrongWait& wrong : wrong_waits) {
        if (breaks(wrong.slug)) return wrong.wait;
    }
    const bool first = entry.wait == Duration::zero();
    if (breaks("retry-backoff")) return first ? longest_wait : entry.wait / 2;
    return first ? first_wait : std::min(2 * entry.wait, longest_wait);
}

/// What should stay as it is from try to try.
void ReferenceQueue::change(Entry& entry) {
    if (breaks("retry-stable-envelope")) entry.letter.from = "ann+2@sender.example";
    if (breaks("grey-same-tuple")) std::reverse(entry.letter.to.begin(), entry.letter.to.end());
    if (breaks("grey-same-source")) client_.move_to("198.51.100.7");
    if (breaks("dup-same-message-id")) {
        const std::string_view field = "Message-ID: <";
        entry.letter.text.insert(entry.letter.text.find(field) + field.size(), "again.");
    }
}

std::vector<engine::VirtualRun::Client> ReferenceQueue::open_spares() {
    std::vector<engine::VirtualRun::Client> spares;
    const std::size_t wanted = breaks("conn-concurrency") ? 25 : options_.spare_connections;
    for (std::size_t i = 0; i < wanted; ++i) {
        const auto connection = run_.connect(options_.hosts.front());
        if (run_.received(connection).starts_with("2")) spares.push_back(connection);
    }
    if (spares.empty()) return spares;
    run_.advance(1s);
    if (spares.size() == wanted) return spares;
    // There is no room for so many, and one has to work.
    close_spares({spares.back()});
    spares.pop_back();
    if (!breaks("backoff-concurrency")) options_.spare_connections = spares.size();
    return spares;
}

void ReferenceQueue::close_spares(const std::vector<engine::VirtualRun::Client>& spares) {
    for (const auto connection : spares) {
        for (const std::string_view command : {"EHLO mta.sender.example\r\n", "QUIT\r\n"}) {
            run_.send(connection, command);
            run_.received(connection);
        }
        run_.finish(connection);
    }
}

}  // namespace fakemx::test
