// Following a session's transactions through its observations.
#include "engine/attempt_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"
#include "smtp/reply.h"

namespace fakemx::engine {

namespace {

journal::Outcome outcome_of(const smtp::Answered& answer) {
    switch (answer.code / 100) {
        case 2: return journal::Outcome::accepted;
        case 4: return journal::Outcome::deferred;
        case 5: return journal::Outcome::rejected;
        default: return journal::Outcome::lost;
    }
}

/// RFC 5321 §6.1: with 2yz to the end of data the receiver has the responsibility for the message.
bool takes(const smtp::Answered& answer) {
    return answer.stage == smtp::Hook::message && answer.accepted;
}

/// The reply does not reach the sender.
void set_lost(journal::AttemptRecord& record, const smtp::Answered& answer) {
    record.code = 0;
    record.text = fmt::format("lost: {} {}", answer.code, smtp::in_one_line(answer.text));
    record.outcome = journal::Outcome::lost;
}

void set_result(journal::AttemptRecord& record, smtp::Hook stage, const smtp::Answered& answer) {
    record.stage = stage;
    record.code = answer.code;
    record.text = answer.silent ? "no reply" : smtp::in_one_line(answer.text);
    record.cause = answer.cause;
    record.outcome = outcome_of(answer);
    record.taken = takes(answer);
    if (answer.lost) set_lost(record, answer);
}

}  // namespace

AttemptLog::Tried AttemptLog::make(Instant now, const smtp::Envelope& envelope) {
    Tried tried;
    tried.record.id = ++numbers_.last;
    tried.record.session = facts_.id;
    tried.record.transaction = facts_.transactions;
    tried.record.at = now;
    if (!recorded_) return tried;
    tried.record.sending_ip = facts_.client;
    tried.record.helo = facts_.helo;
    tried.record.mail_from = envelope.reverse_path.address();
    return tried;
}

AttemptLog::Tried AttemptLog::make_for(Instant now, const smtp::Envelope& envelope,
                                       const smtp::Path& path) {
    Tried tried = make(now, envelope);
    tried.path = path;
    tried.entry = book_.begin(envelope, path);
    if (recorded_) tried.record.recipient = path.address();
    tried.record.delivery = tried.entry->delivery;
    tried.record.number = tried.entry->number;
    return tried;
}

const AttemptLog::Tried* AttemptLog::named_before(const smtp::Path& path) const {
    if (!open_) return nullptr;
    const auto found = open_->indices.find(journal::address_key(path));
    return found != open_->indices.end() ? &open_->tried[found->second] : nullptr;
}

std::vector<AttemptLog::Tried> AttemptLog::take_open() {
    const auto open = std::exchange(open_, nullptr);
    return open ? std::move(open->tried) : std::vector<Tried>{};
}

void AttemptLog::changed(const journal::AttemptRecord& record) {
    if (!recorded_) return;
    const auto place =
        std::lower_bound(changed_.begin(), changed_.end(), record.id,
                         [](const auto& other, std::uint64_t id) { return other.id < id; });
    if (place != changed_.end() && place->id == record.id) {
        *place = record;
    } else {
        changed_.insert(place, record);
    }
}

std::uint32_t AttemptLog::begin_recipient(Instant now, const smtp::Path& path) {
    FAKEMX_ASSERT(!asking_);
    if (const Tried* first = named_before(path)) {
        named_again_ = true;
        return first->record.number;
    }
    asking_ = std::make_unique<Tried>(make_for(now, facts_.envelope, path));
    asking_->record.stage = smtp::Hook::rcpt;
    changed(asking_->record);
    return asking_->record.number;
}

std::uint32_t AttemptLog::begin_message(const smtp::Message& message,
                                        const message::HeaderSection& headers,
                                        std::string_view identity,
                                        std::string_view template_header) {
    std::uint32_t highest = 1;
    if (!open_) return highest;
    std::string from_domain;
    std::string_view template_id;
    if (recorded_) {
        from_domain = headers.from_domain().value_or("");
        template_id =
            headers.field(template_header).value_or("").substr(0, limits::identity_octets_max);
    }
    for (Tried& tried : open_->tried) {
        FAKEMX_ASSERT(tried.entry);
        tried.entry = book_.identify(*tried.entry, identity, tried.path);
        journal::AttemptRecord& record = tried.record;
        record.delivery = tried.entry->delivery;
        record.number = tried.entry->number;
        highest = std::max(highest, record.number);
        if (!recorded_) continue;
        record.stage = smtp::Hook::message;
        record.identity = identity;
        record.header_from_domain = from_domain;
        record.template_id = template_id;
        record.message_octets = message.octets;
        changed(record);
    }
    return highest;
}

std::uint32_t AttemptLog::number_of(std::uint32_t recipient) const {
    return open_->tried.at(open_->order.at(recipient - 1)).record.number;
}

void AttemptLog::begin_anew() {
    greeted_ = false;
    command_.reset();
    finish_refusal();
}

void AttemptLog::command(smtp::CommandSeen command) {
    command_ = std::make_unique<smtp::CommandSeen>(std::move(command));
    const smtp::Verb verb = command_->verb;
    if (verb == smtp::Verb::rcpt) return;
    // A sender may fall back from EHLO to HELO (RFC 5321 §3.2): that refusal was no failed attempt.
    const bool greets_again = verb == smtp::Verb::ehlo || verb == smtp::Verb::helo;
    if (greets_again) tls_unused_ = false;
    if (refusal_ && refusal_->answer.stage == smtp::Hook::starttls) {
        // Whoever goes on in the clear has not failed.
        if (verb == smtp::Verb::mail) refusal_.reset();
        if (verb == smtp::Verb::quit) finish_refusal();
        return;
    }
    if (greets_again && refusal_ && refusal_->answer.stage != smtp::Hook::mail) refusal_.reset();
    finish_refusal();
}

void AttemptLog::answered(Instant now, const smtp::Answered& answer) {
    switch (answer.stage) {
        case smtp::Hook::connect:
            greeted_ = true;
            if (answer.accepted) break;
            refuse(now, answer);
            finish_refusal();
            break;
        case smtp::Hook::ehlo:
        case smtp::Hook::helo:
            if (answer.accepted) {
                finish_transaction(now, "the sender began a new session");
            } else {
                refuse(now, answer);
            }
            break;
        case smtp::Hook::mail: answered_mail(now, answer); break;
        case smtp::Hook::rcpt: answered_rcpt(now, answer); break;
        case smtp::Hook::data: answered_data(answer); break;
        case smtp::Hook::bdat:
            // A chunk out of its place is a mistake, or follows one that was refused.
            if (!answer.accepted && (answer.scripted || answer.code != 503)) answered_data(answer);
            break;
        case smtp::Hook::message: answered_message(now, answer); break;
        case smtp::Hook::rset:
            if (answer.accepted) finish_transaction(now, "the sender sent RSET");
            break;
        case smtp::Hook::starttls:
            if (!answer.accepted && (answer.scripted || answer.code != 503)) refuse(now, answer);
            break;
        case smtp::Hook::auth:
        case smtp::Hook::vrfy:
        case smtp::Hook::expn:
        case smtp::Hook::help:
        case smtp::Hook::noop:
        case smtp::Hook::quit:
        case smtp::Hook::unknown:
        case smtp::Hook::idle:
        case smtp::Hook::close: break;
    }
    command_.reset();
}

void AttemptLog::answered_mail(Instant now, const smtp::Answered& answer) {
    // A command out of its place is a mistake, not a try to deliver.
    if (answer.accepted || (!answer.scripted && answer.code == 503)) return;
    refuse(now, answer);
}

void AttemptLog::answered_rcpt(Instant now, const smtp::Answered& answer) {
    if (asking_) {
        Tried tried = std::move(*asking_);
        asking_.reset();
        if (answer.accepted) {
            changed(tried.record);
            if (!open_) open_ = std::make_unique<Recipients>();
            open_->indices.emplace(journal::address_key(tried.path), open_->tried.size());
            open_->order.push_back(open_->tried.size());
            open_->tried.push_back(std::move(tried));
        } else {
            set_result(tried.record, answer.stage, answer);
            finish(now, std::move(tried));
        }
        return;
    }
    if (std::exchange(named_again_, false)) {
        if (answer.accepted)
            open_->order.push_back(open_->indices.at(journal::address_key(*command_->path)));
        return;
    }
    // Refused by the protocol itself.
    const smtp::Path* named = command_ && command_->path ? &*command_->path : nullptr;
    if (named != nullptr && named_before(*named) != nullptr) return;
    if (named != nullptr && refusal_ && refusal_->answer.stage == smtp::Hook::mail) {
        // Pipelined behind a refused MAIL: what stopped this recipient is the answer to MAIL.
        refusal_->shared = true;
        Tried tried = make_for(now, refusal_->envelope, *named);
        set_result(tried.record, smtp::Hook::mail, refusal_->answer);
        finish(now, std::move(tried));
    } else if (answer.code != 503) {
        Tried tried =
            named != nullptr ? make_for(now, facts_.envelope, *named) : make(now, facts_.envelope);
        set_result(tried.record, answer.stage, answer);
        finish(now, std::move(tried));
    }
}

void AttemptLog::answered_data(const smtp::Answered& answer) {
    if (!open_) return;
    for (Tried& tried : open_->tried) {
        if (answer.accepted) {
            // An earlier DATA may have been refused.
            tried.record.stage = smtp::Hook::message;
            tried.record.code = 0;
            tried.record.text.clear();
            tried.record.outcome = journal::Outcome::pending;
        } else {
            set_result(tried.record, answer.stage, answer);
        }
        changed(tried.record);
    }
}

void AttemptLog::tls(Instant now, const smtp::TlsSeen& handshake) {
    tls_unused_ = handshake.failure.empty();
    if (!tls_unused_) refuse(now, {.stage = smtp::Hook::starttls, .text = handshake.failure});
}

void AttemptLog::leaving(const smtp::Answered& answer) {
    if (!takes(answer) || !open_) return;
    const auto take = [&](Tried& tried) {
        if (tried.record.ended_at || tried.record.taken) return;
        tried.record.taken = true;
        changed(tried.record);
    };
    if (!answer.recipient.empty()) return take(open_->tried.at(open_->order.at(open_->answered)));
    for (Tried& tried : open_->tried) take(tried);
}

void AttemptLog::answered_message(Instant now, const smtp::Answered& answer) {
    if (!open_) return;
    const bool late = answer.after > Duration{} && !answer.paced && !answer.lost;
    const auto settle = [&](Tried& tried) {
        // A recipient that was named twice has two replies (RFC 2033 §4.2); the first one counts.
        if (tried.record.ended_at) return;
        set_result(tried.record, answer.stage, answer);
        tried.record.ended_at = now;
        if (late) {
            if (!late_) late_ = std::make_unique<std::vector<Late>>();
            std::erase_if(*late_, [&](const Late& other) { return other.due <= now; });
            late_->push_back({later(now, answer.after), answer, tried.record});
        }
        finish(now, std::move(tried));  // what is no text stays, and is still asked for
    };
    if (!answer.recipient.empty()) {
        settle(open_->tried.at(open_->order.at(open_->answered++)));
        if (open_->answered < open_->order.size()) return;
    }
    for (Tried& tried : take_open()) settle(tried);
}

void AttemptLog::refuse(Instant now, const smtp::Answered& answer) {
    refusal_ = std::make_unique<Refusal>();
    refusal_->at = now;
    refusal_->answer = answer;
    refusal_->client = facts_.client;
    if (!command_) return;
    if (answer.stage != smtp::Hook::mail) {
        refusal_->helo = trim(smtp::parse_command(command_->line).argument);
    } else if (command_->path) {
        refusal_->envelope.reverse_path = *command_->path;
        refusal_->envelope.declared_octets = command_->declared_octets;
    }
}

void AttemptLog::ended(Instant now, const smtp::Ended& ended) {
    if (const auto late = std::exchange(late_, nullptr)) {
        for (Late& reply : *late) {
            if (reply.due <= now) continue;
            set_lost(reply.record, reply.answer);
            changed(reply.record);
        }
    }
    const std::string why = fmt::format("the session ended: {}", smtp::name(ended.how));
    if (asking_) {
        asking_->record.outcome = journal::Outcome::lost;
        asking_->record.text = why;
        finish(now, std::move(*asking_));
        asking_.reset();
    }
    // Whoever leaves while the greeting, EHLO or MAIL is unanswered has tried, too.
    const smtp::Verb verb = command_ ? command_->verb : smtp::Verb::unknown;
    const smtp::Hook stage = !greeted_                  ? smtp::Hook::connect
                             : verb == smtp::Verb::ehlo ? smtp::Hook::ehlo
                             : verb == smtp::Verb::helo ? smtp::Hook::helo
                             : verb == smtp::Verb::mail ? smtp::Hook::mail
                                                        : smtp::Hook::close;
    if (tls_unused_) {
        // As a client does that has looked at the certificate and does not like it.
        refuse(now,
               {.stage = smtp::Hook::starttls, .text = "the client left after the TLS handshake"});
    } else if (stage != smtp::Hook::close &&
               (!refusal_ || refusal_->answer.stage != smtp::Hook::starttls)) {
        refuse(now, {.stage = stage, .text = why});
    }
    finish_refusal();
    finish_transaction(now, why);
}

void AttemptLog::finish(Instant now, Tried tried) {
    tried.record.ended_at = now;
    if (tried.entry) book_.finish(*tried.entry, tried.record.outcome);
    changed(tried.record);
}

void AttemptLog::finish_transaction(Instant now, std::string_view why) {
    for (Tried& tried : take_open()) {
        if (tried.record.ended_at) continue;
        if (tried.record.outcome == journal::Outcome::pending) {
            tried.record.outcome = journal::Outcome::lost;
            tried.record.text = why;
        }
        finish(now, std::move(tried));
    }
}

void AttemptLog::finish_refusal() {
    const auto refusal = std::exchange(refusal_, nullptr);
    if (!refusal || refusal->shared) return;
    Tried tried = make(refusal->at, refusal->envelope);
    tried.record.sending_ip = refusal->client;
    if (!refusal->helo.empty()) tried.record.helo = refusal->helo;
    set_result(tried.record, refusal->answer.stage, refusal->answer);
    finish(refusal->at, std::move(tried));
}

void AttemptLog::take_changes(std::vector<journal::AttemptRecord>& out) {
    std::move(changed_.begin(), changed_.end(), std::back_inserter(out));
    changed_ = std::vector<journal::AttemptRecord>{};  // "= {}" would keep the memory
}

}  // namespace fakemx::engine
