// Following a session's transactions through its observations.
#include "engine/attempt_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"

namespace fakemx::engine {

namespace {

/// The header field that names the template a message was made from.
constexpr std::string_view template_field = "X-Template-ID";

journal::Outcome outcome_of(const smtp::Answered& answer) {
    switch (answer.code / 100) {
        case 2: return journal::Outcome::accepted;
        case 4: return journal::Outcome::deferred;
        case 5: return journal::Outcome::rejected;
        default: return journal::Outcome::lost;
    }
}

void set_result(journal::AttemptRecord& record, smtp::Hook stage, const smtp::Answered& answer) {
    record.stage = stage;
    record.code = answer.code;
    record.text = answer.silent ? "no reply" : answer.text;
    record.outcome = outcome_of(answer);
}

}  // namespace

AttemptLog::Tried AttemptLog::make(Instant now) {
    Tried tried;
    tried.record.id = ++numbers_.last;
    tried.record.session = facts_.id;
    tried.record.transaction = facts_.transactions;
    tried.record.at = now;
    tried.record.sending_ip = facts_.client;
    tried.record.helo = facts_.helo;
    tried.record.mail_from = mail_from_;
    return tried;
}

AttemptLog::Tried AttemptLog::make_for(Instant now, const smtp::Path& path) {
    Tried tried = make(now);
    tried.path = path;
    tried.entry = book_.begin(facts_.envelope, path);
    tried.record.recipient = path.address();
    tried.record.delivery = tried.entry->delivery;
    tried.record.number = tried.entry->number;
    return tried;
}

void AttemptLog::changed(const journal::AttemptRecord& record) {
    const auto same = std::find_if(changed_.begin(), changed_.end(),
                                   [&](const auto& other) { return other.id == record.id; });
    if (same != changed_.end()) {
        *same = record;
    } else {
        changed_.push_back(record);
    }
}

std::uint32_t AttemptLog::begin_recipient(Instant now, const smtp::Path& path) {
    FAKEMX_ASSERT(!asking_);
    asking_ = std::make_unique<Tried>(make_for(now, path));
    asking_->record.stage = smtp::Hook::rcpt;
    changed(asking_->record);
    return asking_->record.number;
}

std::uint32_t AttemptLog::begin_message(Instant, const smtp::Message& message,
                                        const message::HeaderSection& headers,
                                        std::string_view identity) {
    std::uint32_t highest = 1;
    for (Tried& tried : open_) {
        FAKEMX_ASSERT(tried.entry);
        tried.entry = book_.identify(*tried.entry, identity, tried.path);
        journal::AttemptRecord& record = tried.record;
        record.delivery = tried.entry->delivery;
        record.number = tried.entry->number;
        record.stage = smtp::Hook::message;
        record.identity = identity;
        record.header_from_domain = headers.from_domain().value_or("");
        record.template_id = headers.field(template_field).value_or("");
        record.message_octets = message.octets;
        highest = std::max(highest, record.number);
        changed(record);
    }
    return highest;
}

void AttemptLog::command(Instant now, const smtp::CommandSeen& command) {
    if (command.verb == smtp::Verb::rcpt) {
        named_ = command.path ? std::make_unique<smtp::Path>(*command.path) : nullptr;
        return;
    }
    finish_refusal(now);
    mail_refusal_.reset();
    if (command.verb == smtp::Verb::mail && open_.empty()) {
        mail_from_ = command.path ? command.path->address() : std::string{};
    }
}

void AttemptLog::answered(Instant now, const smtp::Answered& answer) {
    switch (answer.stage) {
        case smtp::Hook::connect:
            if (answer.accepted) return;
            refusal_ = std::make_unique<Tried>(make(now));
            set_result(refusal_->record, answer.stage, answer);
            return finish_refusal(now);
        case smtp::Hook::ehlo:
        case smtp::Hook::helo:
            if (answer.accepted) return finish_transaction(now, "the sender began a new session");
            // Not yet a failed attempt: a sender may fall back from EHLO to HELO (RFC 5321 §3.2).
            refusal_ = std::make_unique<Tried>(make(now));
            set_result(refusal_->record, answer.stage, answer);
            return;
        case smtp::Hook::mail: return answered_mail(now, answer);
        case smtp::Hook::rcpt: return answered_rcpt(now, answer);
        case smtp::Hook::data:
            for (Tried& tried : open_) {
                if (answer.accepted) {
                    tried.record.stage = smtp::Hook::message;
                } else {
                    set_result(tried.record, answer.stage, answer);
                }
                changed(tried.record);
            }
            return;
        case smtp::Hook::message:
            for (Tried& tried : std::exchange(open_, {})) {
                set_result(tried.record, answer.stage, answer);
                finish(now, std::move(tried));
            }
            return;
        case smtp::Hook::rset:
            if (answer.accepted) finish_transaction(now, "the sender sent RSET");
            return;
        case smtp::Hook::vrfy:
        case smtp::Hook::expn:
        case smtp::Hook::help:
        case smtp::Hook::noop:
        case smtp::Hook::quit:
        case smtp::Hook::unknown:
        case smtp::Hook::idle:
        case smtp::Hook::close: return;
    }
}

void AttemptLog::answered_mail(Instant now, const smtp::Answered& answer) {
    if (answer.accepted) return;
    // A command out of its place is a mistake, not a try to deliver.
    if (!answer.scripted && answer.code == 503) return;
    refusal_ = std::make_unique<Tried>(make(now));
    set_result(refusal_->record, answer.stage, answer);
    mail_refusal_ = std::make_unique<smtp::Answered>(answer);
}

void AttemptLog::answered_rcpt(Instant now, const smtp::Answered& answer) {
    if (asking_) {
        Tried tried = std::move(*asking_);
        asking_.reset();
        if (answer.accepted) {
            tried.record.stage = smtp::Hook::rcpt;
            changed(tried.record);
            open_.push_back(std::move(tried));
        } else {
            set_result(tried.record, answer.stage, answer);
            finish(now, std::move(tried));
        }
        return;
    }
    // Refused by the protocol itself.
    if (mail_refusal_ && named_) {
        // Pipelined behind a refused MAIL: what stopped this recipient is the answer to MAIL.
        refusal_.reset();
        Tried tried = make_for(now, *named_);
        set_result(tried.record, smtp::Hook::mail, *mail_refusal_);
        finish(now, std::move(tried));
    } else if (answer.code != 503) {
        Tried tried = named_ ? make_for(now, *named_) : make(now);
        set_result(tried.record, answer.stage, answer);
        finish(now, std::move(tried));
    }
}

void AttemptLog::ended(Instant now, const smtp::Ended& ended) {
    const std::string why = fmt::format("the session ended: {}", smtp::name(ended.how));
    if (asking_) {
        asking_->record.outcome = journal::Outcome::lost;
        asking_->record.text = why;
        finish(now, std::move(*asking_));
        asking_.reset();
    }
    finish_refusal(now);
    finish_transaction(now, why);
}

void AttemptLog::finish(Instant now, Tried tried) {
    tried.record.ended_at = now;
    if (tried.entry) book_.finish(*tried.entry, tried.record.outcome);
    changed(tried.record);
}

void AttemptLog::finish_transaction(Instant now, std::string_view why) {
    for (Tried& tried : std::exchange(open_, {})) {
        if (tried.record.outcome == journal::Outcome::pending) {
            tried.record.outcome = journal::Outcome::lost;
            tried.record.text = why;
        }
        finish(now, std::move(tried));
    }
}

void AttemptLog::finish_refusal(Instant now) {
    if (!refusal_) return;
    finish(now, std::move(*refusal_));
    refusal_.reset();
}

void AttemptLog::take_changes(std::vector<journal::AttemptRecord>& out) {
    std::move(changed_.begin(), changed_.end(), std::back_inserter(out));
    changed_ = {};
}

}  // namespace fakemx::engine
