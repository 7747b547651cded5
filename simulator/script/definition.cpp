// The table itself. A name that is added here must be bound (the tests call each), documented (the
// tests look for it in docs/reference/lua.md), and is then known to editors.
#include "script/definition.h"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::script {

namespace {

constexpr std::array<Member, 29> mx_members{{
    {"profile", "fun(declaration: fakemx.Profile)",
     "Declares the profile; called once, at the top of the file"},
    {"sender", "fun(declaration: fakemx.Sender)",
     "Models a sender, in a file of its own; called once"},
    {"scenario", "fun(declaration: fakemx.Scenario)",
     "Declares a scenario for `fakemx run`; called once"},
    {"expect", "fakemx.Expect", "Constructors of what a scenario expects"},
    {"reply", "fun(code: integer, enhanced?: string, text?: string|string[]): fakemx.Verdict",
     "Any reply, sent as it is"},
    {"accept", "fun(text?: string): fakemx.Verdict",
     "The server's own positive reply for the moment"},
    {"defer", "fun(text?: string): fakemx.Verdict", "The server's own temporary refusal (4yz)"},
    {"reject", "fun(text?: string): fakemx.Verdict", "The server's own permanent refusal (5yz)"},
    {"raw", "fun(octets: string): fakemx.Verdict", "These octets and no more"},
    {"silence", "fun(): fakemx.Verdict", "No reply, now or later"},
    {"close", "fun(): fakemx.Verdict", "Closes the connection without a reply"},
    {"reset", "fun(): fakemx.Verdict", "Resets the connection without a reply"},
    {"half_close", "fun(): fakemx.Verdict", "Sends no more, without a reply, and reads on"},
    {"sleep", "fun(duration: string)", "Waits by the server's clock"},
    {"now", "fun(): integer", "Seconds since 1970 by the server's clock"},
    {"seconds", "fun(duration: string): integer", "How many whole seconds a duration has"},
    {"time", "fun(instant: string): integer",
     "Seconds since 1970 of an instant such as \"2026-01-01T02:00:00Z\""},
    {"network", "fun(address: string, bits_v4?: integer, bits_v6?: integer): string",
     "The network that an address is in: \"192.0.2.0/24\""},
    {"chance", "fun(numerator: integer|string, ...: string|integer): boolean",
     "True in so many of so many cases; addressed by line and keys"},
    {"pick", "fun(list: any[], ...: string|integer): any",
     "One element of a list; addressed by line and keys"},
    {"between",
     "fun(low: integer|string, high: integer|string, ...: string|integer): integer|string",
     "A number or duration between two; addressed by line and keys"},
    {"token", "fun(length: integer, ...: string|integer): string",
     "A text of letters and digits; addressed by line and keys"},
    {"state", "fun(name: string): fakemx.Store", "A store that remembers between sessions"},
    {"log", "fun(text: string)", "Writes a note into the journal"},
    {"dns", "fakemx.Dns", "What the hook query may answer"},
    {"manners", "fun(manners: fakemx.Hooks[])",
     "Tables of hooks: at each moment the first that answers wins"},
    {"on", "fakemx.Hooks", "The hooks: function mx.on.message(s, message) … end"},
    {"params", "table<string, any>", "The values of the profile's parameters"},
    {"param", "fakemx.Param", "Constructors of parameters"},
}};

constexpr std::array<Member, 6> param_members{{
    {"integer", "fun(default: integer, doc: string): any", "A whole number"},
    {"boolean", "fun(default: boolean, doc: string): any", "true or false"},
    {"string", "fun(default: string, doc: string): any", "Any text"},
    {"duration", "fun(default: string, doc: string): any", "Such as \"90s\""},
    {"ratio", "fun(default: string, doc: string): any", "Such as \"1/50\""},
    {"choice", "fun(choices: string[], doc: string): any",
     "One of these; the first is the default"},
}};

constexpr std::array<Member, 20> profile_members{{
    {"summary", "string", "One line for `fakemx list profiles`"},
    {"host", "string", "Name of the one host"},
    {"hosts", "fakemx.Host[]", "Several hosts"},
    {"domains", "string[]", "The domains served"},
    {"extensions", "table", "What EHLO offers"},
    {"extensions_in_tls", "table", "What EHLO offers inside TLS, where that differs"},
    {"users", "table", "For AUTH: user name to password"},
    {"auth_required", "boolean", "No MAIL before AUTH"},
    {"lmtp", "boolean", "LMTP in the place of SMTP"},
    {"replies", "table<string, string>", "The server's own words, by occasion"},
    {"tls", "fakemx.TlsOptions", "What the hosts are like as TLS servers"},
    {"recipients_max", "integer", "Recipients of one transaction"},
    {"idle_timeout", "string", "Silence after which the hook idle is asked"},
    {"connections", "string", "accept, refuse, ignore or full"},
    {"receive_window", "integer|string", "Octets that a client may send ahead"},
    {"template_header", "string", "Header field that names a message's template"},
    {"zones", "table<string, fakemx.Zone>",
     "What names there are, for the name server and for SPF, DKIM and DMARC"},
    {"sender_zones", "string", "File or module that returns more of them"},
    {"params", "table<string, any>", "Parameters that a user may set"},
    {"presets", "table<string, table<string, table<string, any>>>",
     "What the choices of a parameter set"},
}};

constexpr std::array<Member, 14> host_members{{
    {"name", "string", "The host's name"},
    {"address", "string", "The IP address it listens on"},
    {"domains", "string[]", "As in the profile"},
    {"extensions", "table", "As in the profile"},
    {"extensions_in_tls", "table", "As in the profile"},
    {"users", "table", "As in the profile"},
    {"auth_required", "boolean", "As in the profile"},
    {"lmtp", "boolean", "As in the profile"},
    {"replies", "table<string, string>", "On top of the profile's"},
    {"tls", "fakemx.TlsOptions", "On top of the profile's"},
    {"recipients_max", "integer", "As in the profile"},
    {"idle_timeout", "string", "As in the profile"},
    {"connections", "string", "As in the profile"},
    {"receive_window", "integer|string", "As in the profile"},
}};

constexpr std::array<Member, 8> tls_options_members{{
    {"certificate", "string",
     "How it relates to what a client should expect: \"valid\", \"expired\", …"},
    {"oldest", "string", "The oldest version taken, \"TLSv1\" to \"TLSv1.3\""},
    {"newest", "string", "The newest version taken"},
    {"ciphers", "string", "In OpenSSL's notation, for TLS 1.2 and older"},
    {"ask_client_certificate", "boolean",
     "Ask the client for a certificate; any is taken, and none"},
    {"implicit", "boolean", "TLS from the first octet"},
    {"handshake", "string", "What goes wrong in every handshake"},
    {"handshake_octets", "integer", "So much of it leaves before"},
}};

constexpr std::array<Member, 25> sender_members{{
    {"summary", "string", "One line for `fakemx list senders`"},
    {"retry", "fakemx.Retry[]", "When a message is tried again: steps, one after the other"},
    {"retry_again_from", "integer", "The step that comes behind the last one"},
    {"backoff", "string", "What waits together: message or queue"},
    {"queue_run", "string", "Deferred messages are tried at multiples of this only"},
    {"lifetime", "string", "The age at which a message is given up"},
    {"gives_up", "string", "after_try, at_lifetime, before_next or after_last_run"},
    {"tries_max", "integer", "Tries after which a message is given up"},
    {"heeds_waits", "string", "Waits as long as a reply says, and so much more"},
    {"hosts_per_try", "integer", "MX hosts that one try goes to"},
    {"next_host", "string",
     "What sends it to the next host: never, connection, transaction or recipient"},
    {"addresses", "integer", "IP addresses that it sends from, by turns"},
    {"connections", "integer", "At once, to one destination"},
    {"connections_first", "integer", "The same at first; one more with each delivery"},
    {"messages_per_connection", "integer", "Messages that a connection is used for"},
    {"keeps_connection", "string", "How long a connection waits for another message"},
    {"dead_after", "integer", "Failed connections behind which a destination counts as dead"},
    {"dead_counts", "string", "What dead_after counts: connections or cohorts"},
    {"dead_for", "string", "How long; without it, as retry says"},
    {"esmtp", "boolean", "EHLO rather than HELO"},
    {"pipelining", "boolean", "Uses PIPELINING where it is offered"},
    {"starttls", "boolean", "Uses STARTTLS where it is offered"},
    {"bounces_at_greeting", "boolean", "5yz to the connection is final"},
    {"timeouts", "fakemx.Timeouts", "How long it waits for the server"},
    {"params", "table<string, any>", "Parameters that a user may set"},
}};

constexpr std::array<Member, 10> retry_members{{
    {"wait", "string", "So long behind the failed try"},
    {"square", "string", "At n² times so long behind the message's arrival"},
    {"age", "boolean", "As long as the message is old"},
    {"factor", "integer|string", "wait, times this with each further try of the step: 2, \"3/2\""},
    {"factor_most", "integer|string", "By chance between factor and this"},
    {"at_least", "string", "No shorter wait"},
    {"at_most", "string", "No longer wait"},
    {"spread", "string", "By chance so much earlier or later"},
    {"times", "integer", "Tries that the step is for"},
    {"within", "string", "The step holds as long as the first try is not longer ago"},
}};

constexpr std::array<Member, 7> timeouts_members{{
    {"connect", "string", "The connection"},
    {"greeting", "string", "The greeting"},
    {"hello", "string", "The reply to EHLO, HELO, STARTTLS and RSET"},
    {"mail", "string", "The reply to MAIL"},
    {"rcpt", "string", "The reply to RCPT"},
    {"data", "string", "The reply to DATA"},
    {"message", "string", "The reply to the message"},
}};

constexpr std::array<Member, 20> hook_members{{
    {"connect", "fun(s: fakemx.Session): fakemx.Verdict?", "A client has connected"},
    {"ehlo", "fun(s: fakemx.Session, hello: fakemx.Hello): fakemx.Verdict?", "EHLO"},
    {"helo", "fun(s: fakemx.Session, hello: fakemx.Hello): fakemx.Verdict?", "HELO"},
    {"starttls", "fun(s: fakemx.Session): fakemx.Verdict?", "STARTTLS, where it was offered"},
    {"auth", "fun(s: fakemx.Session, auth: fakemx.Auth): fakemx.Verdict?",
     "An AUTH exchange is complete"},
    {"mail", "fun(s: fakemx.Session, mail: fakemx.Mail): fakemx.Verdict?", "MAIL FROM"},
    {"rcpt", "fun(s: fakemx.Session, rcpt: fakemx.Rcpt): fakemx.Verdict?", "RCPT TO"},
    {"data", "fun(s: fakemx.Session): fakemx.Verdict?", "DATA"},
    {"bdat", "fun(s: fakemx.Session, chunk: fakemx.Chunk): fakemx.Verdict?",
     "A chunk that is not the last one"},
    {"message", "fun(s: fakemx.Session, message: fakemx.Message): fakemx.Verdict?",
     "The end of the message data"},
    {"rset", "fun(s: fakemx.Session): fakemx.Verdict?", "RSET"},
    {"vrfy", "fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict?", "VRFY"},
    {"expn", "fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict?", "EXPN"},
    {"help", "fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict?", "HELP"},
    {"noop", "fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict?", "NOOP"},
    {"quit", "fun(s: fakemx.Session): fakemx.Verdict?", "QUIT"},
    {"unknown", "fun(s: fakemx.Session, command: fakemx.Command): fakemx.Verdict?",
     "A verb that fakemx does not speak"},
    {"idle", "fun(s: fakemx.Session): fakemx.Verdict?",
     "The client was silent for the idle timeout"},
    {"close", "fun(s: fakemx.Session)", "The session is over"},
    {"query", "fun(q: fakemx.Query): fakemx.Answer?", "A query to the name server"},
}};

constexpr std::array<Member, 19> session_members{{
    {"id", "integer", "Number of the session, from 1"},
    {"host", "string", "Name of the host that the client connected to"},
    {"ip", "string", "The client's address"},
    {"local_ip", "string", "The address it connected to"},
    {"name", "string?", "The client's host name, as XCLIENT said"},
    {"tls", "fakemx.Tls?", "What the TLS handshake settled; nil in the clear"},
    {"user", "string?", "Whom a successful AUTH has shown"},
    {"helo", "string", "Argument of the last accepted EHLO or HELO"},
    {"esmtp", "boolean", "It was EHLO"},
    {"from", "string?", "Reverse path of the transaction"},
    {"recipients", "string[]", "Recipients accepted so far in the transaction"},
    {"transactions", "integer", "MAIL commands accepted so far"},
    {"messages", "integer", "Messages accepted so far"},
    {"commands", "integer", "Command lines so far"},
    {"errors", "integer", "Commands that the server itself refused"},
    {"fcrdns", "string", "Does a PTR name of the address lead back to it: \"pass\", \"fail\", …"},
    {"helo_dns", "string", "Does the name in EHLO or HELO lead to the address"},
    {"spf", "string?",
     "SPF of the transaction: \"pass\", \"fail\", …; nil without zones of the domain"},
    {"spf_why", "string?", "What decided it"},
}};

constexpr std::array<Member, 5> tls_members{{
    {"version", "string", "TLSv1.3"},
    {"cipher", "string", "As IANA names it"},
    {"server_name", "string", "SNI as the client sent it, \"\" without"},
    {"client_subject", "string", "Of the client's certificate, \"\" without"},
    {"resumed", "boolean", "An earlier TLS session was taken up again"},
}};

constexpr std::array<Member, 3> hello_members{{
    {"name", "string", "As the client wrote it"},
    {"valid", "boolean", "A domain or an address literal"},
    {"dns", "string", "Does the name lead to the client's address: \"pass\", \"fail\", …"},
}};

constexpr std::array<Member, 4> auth_members{{
    {"mechanism", "string", "PLAIN, LOGIN, CRAM-MD5, XOAUTH2 or EXTERNAL"},
    {"user", "string", "The user name"},
    {"identity", "string", "Whom the user wants to act for, \"\" without"},
    {"fits", "boolean", "The proof is that of one of the users"},
}};

constexpr std::array<Member, 2> chunk_members{{
    {"octets", "integer", "Of this chunk"},
    {"message_octets", "integer", "Of the message so far"},
}};

constexpr std::array<Member, 8> mail_members{{
    {"address", "string", "The reverse path, \"\" for <>"},
    {"local_part", "string", "In front of the @"},
    {"domain", "string", "Behind it"},
    {"size", "integer?", "Of SIZE="},
    {"body", "string?", "Of BODY="},
    {"params", "table<string, string|true>", "All parameters"},
    {"spf", "string?", "SPF: \"pass\", \"fail\", …; nil without zones of the domain"},
    {"spf_why", "string?", "What decided it"},
}};

constexpr std::array<Member, 5> rcpt_members{{
    {"address", "string", "The forward path"},
    {"local_part", "string", "In front of the @"},
    {"domain", "string", "Behind it"},
    {"params", "table<string, string|true>", "All parameters"},
    {"attempt", "integer", "Which try of this delivery, from 1"},
}};

constexpr std::array<Member, 2> command_members{{
    {"verb", "string", "As written"},
    {"text", "string", "Behind the verb"},
}};

constexpr std::array<Member, 16> verdict_members{{
    {"after", "fun(self: fakemx.Verdict, duration: string): fakemx.Verdict",
     "Waits before the first octet"},
    {"drip", "fun(self: fakemx.Verdict, how: { octets: integer, every: string }): fakemx.Verdict",
     "So many octets at a time, so far apart"},
    {"slice", "fun(self: fakemx.Verdict, sizes: table): fakemx.Verdict", "Cuts into segments"},
    {"then_close", "fun(self: fakemx.Verdict): fakemx.Verdict", "Closes the connection behind it"},
    {"then_reset", "fun(self: fakemx.Verdict): fakemx.Verdict", "Resets the connection behind it"},
    {"then_stay", "fun(self: fakemx.Verdict): fakemx.Verdict",
     "Keeps the connection, even behind a 421"},
    {"then_half_close", "fun(self: fakemx.Verdict): fakemx.Verdict",
     "Sends no more behind it, and reads on"},
    {"then_cut", "fun(self: fakemx.Verdict): fakemx.Verdict",
     "Closes the connection behind it, without a close_notify inside TLS"},
    {"late", "fun(self: fakemx.Verdict, duration: string): fakemx.Verdict",
     "Leaves so much later, and nothing waits for it"},
    {"lost", "fun(self: fakemx.Verdict, octets?: integer): fakemx.Verdict",
     "Counts, and never leaves, or only its first octets"},
    {"and_then", "fun(self: fakemx.Verdict, wait: string, next: fakemx.Verdict): fakemx.Verdict",
     "Says this as well, unasked, so long behind it"},
    {"in_body", "fun(self: fakemx.Verdict, octets: integer, what: fakemx.Verdict): fakemx.Verdict",
     "Of the hook data: says this once so much of the message has arrived"},
    {"stop_reading", "fun(self: fakemx.Verdict, duration?: string): fakemx.Verdict",
     "Reads nothing for so long, or ever again"},
    {"read_slowly",
     "fun(self: fakemx.Verdict, how: { octets: integer, every: string }): fakemx.Verdict",
     "Reads so many octets at a time, so far apart"},
    {"handshake", "fun(self: fakemx.Verdict, fault: string, octets?: integer): fakemx.Verdict",
     "Of the hook starttls: what goes wrong in the handshake"},
    {"because", "fun(self: fakemx.Verdict, cause: string): fakemx.Verdict",
     "Why, for the journal; the client never sees it"},
}};

constexpr std::array<Member, 11> state_members{{
    {"add", "fun(self: fakemx.Store, key: string|integer, n?: integer, ttl?: string): integer",
     "Counter: adds, gives the new count"},
    {"set",
     "fun(self: fakemx.Store, key: string|integer, value: string|integer|boolean, ttl?: string)",
     "Value: sets it"},
    {"get", "fun(self: fakemx.Store, key: string|integer): string|integer|boolean|nil",
     "The value or the count"},
    {"hit", "fun(self: fakemx.Store, key: string|integer, window: string): integer",
     "Window: counts this, gives how many came in it"},
    {"hits", "fun(self: fakemx.Store, key: string|integer, window: string): integer",
     "Window: how many came in it"},
    {"include",
     "fun(self: fakemx.Store, key: string|integer, member: string|integer, ttl?: string): integer",
     "Set: puts it in, gives the size"},
    {"includes", "fun(self: fakemx.Store, key: string|integer, member: string|integer): boolean",
     "Set: is it in"},
    {"size", "fun(self: fakemx.Store, key: string|integer): integer", "Set: how many"},
    {"mark", "fun(self: fakemx.Store, key: string|integer, ttl?: string): boolean",
     "Mark: remembers this moment, once"},
    {"marked_for", "fun(self: fakemx.Store, key: string|integer, duration: string): boolean",
     "Mark: was it at least so long ago"},
    {"forget", "fun(self: fakemx.Store, key: string|integer)", "Forgets the key"},
}};
}  // namespace

