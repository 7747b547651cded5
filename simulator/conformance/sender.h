// What kind of program is judged: the same octets mean something else from a library that is called once than from a mail
// server with a queue.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fakemx::conformance {

enum class Sender : std::uint8_t {
    unknown,  ///< whoever it is: what is asked of everybody is judged, and nothing else
    library,  ///< sends once and tells its caller what came of it
    mua,      ///< a library that a person submits mail with (RFC 6409, RFC 8314)
    mta,      ///< has a queue, and comes back (RFC 5321 §4.5.4)
    relay,    ///< an MTA that mail also comes in to
    bulk,     ///< an MTA that sends to lists
};

inline constexpr std::array<std::string_view, 6> sender_names{"unknown", "library", "mua",
                                                              "mta",     "relay",   "bulk"};

constexpr std::string_view name(Sender sender) {
    return sender_names.at(static_cast<std::size_t>(sender));
}
std::optional<Sender> sender_named(std::string_view text);

/// Some kinds of senders.
class Senders {
public:
    template <class... Each>
    constexpr explicit Senders(Each... each) {
        ((bits_ |= bit(each)), ...);
    }

    constexpr bool has(Sender sender) const { return (bits_ & bit(sender)) != 0; }

private:
    static constexpr unsigned bit(Sender sender) { return 1U << static_cast<unsigned>(sender); }

    unsigned bits_ = 0;
};

inline constexpr Senders everybody{Sender::unknown, Sender::library, Sender::mua,
                                   Sender::mta,     Sender::relay,   Sender::bulk};
/// Those that come back by themselves.
inline constexpr Senders with_queue{Sender::mta, Sender::relay, Sender::bulk};
/// Those that tell their caller.
inline constexpr Senders with_caller{Sender::library, Sender::mua};

}  // namespace fakemx::conformance
