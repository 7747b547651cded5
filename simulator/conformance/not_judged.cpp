// The rules that are left out, and why.
#include "conformance/not_judged.h"

#include <array>

namespace fakemx::conformance {

namespace {

constexpr std::array not_judged_rules{
    NotJudged{"client-fcrdns", "RFC 8601 §3",
              "senders under test connect from loopback, whose addresses have no names; `s.fcrdns` "
              "of a profile judges by zones of the user's own"},
    NotJudged{"ehlo-arg-resolves", "RFC 5321 §2.3.5",
              "a name under test resolves nowhere; `s.helo_dns` of a profile judges by zones of "
              "the user's own"},
    NotJudged{"sender-null-mx", "RFC 7505 §4.2",
              "the reverse path is the test's own choice and not the sender's"},
    NotJudged{"data-early-reply", "RFC 5321 §4.3.1",
              "whether a reply left before or behind the last octet of the message is a race that "
              "a journal does not settle"},
    NotJudged{"reply-7372", "RFC 7372 §3, §4",
              "that a recipient is not marked as bad shows in a list of addresses that only the "
              "sender has"},
    NotJudged{"timeout-connect", "RFC 5321 §4.5.3.2.1",
              "a SYN that nobody answers is not seen; the RFC gives no number"},
    NotJudged{"mx-midsession", "RFC 5321 §5.1", "only tells; either answer is right"},
    NotJudged{"mx-multihomed-order", "RFC 5321 §5.1, RFC 1123 §5.3.4",
              "resolvers between fakemx and the sender may turn the order of addresses"},
    NotJudged{"mx-cname-target", "RFC 5321 §5.1, RFC 2181 §10.3",
              "only tells; outside of what the RFC speaks of"},
    NotJudged{"mx-dual-stack", "RFC 5321 §5.2",
              "needs a host with a dead IPv6 address; on loopback all addresses answer"},
    NotJudged{"pipe-window", "RFC 2920 §3.1",
              "a sender that is stuck cannot be told from one that waits; the profile `faults` has "
              "the small window"},
    NotJudged{"tls-close-notify", "RFC 8446 §6.1",
              "the TLS library does not tell a missing close_notify from a lost connection"},
    NotJudged{"sts-discovery", "RFC 8461 §3.1, §5.1",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-enforce-cert", "RFC 8461 §4.2, §5",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-enforce-mx", "RFC 8461 §4.1, §5",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-enforce-starttls", "RFC 8461 §4, §5",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-testing", "RFC 8461 §5", "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-none", "RFC 8461 §5, §8.3",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-transient", "RFC 8461 §5, §5.1(3)",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-cache", "RFC 8461 §3.3", "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-no-policy-continue", "RFC 8461 §3.1, §3.3",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-fetch-rules", "RFC 8461 §3.3",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-traversal", "RFC 8461 §5.1(2), §8.4",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-no-parent", "RFC 8461 §3.4",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"sts-not-over-dane", "RFC 8461 §2",
              "needs MTA-STS: fakemx serves no policies over HTTPS"},
    NotJudged{"dane-required-tls", "RFC 7672 §2.2, §2.2.3",
              "needs DANE: fakemx's name server signs no zones"},
    NotJudged{"dane-mismatch", "RFC 7672 §3.2, §9.1",
              "needs DANE: fakemx's name server signs no zones"},
    NotJudged{"dane-ee-ignores", "RFC 7672 §3.1.1, §3.2.1",
              "needs DANE: fakemx's name server signs no zones"},
    NotJudged{"dane-ta-names", "RFC 7672 §3.2.2",
              "needs DANE: fakemx's name server signs no zones"},
    NotJudged{"dane-unusable", "RFC 7672 §2.2", "needs DANE: fakemx's name server signs no zones"},
    NotJudged{"dane-lookup-error", "RFC 7672 §2.1.2, §2.2",
              "needs DANE: fakemx's name server signs no zones"},
    NotJudged{"dane-pref", "RFC 7672 §2.2.1", "needs DANE: fakemx's name server signs no zones"},
    NotJudged{"dane-a-first", "RFC 7672 §2.2.2", "needs DANE: fakemx's name server signs no zones"},
    NotJudged{"requiretls-fail", "RFC 8689 §4.2.1",
              "needs DNSSEC or MTA-STS, without which no host qualifies"},
    NotJudged{"requiretls-bounce", "RFC 8689 §5",
              "needs a message that was taken with REQUIRETLS, and bounces"},
    NotJudged{"tls-required-no", "RFC 8689 §3, §4.2.2",
              "needs a policy of MTA-STS or DANE that the message overrules"},
    NotJudged{"tlsrpt-report", "RFC 8460, RFC 8461 §6", "needs MTA-STS or DANE to report on"},
    NotJudged{"auth-discard-after-layer", "RFC 4954 §4",
              "none of fakemx's mechanisms has a security layer"},
    NotJudged{"dsn-propagate", "RFC 3461 §5.2.1",
              "needs a sender that mail comes in to with DSN parameters: fakemx does not inject"},
    NotJudged{"deliverby-relay", "RFC 2852 §4.1.4",
              "needs a sender that mail comes in to: fakemx does not inject"},
    NotJudged{"futurerelease", "RFC 4865 §3",
              "needs a sender that is given a release time: messages are given as files"},
    NotJudged{"reuse-stale-421", "RFC 5321 §3.8",
              "what a sender tells its user of such a failure shows in its own log only; that "
              "nothing is lost, other rules judge"},
    NotJudged{"msg-received-added", "RFC 5321 §3.7.2, §4.4",
              "needs a sender that mail comes in to: fakemx does not inject"},
    NotJudged{"msg-received-kept", "RFC 5321 §4.4",
              "needs a sender that mail comes in to: fakemx does not inject"},
};

}  // namespace

std::span<const NotJudged> not_judged() {
    return not_judged_rules;
}

}  // namespace fakemx::conformance
