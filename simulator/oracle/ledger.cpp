// Attempts replace earlier versions of themselves; deliveries are put together only when somebody asks.
#include "oracle/ledger.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"
#include "journal/attempts.h"
#include "message/header_section.h"

namespace fakemx::oracle {

namespace {

/// A notice that was taken here, and the attempt that brought it.
struct Arrived {
    const message::Notice* notice = nullptr;
    std::uint64_t attempt = 0;
    Instant at{};
    Instant ended_at{};
    std::string recipient;
};

/// Which deliveries a notice is about. Where it says which message, that message; a delivery whose message was never seen,
/// because it was refused before, is known by its recipient and by its sender, who gets the notice.
class Matcher {
public:
    explicit Matcher(std::vector<Delivery>& deliveries) : deliveries_(deliveries) {
        for (std::size_t i = 0; i < deliveries.size(); ++i) {
            const Delivery& delivery = deliveries[i];
            if (delivery.is_notice) continue;
            if (!delivery.identity.empty()) by_identity_[delivery.identity].push_back(i);
            by_recipient_[comparable(delivery.recipient)].push_back(i);
        }
    }

    /// False: about no delivery that is known.
    bool match(const Arrived& arrived) {
        const message::Notice& notice = *arrived.notice;
        const std::string identity = notice.message_id.empty()
                                         ? std::string{}
                                         : journal::identity_of(notice.message_id, {}, {}, {});
        bool matched = false;
        if (const auto found = by_identity_.find(identity); found != by_identity_.end()) {
            for (const std::size_t i : found->second) {
                const auto* named = named_in(notice, deliveries_[i].recipient);
                // A plain-text notice may name nobody.
                if (named == nullptr && !notice.recipients.empty()) continue;
                add(deliveries_[i], arrived, named);
                matched = true;
            }
        }
        if (matched) return true;
        for (const message::NoticeRecipient& named : notice.recipients) {
            const auto found = by_recipient_.find(comparable(named.address));
            if (found == by_recipient_.end()) continue;
            for (const std::size_t i : found->second) {
                Delivery& delivery = deliveries_[i];
                const bool other_message = !identity.empty() && !delivery.identity.empty();
                if (other_message || delivery.first_at() > arrived.at ||
                    comparable(delivery.mail_from) != comparable(arrived.recipient) ||
                    has_bounced(delivery)) {
                    continue;
                }
                add(delivery, arrived, &named);
                matched = true;
                break;
            }
        }
        return matched;
    }

private:
    static const message::NoticeRecipient* named_in(const message::Notice& notice,
                                                    std::string_view recipient) {
        const std::string wanted = comparable(recipient);
        const auto found =
            std::find_if(notice.recipients.begin(), notice.recipients.end(),
                         [&](const auto& named) { return comparable(named.address) == wanted; });
        return found == notice.recipients.end() ? nullptr : &*found;
    }

    static bool has_bounced(const Delivery& delivery) {
        return std::any_of(delivery.notices.begin(), delivery.notices.end(),
                           [](const Notice& notice) { return notice.bounce(); });
    }

    static void add(Delivery& delivery, const Arrived& arrived,
                    const message::NoticeRecipient* named) {
        delivery.notices.push_back(
            {.at = arrived.ended_at,
             .attempt = arrived.attempt,
             .recipient = arrived.recipient,
             .action = named == nullptr ? message::NoticeAction::failed : named->action,
             .status = named == nullptr ? std::string{} : named->status});
    }

