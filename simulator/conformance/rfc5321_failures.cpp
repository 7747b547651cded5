// RFC 5321 §3.8, §4.2.1: what a sender makes of a failure, by its kind. Replies, lost connections and timeouts are temporary; what is
// refused for good is not asked again.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/failures.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"
#include "core/words.h"
#include "oracle/judge.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

std::string what_of(const Failed& failed, const Thresholds& thresholds) {
    return failed.sequel == Sequel::bounced
               ? "given up with a notice at the first failure"
               : fmt::format("no other try within {}", format_duration(thresholds.retry_within));
}

void broken(const Course& course, Hearing& hearing, const Failed& failed) {
    std::string what = what_of(failed, hearing.thresholds());
    if (failed.delivery != nullptr)
        return hearing.broken(*failed.delivery, {failed.attempt->id}, std::move(what));
    const Dialogue* dialogue = course.session(failed.attempt->session);
    if (dialogue == nullptr) return;
    const std::uint32_t event = !dialogue->exchanges.empty() ? dialogue->exchanges.back().event
                                : dialogue->greeting         ? dialogue->greeting->event
                                                             : dialogue->ended_event;
    hearing.broken(*dialogue, event, failed.attempt->end(), std::move(what));
}

/// Failures of this kind are tried again.
void judge_temporary(const Course& course, Hearing& hearing, Failure kind) {
    for (const Failed& failed : failures_of(course, hearing.thresholds())) {
        if (failed.failure != kind) continue;
        switch (failed.sequel) {
            case Sequel::tried_again: hearing.kept(); break;
            case Sequel::bounced:
            case Sequel::dropped: broken(course, hearing, failed); break;
            case Sequel::open: break;
        }
    }
}

void greet_4yz_temp(const Course& course, Hearing& hearing) {
    judge_temporary(course, hearing, Failure::greeting);
}

void reply_conn_lost(const Course& course, Hearing& hearing) {
    judge_temporary(course, hearing, Failure::lost);
}

void timeout_temporary(const Course& course, Hearing& hearing) {
    judge_temporary(course, hearing, Failure::timed_out);
}

void reply_4yz_retry(const Course& course, Hearing& hearing) {
    const auto all = failures_of(course, hearing.thresholds());
    // Who never comes back has no queue (retry-queue).
    const bool has_queue = std::any_of(all.begin(), all.end(), [](const Failed& failed) {
        return failed.delivery != nullptr && failed.sequel == Sequel::tried_again;
    });
    for (const Failed& failed : all) {
        if (failed.failure != Failure::deferred) continue;
        const bool is_mine =
            failed.sequel == Sequel::bounced ||
            (failed.sequel == Sequel::dropped && (has_queue || failed.delivery == nullptr));
        if (is_mine) broken(course, hearing, failed);
        if (failed.sequel == Sequel::tried_again) hearing.kept();
    }
}

void greet_5yz_disposition(const Dialogue& dialogue, Hearing& hearing) {
    if (dialogue.greeting && dialogue.greeting->is(5)) hearing.kept();
}

/// Refused in a way that neither other words nor another state of the session would change: mailbox and policy, RFC 5321 §4.2.3.
bool says_no(const Exchange& exchange) {
    const Reply* reply = exchange.last_reply();
    return reply != nullptr && reply->is(5) && reply->code / 10 == 55 &&
           !(reply->code == 552 && exchange.verb == Verb::rcpt) && reply->code != 555;
}

/// A recipient that was refused, in the same transaction once more.
void judge_recipients(const Dialogue& dialogue, Hearing& hearing) {
    for (auto refused = dialogue.exchanges.begin(); refused != dialogue.exchanges.end();
         ++refused) {
        if (refused->verb != Verb::rcpt || refused->transaction == 0 || !says_no(*refused))
            continue;
        const auto again =
            std::find_if(std::next(refused), dialogue.exchanges.end(), [&](const Exchange& other) {
                return other.transaction == refused->transaction && !other.pipelined &&
                       other.line == refused->line;
            });
        if (again == dialogue.exchanges.end()) {
            hearing.kept();
        } else {
            hearing.broken(dialogue, *again,
                           fmt::format("RCPT again after {}", refused->last_reply()->code));
        }
    }
}

struct Refused {
    const Dialogue* dialogue = nullptr;
    const Exchange* mail = nullptr;
    bool is_to_one = false;  ///< recipient
};

