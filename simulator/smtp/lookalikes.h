// Octets that merely resemble the end of data. RFC 5321 §4.1.1.4 knows one end, CRLF "." CRLF; a receiver that takes another
// line end for CRLF, or passes over NUL, sees the end elsewhere, and reads what follows as commands ("SMTP smuggling").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fakemx::smtp {

/// What stood around lone dots at the beginning of what somebody could take for a line. The genuine end of data is none.
class Lookalikes {
public:
    bool any() const { return seen_ != 0; }

    /// "LF.CRLF", "CRLF.CR NUL", …: what is before the dot and behind it, with ", " between them.
    std::string names() const;
    /// What names() wrote.
    static Lookalikes named(std::string_view names);

    /// Adds those of `octets`, as they came over the wire, whose dot is at this place or behind it. One that is cut off at
    /// the end is not seen.
    void look_at(std::string_view octets, std::size_t from = 0);

    /// Octets of the longest one before its dot, and behind it.
    static constexpr std::size_t before_max = 3;
    static constexpr std::size_t behind_max = 3;

    bool operator==(const Lookalikes&) const = default;

private:
    std::uint32_t seen_ = 0;  // a bit for each pair
};

}  // namespace fakemx::smtp
