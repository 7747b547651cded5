// What a profile may say of names: zones, mx.dns, and the query that the hook of that name sees. The other names are in
// definition.cpp.
#include <array>

#include "script/definition.h"

namespace fakemx::script {

namespace {

constexpr std::array<Member, 10> zone_members{{
    {"mx", "table", "Hosts that take mail: \"HOST\", or { PREFERENCE, \"HOST\" }"},
    {"a", "string|string[]", "IPv4 addresses"},
    {"aaaa", "string|string[]", "IPv6 addresses"},
    {"txt", "string|string[]", "Texts, a record each"},
    {"cname", "string", "The name is an alias of this one"},
    {"ptr", "string|string[]", "The names of an address"},
    {"tlsa", "string|string[]", "Such as \"3 1 1 0a1b…\""},
    {"ttl", "string", "How long answers may be remembered"},
    {"order", "string", "Of several records: written, rotate or random"},
    {"fails", "boolean", "SERVFAIL, whatever stands there"},
}};

constexpr std::array<Member, 7> dns_members{{
    {"records", "fun(records: fakemx.Zone): fakemx.Answer",
     "These, in the place of what the zones have under the name"},
    {"servfail", "fun(): fakemx.Answer", "SERVFAIL"},
    {"refused", "fun(): fakemx.Answer", "REFUSED"},
    {"nxdomain", "fun(): fakemx.Answer", "There is no such name"},
    {"no_data", "fun(): fakemx.Answer", "There is such a name, without records of the type"},
    {"silence", "fun(): fakemx.Answer", "No answer, ever"},
    {"truncated", "fun(): fakemx.Answer", "The zones' answer, over TCP only"},
}};

constexpr std::array<Member, 1> answer_members{{
    {"after", "fun(self: fakemx.Answer, duration: string): fakemx.Answer",
     "Waits before the answer"},
}};

constexpr std::array<Member, 5> query_members{{
    {"name", "string", "The name asked for, in lower case"},
    {"type", "string", "The type asked for, such as \"MX\""},
    {"client", "string", "The address of whoever asks"},
    {"transport", "string", "udp or tcp"},
    {"count", "integer", "Which time it is that this name and type are asked for, from 1"},
}};

}  // namespace

const Group zone_group{"a name in zones", "fakemx.Zone", zone_members};
const Group dns_group{"mx.dns", "fakemx.Dns", dns_members};
const Group answer_group{"an answer", "fakemx.Answer", answer_members};
const Group query_group{"the query", "fakemx.Query", query_members};

}  // namespace fakemx::script