const Group mx_group{"mx", "fakemx", mx_members};
const Group param_group{"mx.param", "fakemx.Param", param_members};
const Group profile_group{"mx.profile", "fakemx.Profile", profile_members};
const Group host_group{"a host", "fakemx.Host", host_members};
const Group tls_options_group{"tls", "fakemx.TlsOptions", tls_options_members};
const Group sender_group{"mx.sender", "fakemx.Sender", sender_members};
const Group retry_group{"a step of retry", "fakemx.Retry", retry_members};
const Group timeouts_group{"timeouts", "fakemx.Timeouts", timeouts_members};
const Group hook_group{"mx.on", "fakemx.Hooks", hook_members};
const Group session_group{"the session", "fakemx.Session", session_members};
const Group tls_group{"the TLS facts", "fakemx.Tls", tls_members};
const Group hello_group{"hello", "fakemx.Hello", hello_members};
const Group mail_group{"mail", "fakemx.Mail", mail_members};
const Group rcpt_group{"rcpt", "fakemx.Rcpt", rcpt_members};
const Group auth_group{"auth", "fakemx.Auth", auth_members};
const Group chunk_group{"chunk", "fakemx.Chunk", chunk_members};
const Group command_group{"command", "fakemx.Command", command_members};
const Group verdict_group{"a verdict", "fakemx.Verdict", verdict_members};
const Group state_group{"a store", "fakemx.Store", state_members};

