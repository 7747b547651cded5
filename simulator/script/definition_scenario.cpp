// The names of scenarios: mx.scenario, mx.expect, and what a predicate sees. The same table as in definition.cpp, for another page.
#include <array>

#include "script/definition.h"

namespace fakemx::script {

namespace {

constexpr std::array<Member, 19> scenario_members{{
    {"summary", "string", "One line for `fakemx list scenarios`"},
    {"profile", "string", "Another file's profile: a shipped one's name, or a path"},
    {"params", "table<string, any>", "Parameters of that profile"},
    {"seed", "integer", "Fixes all that is decided by chance"},
    {"clock", "string", "real, xN, stepped, or shared with the sender"},
    {"epoch", "string", "When a scaled, stepped or shared clock begins"},
    {"state", "string", "File with what the profile remembers at the start"},
    {"send", "fakemx.Letter|fakemx.Letter[]", "Messages for the command to send"},
    {"command", "string[]", "The sender, unless the command line names another"},
    {"over", "string", "command, settled or horizon: when the run ends"},
    {"horizon", "string", "Time after which the run ends in any case"},
    {"watch", "string", "Time for what must not come any more, once all is settled"},
    {"exit_status", "integer", "What the command is to end with"},
    {"notices", "string[]", "Sender domains whose mail a host of its own takes"},
    {"judge", "fakemx.Judge", "What the oracle goes by"},
    {"expect", "fakemx.Expectation[]", "What is expected of the sender"},
    {"exercises", "string[]", "Rules that a sender meets here, for `fakemx conform`"},
    {"senders", "string[]", "Of library, mua, mta, relay, bulk: whom it is for; else everybody"},
    {"names", "boolean", "The sender looks for hosts by itself, at fakemx's name server"},
}};

constexpr std::array<Member, 8> letter_members{{
    {"from", "string", "Reverse path; \"\" for none"},
    {"to", "string|string[]", "Recipients"},
    {"count", "integer", "So many messages"},
    {"size", "integer|string", "Octets of the body, such as \"10KiB\""},
    {"subject", "string", "Of the message"},
    {"host", "string", "The host that takes it, where it is not the first one"},
    {"header", "string[]", "Header lines beside, or in the place of, the usual ones"},
    {"body", "string", "The body, octet by octet"},
}};

constexpr std::array<Member, 6> judge_members{{
    {"retry_after", "string",
     "How soon after a failure a sender may come back, whatever replies say"},
    {"heed_hints", "boolean", "Whether a wait that a reply asks for counts"},
    {"give_up_min", "string", "No sender may give up sooner"},
    {"give_up_max", "string", "Nor later"},
    {"notice_within", "string", "How long after a rejection a notice may take"},
    {"round_gap", "string", "Attempts at other hosts that follow within it are one round"},
}};

constexpr std::array<Member, 12> expect_members{{
    {"delivered_once", "fun(of?: fakemx.Expected): fakemx.Expectation",
     "Taken exactly once, and the sender knows"},
    {"attempts", "fun(of: fakemx.Expected): fakemx.Expectation", "So many rounds"},
    {"waits", "fun(of: fakemx.Expected): fakemx.Expectation",
     "The waits between rounds: each between two, or one by one"},
    {"gave_up", "fun(of: fakemx.Expected): fakemx.Expectation",
     "Never accepted, and given up so long after the first try"},
    {"no_attempt_within", "fun(of?: fakemx.Expected): fakemx.Expectation",
     "No round so soon after a failed one"},
    {"never_after_5yz", "fun(of?: fakemx.Expected): fakemx.Expectation",
     "No attempt behind a 5yz reply"},
    {"others_unaffected", "fun(of: fakemx.Expected): fakemx.Expectation",
     "While these fail, all others are accepted in time"},
    {"duplicates", "fun(of?: fakemx.Expected): fakemx.Expectation", "At most so many"},
    {"notice", "fun(of?: fakemx.Expected): fakemx.Expectation",
     "One final notice for each delivery, in time"},
    {"not_bounced", "fun(of?: fakemx.Expected): fakemx.Expectation", "No final notice"},
    {"same_identity", "fun(of?: fakemx.Expected): fakemx.Expectation",
     "The same envelope and identity in all tries"},
    {"that", "fun(of: fakemx.Expected): fakemx.Expectation",
     "Whatever a function of the deliveries says"},
}};

constexpr std::array<Member, 4> selection_members{{
    {"title", "string", "What reports call it"},
    {"recipient", "string", "Only deliveries to this address"},
    {"domain", "string", "Only deliveries to this domain"},
    {"sender", "string", "Only deliveries from this address"},
}};

constexpr std::array<Member, 12> expectation_members{{
    {"min", "integer|string", "No fewer, or no less"},
    {"max", "integer|string", "No more"},
    {"of", "string", "round or attempt: what is counted"},
    {"tolerance", "string", "By how much a wait may differ"},
    {"more", "boolean", "Further waits may follow"},
    {"after", "string", "Not before"},
    {"before", "string", "Not later"},
    {"wait", "string", "So long; without it, what the reply asks for"},
    {"within", "string", "In this time after their first try"},
    {"reply_lost", "boolean", "Also where the sender could not know"},
    {"ignore", "string[]", "Of helo, sending_ip, mail_from, size, body, message_id"},
    {"check", "fun(deliveries: fakemx.Delivery[]): true|string", "Gives true, or what is wrong"},
}};

constexpr std::array<Member, 9> delivery_members{{
    {"recipient", "string", "Forward path"},
    {"sender", "string", "Reverse path"},
    {"id", "string", "Message-ID, or a fingerprint; \"\" before the end of data"},
    {"fate", "string", "delivered, rejected, bounced, gave_up, lost or open"},
    {"taken", "integer", "How often the receiver took it"},
    {"waits", "integer[]", "Between rounds, in seconds"},
    {"findings", "string[]", "What the oracle found"},
    {"attempts", "fakemx.Attempt[]", "In order"},
    {"notices", "fakemx.Notice[]", "That came back about it"},
}};

constexpr std::array<Member, 10> attempt_members{{
    {"at", "integer", "Seconds since the first attempt of the delivery"},
    {"round", "integer", "Number of its round, from 1"},
    {"host", "string", "The host that was tried"},
    {"ip", "string", "Where it came from"},
    {"helo", "string", "What it said of itself"},
    {"stage", "string", "Where it ended, as in bounce logs"},
    {"code", "integer", "Of the reply; 0: none"},
    {"text", "string", "Of the reply"},
    {"outcome", "string", "accepted, deferred, rejected, lost or pending"},
    {"taken", "boolean", "The receiver took it, whether or not the sender heard"},
}};

constexpr std::array<Member, 3> notice_members{{
    {"at", "integer", "Seconds since the first attempt of the delivery"},
    {"action", "string", "failed, delayed, …"},
    {"status", "string", "Such as 5.4.7, or \"\""},
}};

}  // namespace

const Group scenario_group{"mx.scenario", "fakemx.Scenario", scenario_members};
const Group letter_group{"a table in send", "fakemx.Letter", letter_members};
const Group judge_group{"judge", "fakemx.Judge", judge_members};
const Group expect_group{"mx.expect", "fakemx.Expect", expect_members};
const Group selection_group{"an expectation", "fakemx.Selection", selection_members};
const Group expectation_group{"an expectation", "fakemx.Expected", expectation_members};
const Group delivery_group{"a delivery", "fakemx.Delivery", delivery_members};
const Group attempt_group{"an attempt", "fakemx.Attempt", attempt_members};
const Group notice_group{"a notice", "fakemx.Notice", notice_members};

}  // namespace fakemx::script
