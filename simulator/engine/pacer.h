// When the octets of replies leave: at once, after a wait, or piece by piece. Everything leaves in the
// order in which it was handed over, but for late replies: those leave at their time, between two others.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "smtp/verdict.h"

namespace fakemx::engine {

class Transport;

class Pacer {
public:
    /// Plans `octets`, counted from `now` or from the end of what is still waiting. A late reply leaves
    /// whole; it neither waits for others nor lets others wait.
    void plan(Instant now, std::string_view octets, const smtp::Pacing& pacing);

    /// Hands over what is due. True when there was any.
    bool release(Instant now, Transport& transport);

    /// Hands over the rest of a reply of which a part has left, and forgets all others: a reply that
    /// nobody has seen is never given early. False when one was forgotten.
    bool cut_short(Transport& transport);

    /// The connection is not what it was when they were planned.
    void forget_late() { late_.reset(); }

    /// Nothing is waiting but late replies.
    bool empty() const { return next_ == pieces_.size(); }
    std::optional<Instant> deadline() const;

private:
    struct Piece {
        Instant due;
        std::string octets;
        bool first = false;  // of its reply
    };
    void plan_late(Instant due, std::string_view octets);
    void give(Piece& piece, Transport& transport);
    void clear() {
        pieces_.clear();
        next_ = 0;
    }

    bool release_late(Instant now, Transport& transport);

    std::vector<Piece> pieces_;
    struct Late {
        Instant due;
        std::string octets;
    };
    // In order of their time. Null: none, as nearly always.
    std::unique_ptr<std::vector<Late>> late_;
    std::size_t next_ = 0;
};

}  // namespace fakemx::engine
