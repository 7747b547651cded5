// Gathers a run while it goes on, within bounds, for the rules that look at all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "conformance/course.h"
#include "conformance/session_log.h"
#include "journal/records.h"
#include "oracle/ledger.h"

namespace fakemx::conformance {

class CourseKeeper {
public:
    CourseKeeper();

    /// Attempts and sessions of a batch.
    void take(const journal::Batch& batch);
    /// What the sender was given has to be known before.
    void take(const journal::MessageRecord& message, const message::HeaderSection& headers);
    /// Of no session.
    void take(const journal::Event& event);
    /// A session that is over.
    void take(SessionId session, SessionLog log);

    /// Nothing was left out. Otherwise nothing can be said of the whole.
    bool whole() const { return !too_much_; }
    /// With these sessions, which are not over yet.
    Course course(Sender sender, const std::unordered_map<std::uint64_t, SessionLog>& open,
                  const SharedTexts& texts) const;

private:
    void take_report(const journal::MessageRecord& message, const message::HeaderSection& headers);
    void forget();

    oracle::Ledger ledger_;
    std::vector<std::pair<SessionId, SessionLog>> sessions_;
    std::size_t octets_ = 0;
    std::vector<Submission> submissions_;
    std::unordered_map<std::string, std::size_t> by_message_id_;
    std::vector<Report> reports_;
    std::vector<Query> queries_;
    std::optional<journal::RunOver> over_;
    bool too_much_ = false;
};

}  // namespace fakemx::conformance