std::span<const Group* const> all_groups() {
    static constexpr std::array<const Group*, 36> groups{
        &mx_group,          &param_group,    &profile_group,  &host_group,    &tls_options_group,
        &sender_group,      &retry_group,    &timeouts_group, &hook_group,    &session_group,
        &tls_group,         &hello_group,    &mail_group,     &rcpt_group,    &auth_group,
        &chunk_group,       &message_group,  &command_group,  &verdict_group, &state_group,
        &scenario_group,    &letter_group,   &judge_group,    &expect_group,  &selection_group,
        &expectation_group, &delivery_group, &attempt_group,  &notice_group,  &part_group,
        &attachment_group,  &zone_group,     &dns_group,      &answer_group,  &query_group,
        &signature_group};
    return groups;
}

bool has_member(const Group& group, std::string_view name) {
    for (const Member& member : group.members) {
        if (member.name == name) return true;
    }
    return false;
}

std::string no_such_member(const Group& group, std::string_view kind, std::string_view name) {
    std::vector<std::string_view> names;
    for (const Member& member : group.members) names.push_back(member.name);
    return fmt::format("{} has no {} '{}'{}", group.name, kind, name, did_you_mean(name, names));
}

std::string editor_stubs() {
    std::string text =
        "---@meta fakemx\n"
        "-- What a profile may use, for editors with the Lua language server. Generated from\n"
        "-- simulator/script/definition.cpp; docs/reference/lua.md explains it.\n\n";
    for (const Group* group : all_groups()) {
        text += fmt::format("---@class {}\n", group->type);
        for (const Member& member : group->members) {
            // What a profile declares may be left out.
            const bool optional =
                (group == &profile_group && member.name != "summary") ||
                (group == &host_group && member.name != "name") || group == &tls_options_group ||
                group == &retry_group || group == &timeouts_group || group == &zone_group ||
                (group == &sender_group && member.name != "summary" && member.name != "retry");
            text += fmt::format("---@field {}{} {} {}\n", member.name, optional ? "?" : "",
                                member.type, member.summary);
        }
        text += group == &mx_group ? "local mx = {}\n\n" : "\n";
    }
    return text + "return mx\n";
}

}  // namespace fakemx::script