/// MAIL that was refused for good, with a path that one message only was given with: nobody else can have sent it again.
std::vector<Refused> refused_mails(const Course& course) {
    std::vector<Refused> all;
    for (const Dialogue& dialogue : course.sessions) {
        for (const Exchange& exchange : dialogue.exchanges) {
            if (exchange.verb != Verb::mail || !exchange.path || !says_no(exchange)) continue;
            const auto is_from = [&](const auto& submission) {
                return submission.given.from == exchange.path->address();
            };
            const auto& given = course.submissions;
            const auto first = std::find_if(given.begin(), given.end(), is_from);
            if (std::count_if(given.begin(), given.end(), is_from) == 1)
                all.push_back({&dialogue, &exchange, first->given.to.size() == 1});
        }
    }
    return all;
}

void judge_senders(const Course& course, Hearing& hearing) {
    for (const Refused& refused : refused_mails(course)) {
        // With several recipients it may be another one's, to whom the message goes by itself.
        if (!refused.is_to_one) continue;
        const Exchange* again = nullptr;
        const Dialogue* where = nullptr;
        for (const Dialogue& dialogue : course.sessions) {
            if (dialogue.host != refused.dialogue->host) continue;
            for (const Exchange& exchange : dialogue.exchanges) {
                if (again == nullptr && exchange.verb == Verb::mail && !exchange.pipelined &&
                    exchange.at > refused.mail->last_reply()->leaves() &&
                    exchange.line == refused.mail->line) {
                    again = &exchange;
                    where = &dialogue;
                }
            }
        }
        if (again != nullptr) {
            hearing.broken(*where, *again,
                           fmt::format("MAIL again after {}", refused.mail->last_reply()->code));
        } else if (course.end - refused.mail->at >= hearing.thresholds().retry_within) {
            hearing.kept();
        }
    }
}

void reply_5yz_no_repeat(const Course& course, Hearing& hearing) {
    for (const Dialogue& dialogue : course.sessions) judge_recipients(dialogue, hearing);
    judge_senders(course, hearing);
}

std::string_view domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

/// Nothing about it could keep a sender from trying.
bool is_plain(const journal::Submitted& given) {
    constexpr std::size_t short_enough = 64 * 1024;
    const auto fine = [](std::string_view text) { return is_ascii(text); };
    return given.text.size() < short_enough && fine(given.text) && fine(given.from) &&
           !given.from.empty() && std::all_of(given.to.begin(), given.to.end(), fine);
}

bool goes_to_the_same(const journal::Submitted& a, const journal::Submitted& b) {
    return std::all_of(b.to.begin(), b.to.end(), [&](const std::string& recipient) {
        return std::any_of(a.to.begin(), a.to.end(), [&](const std::string& other) {
            return equal_ignoring_case(domain_of(recipient), domain_of(other));
        });
    });
}

void no_mail_cache(const Course& course, Hearing& hearing) {
    for (const Refused& refused : refused_mails(course)) {
        const std::string from = refused.mail->path->address();
        const auto first =
            std::find_if(course.submissions.begin(), course.submissions.end(),
                         [&](const auto& submission) { return submission.given.from == from; });
        for (const Submission& other : course.submissions) {
            if (other.given.from == from || !is_plain(other.given) ||
                !goes_to_the_same(first->given, other.given))
                continue;
            bool before = false;
            bool after = false;
            bool may_have_been =
                false;  // its MAIL never came, because the session did not get so far
            for (const Dialogue& dialogue : course.sessions) {
                bool any = false;
                for (const Exchange& exchange : dialogue.exchanges) {
                    if (exchange.verb != Verb::mail) continue;
                    any = true;
                    if (!exchange.path || exchange.path->address() != other.given.from) continue;
                    (exchange.at < refused.mail->at ? before : after) = true;
                }
                may_have_been = may_have_been || !any;
            }
            if (after) {
                hearing.kept();
            } else if (!before && !may_have_been &&
                       course.end - refused.mail->at >= hearing.thresholds().retry_within) {
                hearing.broken(*refused.dialogue, *refused.mail,
                               fmt::format("no try of the message of {} behind it",
                                           printable(other.given.from)));
            }
        }
    }
}

/// Since when this reply was waited for, if it had not left at that moment.
std::optional<Instant> owed_since(const Exchange& exchange, Instant at) {
    const Reply* reply = exchange.message ? exchange.verdict() : exchange.last_reply();
    const bool owed = reply != nullptr && (reply->silent || reply->leaves() > at);
    if (!owed) return std::nullopt;
    return exchange.message ? exchange.message->at : exchange.at;
}