    std::vector<Delivery>& deliveries_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_identity_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_recipient_;
};

}  // namespace

Ledger::Ledger(std::size_t attempts_max) : attempts_max_(attempts_max) {
    FAKEMX_ASSERT(attempts_max > 0);
}

Ledger::Ledger() : Ledger(limits::oracle_attempts_max) {}

void Ledger::take(const journal::Batch& batch) {
    for (const journal::SessionRecord& session : batch.sessions) take(session);
    for (const journal::AttemptRecord& attempt : batch.attempts) take(attempt);
    for (const journal::MessageRecord& message : batch.messages) take(message);
    for (const journal::Event& event : batch.events) saw(event.at);
}

void Ledger::saw(Instant at) {
    if (!begin_ || at < *begin_) begin_ = at;
    end_ = std::max(end_, at);
}

void Ledger::take(const journal::SessionRecord& session) {
    saw(session.opened_at);
    if (session.ended_at) saw(*session.ended_at);
    if (hosts_.size() >= attempts_max_ && !hosts_.contains(number(session.id))) {
        ++dropped_;
        return;
    }
    hosts_.insert_or_assign(number(session.id), session.host);
}

void Ledger::count(const journal::AttemptRecord& attempt, bool added) {
    if (!attempt.delivery || attempt.mail_from.empty()) return;
    const std::uint64_t id = number(*attempt.delivery);
    Tally& tally = tallies_[id];
    const bool before = tally.unfinished();
    const auto change = [added](std::uint32_t& value) { added ? ++value : --value; };
    change(tally.attempts);
    switch (attempt.outcome) {
        case journal::Outcome::accepted:
        case journal::Outcome::rejected: change(tally.settled); break;
        case journal::Outcome::pending: change(tally.pending); break;
        case journal::Outcome::deferred:
        case journal::Outcome::lost: break;
    }
    const bool after = tally.unfinished();
    if (after && !before) ++unfinished_;
    if (!after && before) --unfinished_;
    if (tally.attempts == 0) tallies_.erase(id);
}

void Ledger::take(const journal::AttemptRecord& attempt) {
    saw(attempt.at);
    if (attempt.ended_at) saw(*attempt.ended_at);
    const auto place =
        std::lower_bound(attempts_.begin(), attempts_.end(), attempt.id,
                         [](const auto& other, std::uint64_t id) { return other.id < id; });
    if (place != attempts_.end() && place->id == attempt.id) {
        count(*place, false);
        *place = attempt;
    } else if (attempts_.size() >= attempts_max_) {
        ++dropped_;
        return;
    } else {
        attempts_.insert(place, attempt);
    }
    count(attempt, true);
}

void Ledger::take(const journal::MessageRecord& message) {
    saw(message.at);
    const Transaction transaction{number(message.session), message.transaction};
    if (messages_.size() >= attempts_max_ && !messages_.contains(transaction)) {
        ++dropped_;
        return;
    }
    const auto headers = message::HeaderSection::parse(message.content);
    Message& known = messages_[transaction];
    known.body = hash64(std::string_view{message.content}.substr(headers.octets()));
    known.notice = message::read_notice(headers, message.content);
}

const Ledger::Message* Ledger::message_of(const journal::AttemptRecord& record) const {
    // Before the end of data the message on record, if there is one, is that of nobody.
    if (record.identity.empty()) return nullptr;
    const auto found = messages_.find({number(record.session), record.transaction});
    return found == messages_.end() ? nullptr : &found->second;
}

Attempt Ledger::attempt_of(const journal::AttemptRecord& record) const {
    const auto host = hosts_.find(number(record.session));
    const Message* message = message_of(record);
    return {.id = record.id,
            .session = record.session,
            .transaction = record.transaction,
            .at = record.at,
            .ended_at = record.ended_at,
            .host = host == hosts_.end() ? std::string{} : host->second,
            .sending_ip = record.sending_ip,
            .helo = record.helo,
            .mail_from = record.mail_from,
            .recipient = record.recipient,
            .stage = record.stage,
            .code = record.code,
            .text = record.text,
            .outcome = record.outcome,
            .taken = record.taken,
            .identity = record.identity,
            .message_octets = record.message_octets,
            .body = message == nullptr ? std::nullopt : std::optional{message->body}};
}

Account Ledger::account() const {
    return account_of([&](const auto& visit) {
        for (const journal::AttemptRecord& record : attempts_) visit(record);
    });
}

Account Ledger::account_of(const Attempts& attempts) const {
    Account account;
    account.dropped = dropped_;
    std::optional<Instant> begin = begin_;
    account.end = end_;

    std::vector<Arrived> notices;
    std::set<std::uint64_t> bringing;  // deliveries that bring those
    std::map<std::uint64_t, Delivery> deliveries;
    attempts([&](const journal::AttemptRecord& record) {
        begin = std::min(begin.value_or(record.at), record.at);
        account.end = std::max({account.end, record.at, record.ended_at.value_or(record.at)});
        if (!record.delivery) {
            account.unnamed.push_back(attempt_of(record));
            return;
        }
        Delivery& delivery = deliveries[number(*record.delivery)];
        if (delivery.attempts.empty()) {
            delivery.id = *record.delivery;
            delivery.mail_from = record.mail_from;
            delivery.recipient = record.recipient;
            // RFC 5321 §4.5.5: what has the null reverse path is a notice, also where it was refused before it could be read.
            delivery.is_notice = record.mail_from.empty();
        }
        if (delivery.identity.empty()) delivery.identity = record.identity;
        delivery.attempts.push_back(attempt_of(record));
        const Message* message = message_of(record);
        if (message == nullptr || !message->notice || !message::is_notice_path(record.mail_from)) {
            return;
        }
        delivery.is_notice = true;
        // One that is refused has not come, and the same one that comes again is no second notice.
        if (record.taken && bringing.insert(number(*record.delivery)).second) {
            notices.push_back({&*message->notice, record.id, record.at,
                               record.ended_at.value_or(record.at), record.recipient});
        }
    });
    account.begin = begin.value_or(Instant{});
    account.deliveries.reserve(deliveries.size());
    for (auto& [id, delivery] : deliveries) account.deliveries.push_back(std::move(delivery));
    Matcher matcher{account.deliveries};
    for (const Arrived& arrived : notices) {
        if (!matcher.match(arrived)) ++account.unmatched_notices;
    }
    return account;
}

}  // namespace fakemx::oracle
