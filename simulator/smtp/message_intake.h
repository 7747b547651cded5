// The octets between 354 and the final dot: end of data, transparency (RFC 5321 §4.5.2), counts and
// what is kept. The data ends at CRLF "." CRLF and at nothing that merely resembles it; a bare CR or
// LF is counted and is ordinary content (§2.3.8, §4.1.1.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/digest.h"
#include "smtp/question.h"

namespace fakemx::smtp {

/// Whoever wants to see a message to its end, of which the session keeps the beginning only.
class RestReader {
public:
    virtual ~RestReader() = default;

    /// A message turns out to be longer than what is kept of it, which is this.
    virtual void begin_rest(std::string_view kept) = 0;
    /// What comes behind that, in pieces. What was given before is not repeated.
    virtual void read_rest(std::string_view octets) = 0;
};

class MessageIntake {
public:
    /// `octets_max` is the host's limit on a message; 0 for none. `rest_reader` may be null.
    explicit MessageIntake(std::uint64_t octets_max, RestReader* rest_reader = nullptr)
        : octets_max_(octets_max), rest_reader_(rest_reader) {}

    /// Takes octets up to the end of data or all of them; gives how many. Once done() it takes none.
    std::size_t feed(std::string_view octets);

    /// Takes octets of a chunk as they are (RFC 3030 §2: no transparency, no end of data).
    void feed_chunk(std::string_view octets);
    void end_chunk() { ++message_.chunks; }
    /// The chunk that ended was the last one.
    void end_chunks();

    bool done() const { return place_ == Place::done; }
    std::uint64_t octets() const { return message_.octets; }
    /// The last octets that came behind DATA, as they came.
    const std::string& tail() const { return tail_; }

    /// The message; call it once, when done.
    Message finish();

private:
    // Where the next octet stands. The beginning counts as behind CRLF: the CRLF of DATA does it
    // (RFC 5321 §4.1.1.4).
    enum class Place : std::uint8_t {
        line_start,
        in_line,
        after_cr,
        after_dot,
        after_dot_cr,
        done
    };

    std::size_t take_text(std::string_view octets, std::size_t at, std::size_t lf);
    void step(char c);
    void step_in_chunk(char c);
    void look_at(std::string_view octets);
    void look_for_ends(std::string_view octets);
    void reserve_for(std::string_view octets);
    void keep(std::string_view octets);
    void end_line();

    std::uint64_t octets_max_;
    RestReader* rest_reader_;
    Place place_ = Place::line_start;
    std::uint64_t line_octets_ = 0;  // of the current line, without the transparency dot
    std::optional<Digest> rest_;     // of what is not kept
    std::string tail_ = "\r\n";      // the last octets as they came; DATA ended with CRLF
    Message message_;
};

}  // namespace fakemx::smtp
