// A machine over octets, with a fast lane for the inside of lines.
#include "smtp/message_intake.h"

#include <algorithm>

#include "core/assert.h"
#include "core/limits.h"

namespace fakemx::smtp {

std::size_t MessageIntake::feed(std::string_view octets) {
    std::size_t at = 0;
    while (at < octets.size() && place_ != Place::done) {
        if (place_ == Place::in_line) {
            // Ordinary text: everything up to the next CR or LF goes at once.
            std::size_t end = at;
            while (end < octets.size() && octets[end] != '\r' && octets[end] != '\n') ++end;
            if (end != at) {
                keep(octets.substr(at, end - at));
                at = end;
                continue;
            }
        }
        step(octets[at]);
        ++at;
    }
    return at;
}

void MessageIntake::feed_chunk(std::string_view octets) {
    while (!octets.empty()) {
        // Everything up to a CR or LF goes at once.
        const std::size_t end = std::min(octets.find_first_of("\r\n"), octets.size());
        if (end != 0) {
            if (place_ == Place::after_cr) ++message_.bare_cr;
            place_ = Place::in_line;
            keep(octets.substr(0, end));
            octets.remove_prefix(end);
            continue;
        }
        const char c = octets.front();
        keep(octets.substr(0, 1));
        octets.remove_prefix(1);
        if (c == '\n' && place_ == Place::after_cr) {
            end_line();
            continue;
        }
        if (place_ == Place::after_cr) ++message_.bare_cr;
        if (c == '\n') ++message_.bare_lf;
        place_ = c == '\r' ? Place::after_cr : Place::in_line;
    }
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

void MessageIntake::keep(std::string_view octets) {
    message_.octets += octets.size();
    line_octets_ += octets.size();
    for (const char c : octets) {
        message_.nul = message_.nul || c == '\0';
        message_.eight_bit = message_.eight_bit || static_cast<unsigned char>(c) > 127;
    }
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
