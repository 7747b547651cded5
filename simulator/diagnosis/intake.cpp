// Numbers, and what belongs together across journals: a message that was seen whole is known by its identity and envelope; one that
// was not by its envelope alone, where no journal has two deliveries with it.
#include "diagnosis/intake.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <string>
#include <tuple>

#include "core/limits.h"

namespace fakemx::diagnosis {

namespace {

/// Sets that grow together. The lowest of a set stands for it.
class Union {
public:
    explicit Union(std::size_t size) : parents_(size) {
        std::iota(parents_.begin(), parents_.end(), 0);
    }
    std::size_t find(std::size_t element) const {
        while (parents_[element] != element) element = parents_[element];
        return element;
    }
    void join(std::size_t a, std::size_t b) {
        const std::size_t root_a = find(a);
        const std::size_t root_b = find(b);
        parents_[std::max(root_a, root_b)] = std::min(root_a, root_b);
    }

private:
    std::vector<std::size_t> parents_;
};

journal::AttemptRecord record_of(const Record& record) {
    return {.id = record.id,
            .session = record.session,
            .transaction = record.transaction,
            .delivery = record.delivery,
            .number = record.number,
            .at = record.at,
            .sending_ip = std::string{record.sending_ip},
            .helo = std::string{record.helo},
            .mail_from = std::string{record.mail_from},
            .recipient = std::string{record.recipient},
            .stage = record.stage,
            .code = record.code,
            .text = std::string{record.text},
            .cause = std::string{record.cause},
            .outcome = record.outcome,
            .taken = record.taken,
            .ended_at = record.ended_at,
            .identity = std::string{record.identity},
            .header_from_domain = std::string{record.header_from_domain},
            .template_id = std::string{record.template_id},
            .message_octets = record.message_octets};
}

/// A delivery as one journal knows it.
struct Known {
    std::size_t source = 0;
    std::uint64_t id = 0;
    std::string_view identity;
    std::string envelope;
    bool has_sender = false;  // the null reverse path says nothing about whose it is
};

}  // namespace

Intake::Intake(bool together) {
    made_.together = together;
}

void Intake::begin(Source source) {
    sessions_before_ = sessions_highest_;
    if (ledgers_.empty() || !made_.together) ledgers_.emplace_back(limits::report_attempts_max);
    ledger().reached(source.end);
    made_.sources.push_back(std::move(source));
}

void Intake::take(const journal::Batch& batch) {
    journal::Batch renumbered;
    for (journal::SessionRecord session : batch.sessions) {
        const std::uint64_t id = session_number(number(session.id));
        sessions_highest_ = std::max(sessions_highest_, id);
        // Connections without an attempt may be many more than attempts.
        if (made_.sessions.size() >= limits::report_attempts_max) continue;
        session.id = SessionId{id};
        sessions_.emplace(id, made_.sessions.size());
        made_.sessions.push_back({.host = kept(session.host),
                                  .closed_by_receiver = session.ended == "server_closed" ||
                                                        session.ended == "server_reset",
                                  .ended_at = session.ended_at.value_or(session.opened_at)});
        renumbered.sessions.push_back(std::move(session));
    }
    for (const journal::AttemptRecord& attempt : batch.attempts) {
        if (made_.tries.size() >= limits::report_attempts_max) {
            ++made_.dropped;
            continue;
        }
        made_.tries.push_back(
            {.record = {.id = attempt.id,
                        .session = SessionId{session_number(number(attempt.session))},
                        .delivery = attempt.delivery,
                        .at = attempt.at,
                        .ended_at = attempt.ended_at,
                        .message_octets = attempt.message_octets,
                        .sending_ip = kept(attempt.sending_ip),
                        .helo = kept(attempt.helo),
                        .mail_from = kept(attempt.mail_from),
                        .recipient = kept(attempt.recipient),
                        .text = kept(attempt.text),
                        .cause = kept(attempt.cause),
                        .identity = kept(attempt.identity),
                        .header_from_domain = kept(attempt.header_from_domain),
                        .template_id = kept(attempt.template_id),
                        .transaction = attempt.transaction,
                        .number = attempt.number,
                        .code = attempt.code,
                        .stage = attempt.stage,
                        .outcome = attempt.outcome,
                        .taken = attempt.taken},
             .source = made_.sources.size() - 1});
    }
    for (journal::MessageRecord message : batch.messages) {
        message.session = SessionId{session_number(number(message.session))};
        renumbered.messages.push_back(std::move(message));
    }
    ledger().take(renumbered);
}

void Intake::take_traits(std::uint64_t session, std::uint32_t transaction, std::string_view json) {
    if (letters_.size() >= limits::report_attempts_max) return;
    auto letter = read_letter(json);
    if (!letter) return;
    const auto [known, added] =
        known_letters_.try_emplace(std::move(*letter), made_.letters.size());
    if (added) made_.letters.push_back(known->first);
    letters_[{session_number(session), transaction}] = known->second;
}

void Intake::take_tls(std::uint64_t session) {
    const auto found = sessions_.find(session_number(session));
    if (found != sessions_.end()) made_.sessions[found->second].tls = true;
}

std::vector<std::uint64_t> Intake::joined_deliveries() const {
    // Each delivery of each journal, in order of its first try.
    std::vector<Known> known;
    std::map<std::pair<std::size_t, std::uint64_t>, std::size_t> places;
    std::vector<std::size_t> place_of(made_.tries.size(), nowhere);
    for (std::size_t i = 0; i < made_.tries.size(); ++i) {
        const Try& tried = made_.tries[i];
        if (!tried.record.delivery) continue;
        const auto [place, added] =
            places.try_emplace({tried.source, number(*tried.record.delivery)}, known.size());
        place_of[i] = place->second;
        if (added) {
            known.push_back({.source = tried.source,
                             .id = number(*tried.record.delivery),
                             .identity = {},
                             .envelope = oracle::comparable(tried.record.mail_from) + ' ' +
                                         oracle::comparable(tried.record.recipient),
                             .has_sender = !tried.record.mail_from.empty()});
        }
        if (known[place->second].identity.empty())
            known[place->second].identity = tried.record.identity;
    }
    Union joined{known.size()};
    if (made_.together && made_.sources.size() > 1) {
        std::map<std::pair<std::string_view, std::string_view>, std::size_t> identified;
        std::map<std::string, std::vector<std::size_t>> by_envelope;
        for (std::size_t i = 0; i < known.size(); ++i) {
            if (!known[i].identity.empty()) {
                const auto [other, added] =
                    identified.try_emplace({known[i].identity, known[i].envelope}, i);
                if (!added) joined.join(i, other->second);
            }
            if (known[i].has_sender) by_envelope[known[i].envelope].push_back(i);
        }
        for (const auto& [envelope, members] : by_envelope) {
            std::set<std::size_t> sources;
            std::set<std::string_view> identities;
            for (const std::size_t i : members) {
                sources.insert(known[i].source);
                if (!known[i].identity.empty()) identities.insert(known[i].identity);
            }
            if (sources.size() < members.size() || identities.size() > 1) continue;
            for (const std::size_t i : members) joined.join(i, members.front());
        }
    }
    // A journal alone keeps its numbers: people find them in `fakemx log`.
    std::map<std::size_t, std::uint64_t> numbers;
    std::vector<std::uint64_t> deliveries(made_.tries.size(), 0);
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        if (place_of[i] == nowhere) continue;
        const std::size_t root = joined.find(place_of[i]);
        deliveries[i] = made_.sources.size() == 1
                            ? known[root].id
                            : numbers.try_emplace(root, numbers.size() + 1).first->second;
    }
    return deliveries;
}

