// Judges a sender by the rules: a fold over journal events, live or read from a file, with the same result. Sessions are judged
// as they end; what comes of one does not depend on the others, nor on their order.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

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

    std::uint64_t count(Outcome outcome) const;
    /// Leaves out the findings of other rules.
    void keep_only(std::span<const Rule* const> rules);
};

struct Settings {
    Thresholds thresholds;
    bool strict = false;  ///< deviations count as failures
};

class Checker {
public:
    explicit Checker(Settings settings = {});
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    /// Its events and messages; of one session in their order.
    void take(const journal::Batch& batch);
    /// A message, before the end of its session.
    void take(SessionId session, std::uint32_t transaction, std::string_view content);
    void take(const journal::Event& event);

    /// Everything so far; sessions that are still open are judged as far as they have come.
    Audit audit() const;

private:
    void judge(const Dialogue& dialogue);

    Settings settings_;
    std::vector<Hearing> hearings_;  // one for each rule
    std::unordered_map<std::uint64_t, SessionLog> open_;
    SharedTexts texts_;
    std::uint64_t sessions_ = 0;
    std::uint64_t sessions_cut_ = 0;
};

}  // namespace fakemx::conformance
