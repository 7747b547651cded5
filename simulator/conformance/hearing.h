// What comes of judging: what is kept, what is broken and where. One for each rule; sessions may be judged in any order and the
// result is the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "conformance/course.h"
#include "conformance/dialogue.h"
#include "conformance/thresholds.h"
#include "core/ids.h"
#include "core/time.h"

namespace fakemx::conformance {

/// Where a rule was broken, and how.
struct Evidence {
    std::uint32_t run = 0;  ///< Checker::next_run
    SessionId session{};
    std::uint32_t event = 0;  ///< within the session
    Instant at{};
    Duration after{};                ///< since the run began; known once the run is over
    std::string what;                ///< half a sentence: "MAIL without EHLO"
    std::vector<std::string> lines;  ///< of the dialogue there, or the tries of the delivery
};

class Hearing {
public:
    explicit Hearing(const Thresholds& thresholds) : thresholds_(&thresholds) {}

    /// Something was seen that the rule speaks of, and it was as it should be.
    void kept() { ++kept_; }
    void kept_if(bool is_kept, const Dialogue& dialogue, const Exchange& exchange,
                 std::string_view what) {
        is_kept ? kept() : broken(dialogue, exchange, std::string{what});
    }
    /// What is nearly always kept is put in words only where it is not.
    template <class First, class... More>
    void kept_if(bool is_kept, const Dialogue& dialogue, const Exchange& exchange,
                 fmt::format_string<First, More...> what, First&& first, More&&... more) {
        if (is_kept) return kept();
        broken(dialogue, exchange,
               fmt::format(what, std::forward<First>(first), std::forward<More>(more)...));
    }
    void broken(const Dialogue& dialogue, const Exchange& exchange, std::string what) {
        broken(dialogue, exchange.event, exchange.at, std::move(what));
    }
    /// It may have had another reason: this counts only where nothing else shows that the rule is kept.
    void suspected(const Dialogue& dialogue, const Exchange& exchange, std::string what) {
        suspected(dialogue, exchange.event, exchange.at, std::move(what));
    }
    void suspected(const Dialogue& dialogue, std::uint32_t event, Instant at, std::string what);
    /// At an event that is no command.
    void broken(const Dialogue& dialogue, std::uint32_t event, Instant at, std::string what);
    /// In these tries (ids, at least one) of a delivery; the first of them is where.
    void broken(const oracle::Delivery& delivery, const std::vector<std::uint64_t>& attempts,
                std::string what);
    void suspected(const oracle::Delivery& delivery, const std::vector<std::uint64_t>& attempts,
                   std::string what);
    void kept_if(bool is_kept, const oracle::Delivery& delivery,
                 const std::vector<std::uint64_t>& attempts, std::string_view what) {
        is_kept ? kept() : broken(delivery, attempts, std::string{what});
    }
    template <class First, class... More>
    void kept_if(bool is_kept, const oracle::Delivery& delivery,
                 const std::vector<std::uint64_t>& attempts,
                 fmt::format_string<First, More...> what, First&& first, More&&... more) {
        if (is_kept) return kept();
        broken(delivery, attempts,
               fmt::format(what, std::forward<First>(first), std::forward<More>(more)...));
    }
    /// Where there is neither a session nor a try to show.
    void broken(Instant at, std::string what, std::vector<std::string> lines = {});

    /// What follows is of this run.
    void begin_run(std::uint32_t run) { run_ = run; }

    const Thresholds& thresholds() const { return *thresholds_; }
    std::uint64_t times_kept() const { return kept_; }
    std::uint64_t times_broken() const {
        return broken_.times + (kept_ == 0 ? suspected_.times : 0);
    }
    /// By session and event; the first limits.h's evidence_kept_max of them.
    std::vector<Evidence> evidence() const;

private:
    struct Breaks {
        std::uint64_t times = 0;
        std::vector<Evidence> evidence;  // the first ones
    };
    void add(Breaks& breaks, const Dialogue& dialogue, std::uint32_t event, Instant at,
             std::string what) const;
    void add(Breaks& breaks, const oracle::Delivery& delivery,
             const std::vector<std::uint64_t>& attempts, std::string what) const;
    /// `lines` gives the lines of what is kept.
    template <class Lines>
    void add(Breaks& breaks, Evidence found, const Lines& lines) const;

    const Thresholds* thresholds_;
    std::uint64_t kept_ = 0;
    Breaks broken_;
    Breaks suspected_;
    std::uint32_t run_ = 0;
};

}  // namespace fakemx::conformance
