// Everything that a profile may name, once: what the bindings check against, what misspelt names are
// compared with, what editors are told, and what the documentation must mention.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fakemx::script {

struct Member {
    std::string_view name;
    std::string_view type;  ///< in the notation of the Lua language server
    std::string_view summary;
};

/// A table or object with fixed members.
struct Group {
    std::string_view name;  ///< as errors call it: "mx", "the session"
    std::string_view type;  ///< of the Lua language server: "fakemx.Session"
    std::span<const Member> members;
};

extern const Group mx_group;           ///< mx.reply, mx.sleep, …
extern const Group param_group;        ///< mx.param.integer, …
extern const Group profile_group;      ///< fields of mx.profile{…}
extern const Group host_group;         ///< fields of a table in hosts
extern const Group tls_options_group;  ///< fields of tls = { … } of either
extern const Group sender_group;       ///< fields of mx.sender{…}
extern const Group retry_group;        ///< fields of a step in its retry
extern const Group timeouts_group;     ///< fields of its timeouts
extern const Group hook_group;         ///< mx.on.…; the type is that of the hook's function
extern const Group session_group;      ///< s.…
extern const Group tls_group;
extern const Group hello_group;
extern const Group mail_group;
extern const Group rcpt_group;
extern const Group auth_group;
extern const Group chunk_group;
extern const Group message_group;  ///< definition_message.cpp, with the next three
extern const Group part_group;
extern const Group attachment_group;
extern const Group signature_group;
extern const Group command_group;
extern const Group verdict_group;  ///< :after, …
extern const Group state_group;    ///< methods of a store

// Of names (definition_names.cpp).
extern const Group zone_group;    ///< fields of a table in zones
extern const Group dns_group;     ///< mx.dns.records, …
extern const Group answer_group;  ///< :after
extern const Group query_group;   ///< q.…

// Of scenarios (definition_scenario.cpp).
extern const Group scenario_group;     ///< fields of mx.scenario{…}
extern const Group letter_group;       ///< fields of a table in send
extern const Group judge_group;        ///< fields of judge
extern const Group expect_group;       ///< mx.expect.attempts, …
extern const Group selection_group;    ///< fields that every expectation takes
extern const Group expectation_group;  ///< fields that some take
extern const Group delivery_group;     ///< what a predicate sees
extern const Group attempt_group;
extern const Group notice_group;

std::span<const Group* const> all_groups();

/// "the session has no field 'hello'; did you mean 'helo'?"
std::string no_such_member(const Group& group, std::string_view kind, std::string_view name);

bool has_member(const Group& group, std::string_view name);

/// The file for editors with the Lua language server (docs/reference/fakemx.meta.lua).
std::string editor_stubs();

}  // namespace fakemx::script