void timeout_no_reuse(const Dialogue& dialogue, Hearing& hearing) {
    // Who sends its next command so late does not send several in a group.
    constexpr Duration patience_min = 1min;
    const Exchange* before = nullptr;
    for (const Exchange& exchange : dialogue.exchanges) {
        const auto since = before == nullptr ? std::nullopt : owed_since(*before, exchange.at);
        if (since && exchange.at - *since >= patience_min) {
            if (exchange.verb == Verb::quit) return hearing.kept();
            return hearing.broken(dialogue, exchange,
                                  fmt::format("{} on a connection that still owed a reply to {}",
                                              verb_of(exchange.line), verb_of(before->line)));
        }
        before = &exchange;
    }
    if (before == nullptr || !dialogue.ended_by_client()) return;
    const auto since = owed_since(*before, dialogue.ended_at);
    if (since && dialogue.ended_at - *since >= patience_min) hearing.kept();
}

constexpr Rule rules[]{
    {.slug = "greet-4yz-temp",
     .source = "RFC 5321 §4.2.1",
     .level = Level::should,
     .severity = Severity::major,
     .stage = Stage::greeting,
     .requirement = "A 4yz greeting is a temporary failure: the message is tried again.",
     .remedy =
         "Keep the message after a 4yz greeting, and try the next host, or the same one later.",
     .unexercised = "no 4yz greeting was given, or the run did not go on for long enough behind it",
     .judge_course = greet_4yz_temp,
     .senders = with_queue},
    {.slug = "greet-5yz-disposition",
     .source = "RFC 7504 §3; RFC 5321 §4.2.1",
     .level = Level::info,
     .severity = Severity::info,
     .stage = Stage::greeting,
     .requirement =
         "How a 5yz greeting is taken: as final, as a reason to try the next host, or as "
         "temporary.",
     .remedy = "Nothing: each is allowed.",
     .unexercised = "no 5yz greeting was given",
     .judge = greet_5yz_disposition},
    {.slug = "reply-4yz-retry",
     .source = "RFC 5321 §4.2.1",
     .level = Level::should,
     .severity = Severity::critical,
     .stage = Stage::any,
     .requirement = "After a 4yz reply, whatever its other digits, the message is tried again.",
     .remedy = "Decide by the first digit: 4 means that the message stays in the queue.",
     .unexercised = "no 4yz reply was given, or the run did not go on for long enough behind it",
     .judge_course = reply_4yz_retry,
     .senders = with_queue},
    {.slug = "reply-5yz-no-repeat",
     .source = "RFC 5321 §4.2.1",
     .level = Level::should_not,
     .severity = Severity::major,
     .stage = Stage::any,
     .requirement = "A command that was refused with 55x is not sent again for the same message.",
     .remedy = "Take 55x for final: go on with the next recipient, or the next message.",
     .unexercised = "neither MAIL nor RCPT was refused with 55x, or the run did not go on for long "
                    "enough behind it",
     .judge_course = reply_5yz_no_repeat,
     .senders = with_queue},
    {.slug = "retry-no-5yz-mail-cache",
     .source = "RFC 5321 §4.5.4.1",
     .level = Level::must_not,
     .severity = Severity::minor,
     .stage = Stage::queue,
     .requirement = "A 5yz reply to MAIL is not held against other messages to that host.",
     .remedy = "Remember 5yz replies to MAIL for the one message only.",
     .unexercised = "no MAIL was refused while another sender's message waited for the same host",
     .judge_course = no_mail_cache,
     .senders = with_queue},
    {.slug = "reply-conn-lost",
     .source = "RFC 5321 §3.8, §4.1.1.10",
     .level = Level::should,
     .severity = Severity::critical,
     .stage = Stage::any,
     .requirement = "A connection that is lost counts as 451: the message is kept and tried again.",
     .remedy = "Take a lost connection for a temporary failure of all that was not answered yet.",
     .unexercised = "no connection was lost, or the run did not go on for long enough behind it",
     .judge_course = reply_conn_lost,
     .senders = with_queue},
    {.slug = "timeout-temporary",
     .source = "RFC 5321 §3.8",
     .level = Level::should,
     .severity = Severity::critical,
     .stage = Stage::any,
     .requirement =
         "A reply that does not come is a temporary failure: the message is tried again.",
     .remedy = "Keep the message in the queue when the wait for a reply is over.",
     .unexercised = "no reply was waited for in vain, or the run did not go on for long enough "
                    "behind it",
     .judge_course = timeout_temporary,
     .senders = with_queue},
    {.slug = "timeout-no-reuse",
     .source = "RFC 5321 §4.3.1",
     .level = Level::derived,
     .severity = Severity::critical,
     .stage = Stage::any,
     .requirement = "After a timeout the connection is closed: no further command could tell its "
                    "own reply from the late one.",
     .remedy = "Close the connection when the wait for a reply is over.",
     .unexercised = "no reply was waited for in vain",
     .judge = timeout_no_reuse},
};

}  // namespace

std::span<const Rule> failure_rules() {
    return rules;
}

}  // namespace fakemx::conformance
