// Makes a case of journals, one after the other, each in pieces as a reader gives them. Numbers anew what the journals number each
// for themselves, and finds out which deliveries of several journals are one.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "diagnosis/case.h"
#include "journal/records.h"
#include "oracle/judge.h"
#include "oracle/ledger.h"

namespace fakemx::diagnosis {

class Intake {
public:
    /// `together`: a delivery of one journal may go on in another one, as in a fleet of receivers behind one balancer.
    /// Otherwise the journals are runs of their own.
    explicit Intake(bool together);

    /// What is taken from here on is of this journal.
    void begin(Source source);
    /// Sessions in front of their attempts; neither comes twice. Events are not looked at.
    void take(const journal::Batch& batch);
    /// Of a message: `json` as message::to_json wrote it.
    void take_traits(std::uint64_t session, std::uint32_t transaction, std::string_view json);
    /// The session was encrypted.
    void take_tls(std::uint64_t session);

    /// Everything. Called once, after the last journal.
    Case finish(const oracle::Policy& policy);

private:
    using Transaction = std::pair<std::uint64_t, std::uint32_t>;

    std::uint64_t session_number(std::uint64_t session) const { return sessions_before_ + session; }
    std::string_view kept(const std::string& text) { return *made_.texts->insert(text).first; }
    void number_tries();
    std::vector<std::uint64_t> joined_deliveries() const;
    oracle::Ledger& ledger() { return ledgers_.back(); }
    void judge(std::size_t ledger, const oracle::Policy& policy);

    Case made_;
    /// One for all journals, or, where they are runs of their own, one for each: notices of one run are not about mail of another.
    std::vector<oracle::Ledger> ledgers_;
    std::uint64_t sessions_before_ = 0;  // the highest number of the journals before this one
    std::uint64_t sessions_highest_ = 0;
    std::unordered_map<std::uint64_t, std::size_t> sessions_;  // number, index
    std::map<Transaction, std::size_t> letters_;
    std::map<Letter, std::size_t> known_letters_;
};

}  // namespace fakemx::diagnosis
