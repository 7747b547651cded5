// A machine over octets, with a fast lane for whole lines and what is inside of them.
#include "smtp/message_intake.h"

#include <algorithm>

#include "core/assert.h"
#include "core/limits.h"
#include "core/text.h"

namespace fakemx::smtp {

namespace {

/// Where the LFs of `octets` are; each octet is looked at once, however often it is asked.
class LineEnds {
public:
    explicit LineEnds(std::string_view octets) : octets_(octets), next_(octets.find('\n')) {}

    /// The first one at this place or behind it; npos without one. Places do not go back.
    std::size_t next(std::size_t at) {
        if (next_ < at) next_ = octets_.find('\n', at);
        return next_;
    }

private:
    std::string_view octets_;
    std::size_t next_;
};

/// Of what came last: enough to see what resembles the end of data, and to show how a message broke off.
constexpr std::size_t tail_octets_max = 14;
static_assert(tail_octets_max > Lookalikes::before_max + Lookalikes::behind_max);

/// But for NUL, HT, CR and LF.
bool has_control(std::string_view octets) {
    bool seen = false;
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        seen |= (octet < 32 && octet != 0 && c != '\t' && c != '\r' && c != '\n') || octet == 127;
    }
    return seen;
}

}  // namespace

std::size_t MessageIntake::feed(std::string_view octets) {
    reserve_for(octets);
    LineEnds line_ends{octets};
    std::size_t at = 0;
    while (at < octets.size() && place_ != Place::done) {
        const bool text =
            place_ == Place::in_line || (place_ == Place::line_start && octets[at] != '.');
        const std::size_t taken = text ? take_text(octets, at, line_ends.next(at)) : 0;
        if (taken == 0) step(octets[at]);
        at += std::max<std::size_t>(taken, 1);
    }
    look_at(octets.substr(0, at));
    look_for_ends(octets.substr(0, at));
    return at;
}

void MessageIntake::feed_chunk(std::string_view octets) {
    reserve_for(octets);
    LineEnds line_ends{octets};
    for (std::size_t at = 0; at < octets.size();) {
        const bool text = place_ != Place::after_cr;
        const std::size_t taken = text ? take_text(octets, at, line_ends.next(at)) : 0;
        if (taken == 0) step_in_chunk(octets[at]);
        at += std::max<std::size_t>(taken, 1);
    }
    look_at(octets);
}

/// Ordinary text from this place on, at once: up to a CR or LF that ends no line, or through the CRLF of its line.
std::size_t MessageIntake::take_text(std::string_view octets, std::size_t at, std::size_t lf) {
    const std::string_view text = octets.substr(at, lf - at);
    const std::size_t cr = text.find('\r');
    if (cr != std::string_view::npos && cr + 1 == text.size() && at + text.size() < octets.size()) {
        keep(octets.substr(at, text.size() + 1));
        end_line();
        return text.size() + 1;
    }
    const std::size_t taken = std::min(cr, text.size());
    if (taken != 0) {
        keep(text.substr(0, taken));
        place_ = Place::in_line;
    }
    return taken;
}

void MessageIntake::step_in_chunk(char c) {
    keep({&c, 1});
    if (c == '\n' && place_ == Place::after_cr) return end_line();
    if (place_ == Place::after_cr) ++message_.bare_cr;
    if (c == '\n') ++message_.bare_lf;
    place_ = c == '\r' ? Place::after_cr : Place::in_line;
}

void MessageIntake::end_chunks() {
    if (place_ == Place::after_cr) ++message_.bare_cr;
    place_ = Place::done;
}

void MessageIntake::step(char c) {
    const std::string_view octet{&c, 1};
    switch (place_) {
        case Place::line_start:
            if (c == '.') {
                place_ = Place::after_dot;
                return;
            }
            break;
        case Place::after_dot:
            if (c == '\r') {
                place_ = Place::after_dot_cr;
                return;
            }
            // RFC 5321 §4.5.2: a leading dot with something behind it is removed.
            ++(c == '.' ? message_.dotted_lines : message_.bare_dot_lines);
            place_ = Place::in_line;
            if (c == '.') {
                keep(octet);
                return;
            }
            break;
        case Place::after_dot_cr:
            if (c == '\n') {
                place_ = Place::done;
                return;
            }
            // ".CR" and no LF: the dot goes, the CR is content like any other.
            ++message_.bare_dot_lines;
            place_ = Place::after_cr;
            keep("\r");
            break;
        case Place::after_cr:
            if (c == '\n') {
                keep(octet);
                end_line();
                return;
            }
            break;
        case Place::in_line: break;
        case Place::done: return;
    }
    if (place_ == Place::after_cr) ++message_.bare_cr;
    if (c == '\n') ++message_.bare_lf;
    place_ = c == '\r' ? Place::after_cr : Place::in_line;
    keep(octet);
}

/// Kinds of octets that a message may have; what is not kept of `octets` has none of them.
void MessageIntake::look_at(std::string_view octets) {
    message_.nul = message_.nul || octets.find('\0') != std::string_view::npos;
    message_.eight_bit = message_.eight_bit || !is_ascii(octets);
    message_.control = message_.control || has_control(octets);
}

/// What resembles the end of data has a bare CR or LF, or NUL: most messages are not looked at for it.
void MessageIntake::look_for_ends(std::string_view octets) {
    const bool odd = message_.bare_cr != 0 || message_.bare_lf != 0 || message_.nul ||
                     message_.bare_dot_lines != 0;
    // At the beginning of a full tail it is not known what was before; what is there was looked at with that.
    const std::size_t from = tail_.size() < tail_octets_max ? 0 : Lookalikes::before_max;
    if (odd) message_.lookalikes.look_at(tail_ + std::string{octets}, from);
    tail_ += octets.substr(octets.size() - std::min(octets.size(), tail_octets_max));
    tail_.erase(0, tail_.size() - std::min(tail_.size(), tail_octets_max));
}

void MessageIntake::reserve_for(std::string_view octets) {
    if (message_.content.empty())
        message_.content.reserve(std::min(octets.size(), limits::message_octets_kept));
}

void MessageIntake::keep(std::string_view octets) {
    message_.octets += octets.size();
    line_octets_ += octets.size();
    const std::size_t room = limits::message_octets_kept - message_.content.size();
    message_.content.append(octets.substr(0, room));
    if (octets.size() > room) {
        if (!rest_) {
            rest_.emplace();
            if (rest_reader_ != nullptr) rest_reader_->begin_rest(message_.content);
        }
        rest_->update(octets.substr(room));
        if (rest_reader_ != nullptr) rest_reader_->read_rest(octets.substr(room));
    }
}

void MessageIntake::end_line() {
    ++message_.lines;
    if (line_octets_ > limits::text_line_octets_max) ++message_.long_lines;
    line_octets_ = 0;
    place_ = Place::line_start;
}

Message MessageIntake::finish() {
    FAKEMX_ASSERT(done());
    message_.too_big = octets_max_ != 0 && message_.octets > octets_max_;
    if (rest_) message_.rest_fingerprint = rest_->finish();
    return std::move(message_);
}

}  // namespace fakemx::smtp
