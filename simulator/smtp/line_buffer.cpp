// The buffer gives its memory back whenever it has run empty and is asked for more, so that an idle
// session holds none.
#include "smtp/line_buffer.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/limits.h"

namespace fakemx::smtp {

namespace {

/// What is kept of an over-long line, for the journal.
constexpr std::size_t overlong_octets_kept = 64;

}  // namespace

void LineBuffer::append(std::string_view octets) {
    if (taken_ != 0 && taken_ >= octets_.size() / 2) {
        octets_.erase(0, taken_);
        scanned_ = std::max(scanned_, taken_) - taken_;
        taken_ = 0;
    }
    octets_.append(octets);
}

std::optional<LineBuffer::Line> LineBuffer::take_line() {
    release_if_used_up();  // not before: the last line's view was valid until now
    const std::size_t from = std::max(scanned_, taken_);
    const std::size_t end = octets_.find("\r\n", from);
    if (end == std::string::npos) {
        // A CR at the very end may still get its LF.
        scanned_ = octets_.empty() ? 0 : octets_.size() - (octets_.back() == '\r' ? 1 : 0);
        discard_overlong();
        return std::nullopt;
    }
    Line line;
    line.text = std::string_view{octets_}.substr(taken_, end - taken_);
    line.octets = discarded() + line.text.size() + 2;
    if (line.octets - 2 > limits::line_octets_kept) {
        line.too_long = true;
        if (discarded() == 0) begin_overlong(line.text);
        line.text = overlong_->start;
        overlong_->discarded = 0;
    }
    taken_ = end + 2;
    scanned_ = taken_;
    return line;
}

void LineBuffer::begin_overlong(std::string_view line) {
    overlong_ = std::make_unique<Overlong>();
    overlong_->start = line.substr(0, overlong_octets_kept);
}

void LineBuffer::discard_overlong() {
    // One octet more than the limit may be the CR of the line's end.
    if (discarded() == 0 && size() <= limits::line_octets_kept + 1) return;
    if (discarded() == 0) begin_overlong(rest());
    const std::size_t dropped = scanned_ - taken_;
    overlong_->discarded += dropped;
    drop(dropped);
}

void LineBuffer::drop(std::size_t octets) {
    FAKEMX_ASSERT(octets <= size());
    taken_ += octets;
    scanned_ = std::max(scanned_, taken_);
    release_if_used_up();
}

void LineBuffer::release_if_used_up() {
    if (taken_ != octets_.size()) return;
    if (discarded() == 0) overlong_.reset();
    std::string{}.swap(octets_);  // an assignment would keep the memory
    taken_ = 0;
    scanned_ = 0;
}

void LineBuffer::clear() {
    LineBuffer empty;
    std::swap(*this, empty);  // likewise
}

}  // namespace fakemx::smtp
