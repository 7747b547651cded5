// Judges a sender by the rules: a fold over journal events, live or read from a file, with the same result. Sessions are judged
// as they end; what comes of one does not depend on the others, nor on their order. Rules that look at more than one session are judged at the
// end of the run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conformance/course_keeper.h"
#include "conformance/hearing.h"
#include "conformance/rule.h"
#include "conformance/session_log.h"
#include "conformance/thresholds.h"
#include "journal/records.h"

namespace fakemx::conformance {

/// All rules, chapter by chapter, in the order in which they are listed.
std::span<const Rule* const> all_rules();
/// Null without one.
const Rule* rule_named(std::string_view slug);

enum class Outcome : std::uint8_t {
    pass,
    fail,
    deviation,  ///< broken, and not binding
    not_exercised,
};
std::string_view name(Outcome outcome);

struct Finding {
    const Rule* rule = nullptr;
    Outcome outcome = Outcome::not_exercised;
    std::uint64_t kept = 0;          ///< times
    std::uint64_t broken = 0;        ///< times
    std::vector<Evidence> evidence;  ///< of what was broken, by session and event; the first few
};

struct Audit {
    std::vector<Finding> findings;   ///< one for each rule, in the order of all_rules()
    std::uint64_t sessions = 0;      ///< judged
    std::uint64_t sessions_cut = 0;  ///< of them longer than what is kept of one
    Sender sender = Sender::unknown;
    Thresholds thresholds;          ///< that it was judged by
    std::vector<std::string> runs;  ///< their names; empty: there is one, without a name
    bool whole = true;  ///< false: there was too much for the rules that look at a whole run

    std::uint64_t count(Outcome outcome) const;
    /// Leaves out the findings of other rules.
    void keep_only(std::span<const Rule* const> rules);
};

struct Settings {
    Thresholds thresholds;
    Sender sender = Sender::unknown;
    bool strict = false;  ///< deviations count as failures
};

class Checker {
public:
    explicit Checker(Settings settings = {});
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    /// Its events, attempts and messages; of one session in their order, and messages before the end of their session.
    void take(const journal::Batch& batch);
    void take(const journal::Event& event);

    /// What comes from here on is of another run, of this name. Runs are numbered from 0, in evidence; one is enough for who has no
    /// names for them.
    void begin_run(std::string name);

    /// So many so far.
    std::uint64_t sessions() const { return sessions_ + open_.size(); }

    /// Everything so far; what is still open is judged as far as it has come.
    Audit audit() const;

private:
    using Hearings = std::vector<Hearing>;  // one for each rule

    void judge(const Dialogue& dialogue, Hearings& hearings) const;
    void judge_run(Hearings& hearings) const;
    void count(const Dialogue& dialogue);
    Hearings with_what_is_open() const;

    Settings settings_;
    Hearings hearings_;
    void end_run();

    std::vector<std::string> runs_;  // their names
    std::uint32_t run_ = 0;
    std::vector<Instant> begins_;  // of each run that anything is known of
    std::unordered_map<std::uint64_t, SessionLog> open_;
    SharedTexts texts_;
    CourseKeeper course_;
    bool whole_ = true;
    std::uint64_t sessions_ = 0;
    std::uint64_t sessions_cut_ = 0;
};

}  // namespace fakemx::conformance
