// What a profile says of names, and what an authoritative server makes of it: RFC 1034 §4.3.2 without delegations,
// with wildcards (RFC 4592) and negative answers (RFC 2308). Knows no sockets, no wire, no time: a TTL is a number.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/random.h"
#include "dns/record.h"

namespace fakemx::dns {

/// In which order the records of one type are given.
enum class Order : std::uint8_t {
    as_written,
    rotate,  ///< each answer begins with the next one
    random,  ///< by addressed chance: the same seed, name, type and count give the same order
};

inline constexpr std::array<std::string_view, 3> order_names{"written", "rotate", "random"};

/// All that stands under one name.
struct Node {
    std::uint32_t ttl = 3600;  ///< seconds, for all of it
    Order order = Order::as_written;
    bool fails = false;  ///< SERVFAIL, whatever stands here
    std::vector<std::pair<Type, Data>> data;

    bool has(Type type) const;
    bool operator==(const Node&) const = default;
};

/// A question, and what may turn an answer around.
struct Question {
    Name name;
    Type type = Type::a;
    std::uint64_t earlier = 0;  ///< how often this name and type were asked for before
};

/// What a hook has decided about a query.
struct Verdict {
    enum class Kind : std::uint8_t {
        zones,  ///< what the zones say
        serv_fail,
        refused,
        nx_domain,
        no_data,
        silence,    ///< no answer, ever
        truncated,  ///< what the zones say, but not over UDP
        records,    ///< these, in the place of what the zones have under this name
    };
    Kind kind = Kind::zones;
    Node records{};
    Duration after{};  ///< the answer is held back for so long

    bool operator==(const Verdict&) const = default;
};

class Zones {
public:
    Zones() = default;
    /// Each name once. A name without another one above it is the top of a zone, and gets SOA and NS unless it has
    /// them; the NS is "ns." beneath it, with these addresses.
    Zones(std::map<Name, Node> nodes, const std::vector<IpAddress>& servers);

    /// REFUSED where the name is in no zone.
    Answer look_up(const Question& question, const Rng& rng) const;
    /// The same under a verdict; nothing for silence.
    std::optional<Answer> answer(const Question& question, const Verdict& verdict,
                                 const Rng& rng) const;

    const std::map<Name, Node>& nodes() const { return nodes_; }
    /// The top of the zone that the name is in.
    std::optional<Name> zone_of(const Name& name) const;

private:
    class Walk;

    std::map<Name, Node> nodes_;
};

}  // namespace fakemx::dns
