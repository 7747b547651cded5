// What the flags of smtp-sink(1) ask for, as a value: what the receiver says and when it fails, and what is
// left to the edge: files, counters, sockets, the user.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"
#include "smtp/hook.h"
#include "smtp/reply.h"

namespace fakemx::sink {

/// What smtp-sink calls a command: the places where a flag may make something happen.
enum class Moment : std::uint8_t {
    connect,
    helo,
    ehlo,
    lhlo,
    xclient,
    xforward,
    auth,
    mail,
    rcpt,
    data,
    dot,  ///< the end of the message
    rset,
    noop,
    vrfy,
    quit,
};

inline constexpr std::size_t moment_count = static_cast<std::size_t>(Moment::quit) + 1;
inline constexpr std::array<std::string_view, moment_count> moment_names{
    "CONNECT", "HELO", "EHLO", "LHLO", "XCLIENT", "XFORWARD", "AUTH", "MAIL",
    "RCPT",    "DATA", ".",    "RSET", "NOOP",    "VRFY",     "QUIT"};

using Moments = std::bitset<moment_count>;

constexpr std::string_view name(Moment moment) {
    return moment_names.at(static_cast<std::size_t>(moment));
}

/// In any letter case.
std::optional<Moment> moment_named(std::string_view name);

/// The moment that a hook decides, in SMTP or in LMTP; nothing for those that smtp-sink does not know. `unknown` goes by
/// its verb.
std::optional<Moment> moment_of(smtp::Hook hook, bool lmtp);

/// What happens at a moment. Where several are asked for, the first of them.
struct Treatment {
    bool disconnect = false;  ///< -q: the end, without a reply
    bool close = false;       ///< -Q: 421, and the end
    bool hard = false;        ///< -f
    bool soft = false;        ///< -r
    Duration delay{};         ///< -w, -W; 0: none
    std::uint32_t odds = 0;   ///< -W: in how many of 100 cases the delay grows by itself once more

    bool fails() const { return disconnect || close || hard || soft; }
    bool any() const { return fails() || delay != Duration::zero(); }
};

enum class Family : std::uint8_t { any, ipv4, ipv6 };

struct Settings {
    // What the receiver says.
    std::string hostname = "smtp-sink";  ///< -h
    bool lmtp = false;                   ///< -L
    bool esmtp = true;                   ///< not -e
    bool pix = false;                    ///< -P
    bool eight_bit_mime = true;          ///< not -8
    bool auth = true;                    ///< not -a
    bool xclient = true;                 ///< not -C
    bool xforward = true;                ///< not -F
    bool enhanced_codes = true;          ///< not -E
    bool dsn = true;                     ///< not -N
    bool pipelining = true;              ///< not -p, -f, -r
    smtp::Reply soft_reply{450, smtp::EnhancedCode{4, 3, 0}, {"Error: command failed"}};  ///< -b
    smtp::Reply hard_reply{500, smtp::EnhancedCode{5, 3, 0}, {"Error: command failed"}};  ///< -B
    std::array<Treatment, moment_count> treatments{};
    std::optional<Duration> abort_after;                ///< -A: 354, and 550 so much later
    Duration read_after{};                              ///< -H: the pause in reading behind 354
    Duration idle_timeout = std::chrono::seconds{100};  ///< -t

    // What is left to the edge.
    Family family = Family::any;                ///< -4, -6
    std::size_t connections_max = 256;          ///< -m
    std::optional<std::uint64_t> messages_max;  ///< -M
    std::optional<std::uint64_t> quits_max;     ///< -n
    std::uint32_t window_octets = 0;            ///< -T; 0: as the system has it
    bool counters = false;                      ///< -c
    bool verbose = false;                       ///< -v
    std::string dump_each;                      ///< -d
    std::string dump_all;                       ///< -D
    std::string dump_start;                     ///< -S, its escapes replaced
    Moments logged;                             ///< -s
    std::string user;                           ///< -u
    std::string root;                           ///< -R

    Treatment& treatment(Moment moment) { return treatments.at(static_cast<std::size_t>(moment)); }
    const Treatment& treatment(Moment moment) const {
        return treatments.at(static_cast<std::size_t>(moment));
    }
};

}  // namespace fakemx::sink