void Intake::number_tries() {
    std::stable_sort(made_.tries.begin(), made_.tries.end(), [](const Try& a, const Try& b) {
        return std::tuple{a.record.at, a.source, a.record.id} <
               std::tuple{b.record.at, b.source, b.record.id};
    });
    const std::vector<std::uint64_t> deliveries = joined_deliveries();
    std::unordered_map<std::uint64_t, std::uint32_t> tries;
    std::unordered_map<std::uint64_t, std::size_t> accepted_by;
    std::set<std::uint64_t> accepted_in_several;
    for (std::size_t i = 0; i < made_.tries.size(); ++i) {
        Try& tried = made_.tries[i];
        tried.record.id = i + 1;
        if (const auto session = sessions_.find(number(tried.record.session));
            session != sessions_.end())
            tried.session = session->second;
        // Before the end of data the message on record, if there is one, is that of nobody.
        if (!tried.record.identity.empty()) {
            const auto letter =
                letters_.find({number(tried.record.session), tried.record.transaction});
            if (letter != letters_.end()) tried.letter = letter->second;
        }
        if (deliveries[i] == 0) continue;
        tried.record.delivery = journal::DeliveryId{deliveries[i]};
        tried.record.number = ++tries[deliveries[i]];
        if (!tried.accepted()) continue;
        const auto [by, first] = accepted_by.try_emplace(deliveries[i], tried.source);
        if (!first && by->second != tried.source) accepted_in_several.insert(deliveries[i]);
    }
    made_.accepted_in_several = accepted_in_several.size();
}

/// Adds what one ledger knows to the case.
void Intake::judge(std::size_t ledger, const oracle::Policy& policy) {
    oracle::Account account = ledgers_[ledger].account_of([&](const auto& visit) {
        for (const Try& tried : made_.tries) {
            if (made_.together || tried.source == ledger) visit(record_of(tried.record));
        }
    });
    ledgers_[ledger] = oracle::Ledger{1};
    account.unnamed = {};  // nobody asks for them here
    std::vector<oracle::Judgement> judgements = oracle::judge(account, policy);
    for (oracle::Judgement& judgement : judgements) {
        std::erase_if(judgement.findings, [](const oracle::Finding& finding) {
            return finding.wrong != oracle::Wrong::retried_after_5yz;
        });
    }
    oracle::Account& whole = made_.account;
    if (ledger == 0) {
        whole = std::move(account);
        made_.judgements = std::move(judgements);
        return;
    }
    whole.begin = std::min(whole.begin, account.begin);
    whole.end = std::max(whole.end, account.end);
    whole.unmatched_notices += account.unmatched_notices;
    whole.dropped += account.dropped;
    std::move(account.deliveries.begin(), account.deliveries.end(),
              std::back_inserter(whole.deliveries));
    std::move(judgements.begin(), judgements.end(), std::back_inserter(made_.judgements));
}

Case Intake::finish(const oracle::Policy& policy) {
    number_tries();
    letters_.clear();
    known_letters_.clear();
    for (std::size_t i = 0; i < ledgers_.size(); ++i) judge(i, policy);
    return std::move(made_);
}

}  // namespace fakemx::diagnosis
