// Input that has arrived and was not yet used, and command lines taken from it. A line ends at CRLF
// and nowhere else (RFC 5321 §2.3.8); what else looks like an end is left in the line for its reader
// to see. How the octets were split on their way makes no difference to what comes out.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fakemx::smtp {

class LineBuffer {
public:
    struct Line {
        std::string_view text;   ///< without CRLF; of a line that was too long, its first octets
        std::size_t octets = 0;  ///< with CRLF, as sent
        bool too_long = false;   ///< more than limits::line_octets_kept
    };

    void append(std::string_view octets);

    /// The next complete line. The view is valid until the next call of a member that is not const.
    std::optional<Line> take_line();

    /// What has arrived and was not taken, without cutting it into lines.
    std::string_view rest() const { return std::string_view{octets_}.substr(taken_); }
    void drop(std::size_t octets);
    void clear();

    /// Octets held. Less than what arrived while an over-long line is being thrown away.
    std::size_t size() const { return octets_.size() - taken_; }
    /// Octets that arrived and were not taken, those thrown away of an over-long line included.
    std::size_t arrived() const { return size() + discarded(); }
    bool empty() const { return arrived() == 0; }
    /// The beginning of what arrived and was not taken.
    std::string_view beginning() const { return discarded() != 0 ? overlong_->start : rest(); }

private:
    struct Overlong {
        std::string start;
        std::size_t discarded = 0;  // octets of it that were thrown away
    };

    std::size_t discarded() const { return overlong_ ? overlong_->discarded : 0; }
    void begin_overlong(std::string_view line);
    void discard_overlong();
    void release_if_used_up();

    std::string octets_;
    std::size_t taken_ = 0;    // octets of octets_ that were used
    std::size_t scanned_ = 0;  // no CRLF begins before this place
    // The over-long line at the front, or the one that was taken last. Nearly always null.
    std::unique_ptr<Overlong> overlong_;
};

}  // namespace fakemx::smtp
