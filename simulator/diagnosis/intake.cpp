// Numbers, and what belongs together across journals: a message that was seen whole is known by its identity and envelope; one that
// was not by its envelope alone, where no journal has two deliveries with it.
#include "diagnosis/intake.h"

#include <algorithm>
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

/// A delivery as one journal knows it.
struct Known {
    std::size_t source = 0;
    std::uint64_t id = 0;
    std::string identity;
    std::string envelope;
    bool has_sender = false;  // the null reverse path says nothing about whose it is
};

}  // namespace

Intake::Intake(bool together) : ledger_(limits::report_attempts_max) {
    made_.together = together;
}

void Intake::begin(Source source) {
    sessions_before_ = sessions_highest_;
    ledger_.reached(source.end);
    made_.sources.push_back(std::move(source));
}

void Intake::take(const journal::Batch& batch) {
    journal::Batch renumbered;
    for (journal::SessionRecord session : batch.sessions) {
        const std::uint64_t id = session_number(number(session.id));
        sessions_highest_ = std::max(sessions_highest_, id);
        session.id = SessionId{id};
        sessions_.emplace(id, made_.sessions.size());
        made_.sessions.push_back({.host = session.host,
                                  .client = session.client,
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
        Try& tried = made_.tries.emplace_back();
        tried.record = attempt;
        tried.record.session = SessionId{session_number(number(attempt.session))};
        tried.source = made_.sources.size() - 1;
    }
    for (journal::MessageRecord message : batch.messages) {
        message.session = SessionId{session_number(number(message.session))};
        renumbered.messages.push_back(std::move(message));
    }
    ledger_.take(renumbered);
}

void Intake::take_traits(std::uint64_t session, std::uint32_t transaction, std::string_view json) {
    auto letter = read_letter(json);
    if (!letter) return;
    letters_[{session_number(session), transaction}] = made_.letters.size();
    made_.letters.push_back(std::move(*letter));
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
        std::map<std::pair<std::string, std::string>, std::size_t> identified;
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

Case Intake::finish(const oracle::Policy& policy) {
    number_tries();
    // A few at a time, because the ledger keeps copies.
    constexpr std::size_t at_once = 256;
    journal::Batch batch;
    for (const Try& tried : made_.tries) {
        batch.attempts.push_back(tried.record);
        if (batch.attempts.size() < at_once) continue;
        ledger_.take(batch);
        batch = {};
    }
    ledger_.take(batch);
    made_.account = ledger_.account();
    ledger_ = oracle::Ledger{1};
    made_.judgements = oracle::judge(made_.account, policy);
    return std::move(made_);
}

}  // namespace fakemx::diagnosis
