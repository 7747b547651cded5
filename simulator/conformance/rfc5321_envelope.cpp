// RFC 5321 §2.4, §3.4, §4.1.1.11, §4.1.2, §4.5.4.1: the envelope that is sent, held against the one that the sender was given.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

template <class Judge>
void each_exchange(const Course& course, const Judge& judge) {
    for (const Dialogue& dialogue : course.sessions) {
        for (const Exchange& exchange : dialogue.exchanges) judge(dialogue, exchange);
    }
}

/// Of all submissions: reverse paths and recipients.
std::vector<std::string_view> addresses_given(const Course& course) {
    std::vector<std::string_view> addresses;
    for (const Submission& submission : course.submissions) {
        addresses.emplace_back(submission.given.from);
        addresses.insert(addresses.end(), submission.given.to.begin(), submission.given.to.end());
    }
    return addresses;
}

void addr_local_case(const Course& course, Hearing& h) {
    std::set<std::string> exact;
    std::map<std::string, std::string_view> alike;
    for (const std::string_view address : addresses_given(course)) {
        exact.insert(oracle::comparable(address));
        alike.emplace(ascii_lower(address), address);
    }
    each_exchange(course, [&](const Dialogue& d, const Exchange& exchange) {
        if (!is_path_command(exchange) || !exchange.path || exchange.path->null()) return;
        const std::string address = exchange.path->address();
        const auto given = alike.find(ascii_lower(address));
        if (given == alike.end()) return;
        if (!exact.contains(oracle::comparable(address))) {
            h.broken(d, exchange,
                     fmt::format("{}, and it was {}", path_of(address), path_of(given->second)));
        } else if (ascii_lower(exchange.path->local_part) != exchange.path->local_part) {
            h.kept();
        }
    });
}

/// RFC 5321 §4.1.2: Dot-string, which needs no quotes; UTF-8 as RFC 6531 §3.3 has it.
bool is_dot_string(std::string_view text) {
    constexpr std::string_view special = "!#$%&'*+-/=?^_`{|}~";
    bool in_atom = false;
    for (const char c : text) {
        if (c == '.' && !in_atom) return false;
        in_atom = c != '.';
        const bool atom = is_ascii_letter(c) || is_ascii_digit(c) || !is_ascii(c) ||
                          special.find(c) != std::string_view::npos;
        if (in_atom && !atom) return false;
    }
    return in_atom;
}

/// A quoted string with no more quoting than its characters need.
bool is_quoted_sparingly(std::string_view quoted) {
    std::string text;
    const std::string_view inside = quoted.substr(1, quoted.size() - 2);
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] == '\\' && i + 1 < inside.size()) {
            ++i;
            if (inside[i] != '"' && inside[i] != '\\') return false;
        }
        text += inside[i];
    }
    return !is_dot_string(text);
}

void addr_min_quoting(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (!is_path_command(exchange) || !exchange.path) continue;
        const std::string& local_part = exchange.path->local_part;
        if (local_part.size() < 2 || !local_part.starts_with('"')) continue;
        h.kept_if(is_quoted_sparingly(local_part), d, exchange, "{} needs less quoting",
                  local_part);
    }
}

/// No verb is shorter.
constexpr std::size_t verb_octets_min = 4;

/// What would be commands, were it sent as it is.
std::vector<std::string_view> commands_inside(std::string_view address) {
    constexpr std::string_view ends{"\r\n\0", 3};
    std::vector<std::string_view> lines;
    for (std::size_t end = address.find_first_of(ends); end != std::string_view::npos;
         end = address.find_first_of(ends)) {
        address.remove_prefix(end + 1);
        const std::string_view line = address.substr(0, address.find_first_of(ends));
        if (line.size() >= verb_octets_min) lines.push_back(line);
    }
    return lines;
}

void cmd_no_injection(const Course& course, Hearing& h) {
    const auto given = addresses_given(course);
    std::vector<std::string_view> lines;
    for (const std::string_view address : given) {
        const auto more = commands_inside(address);
        lines.insert(lines.end(), more.begin(), more.end());
    }
    if (lines.empty()) return;
    bool broken = false;
    each_exchange(course, [&](const Dialogue& d, const Exchange& exchange) {
        // The sender may have reason of its own to name an address that it was given.
        const bool known = exchange.path && std::find(given.begin(), given.end(),
                                                      exchange.path->address()) != given.end();
        const bool injected = !known && std::any_of(lines.begin(), lines.end(), [&](auto line) {
            return exchange.line.starts_with(line);
        });
        if (!injected) return;
        broken = true;
        h.broken(d, exchange, "a part of an address, as a command");
    });
    if (!broken && course.has_ended) h.kept();
}

/// The transactions in which recipients of a message at one domain were named.
struct Spread {
    using Transaction = std::pair<SessionId, std::uint32_t>;
    std::map<Transaction, std::set<std::string>> named;
    std::set<std::string> hosts;
    std::set<std::string> reverse_paths;
    const oracle::Delivery* any = nullptr;
    bool freely = true;  ///< each was accepted at once, and no limit was offered
};

void one_copy_many_rcpt(const Course& course, Hearing& h) {
    std::map<std::pair<const Submission*, std::string>, Spread> spreads;
    for (const oracle::Delivery& delivery : course.account.deliveries) {
        const Submission* submission = delivery.is_notice ? nullptr : course.submission(delivery);
        if (submission == nullptr || submission->given.to.size() < 2) continue;
        const std::string domain = ascii_lower(delivery.recipient_domain());
        Spread& spread = spreads[{submission, domain}];
        spread.any = &delivery;
        for (const oracle::Attempt& attempt : delivery.attempts) {
            if (attempt.transaction == 0) continue;
            spread.named[{attempt.session, attempt.transaction}].insert(delivery.recipient);
            spread.hosts.insert(attempt.host);
            spread.reverse_paths.insert(attempt.mail_from);
            const Exchange* mail = course.mail_of(attempt);
            spread.freely = spread.freely && attempt.taken && mail != nullptr &&
                            !course.session(attempt.session)->offered(*mail).has("LIMITS");
        }
    }
    for (const auto& [key, spread] : spreads) {
        const bool together = std::any_of(spread.named.begin(), spread.named.end(),
                                          [](const auto& one) { return one.second.size() > 1; });
        if (together) {
            h.kept();
        } else if (spread.named.size() > 1 && spread.freely && spread.hosts.size() == 1 &&
                   spread.reverse_paths.size() == 1) {
            h.broken(*spread.any, {spread.any->attempts.front().id},
                     fmt::format("{} transactions with one recipient each", spread.named.size()));
        }
    }
}

void mail_555_455(const Course& course, Hearing& h) {
    // With several messages the same line may be about another one.
    if (course.submissions.size() != 1) return;
    each_exchange(course, [&](const Dialogue& d, const Exchange& exchange) {
        const Reply* reply = exchange.reply();
        if (!is_path_command(exchange) || exchange.parameters.empty() || reply == nullptr ||
            reply->lost || (reply->code != 555 && reply->code != 455))
            return;
        const auto again =
            std::find_if(d.exchanges.begin(), d.exchanges.end(), [&](const Exchange& other) {
                return other.event > exchange.event && !other.pipelined &&
                       other.line == exchange.line;
            });
        if (again != d.exchanges.end()) {
            h.broken(d, *again, fmt::format("the same line again behind {}", reply->code));
        } else if (d.ended) {
            h.kept();
        }
    });
}

/// The address in angle brackets that 551 names.
std::string_view forward_path_in(std::string_view text) {
    const std::size_t open = text.find('<');
    const std::size_t close = text.find('>', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) return {};
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    return inside.find('@') == std::string_view::npos ? std::string_view{} : inside;
}

void reply_551(const Course& course, Hearing& h) {
    std::set<std::string> given;
    for (const std::string_view address : addresses_given(course))
        given.insert(oracle::comparable(address));
    if (given.empty()) return;
    std::set<std::string> named;
    each_exchange(course, [&](const Dialogue&, const Exchange& exchange) {
        const Reply* reply = exchange.reply();
        if (exchange.verb != Verb::rcpt || reply == nullptr || reply->code != 551) return;
        const std::string path = oracle::comparable(forward_path_in(reply->text));
        if (!path.empty() && !given.contains(path)) named.insert(path);
    });
    if (named.empty()) return;
    bool broken = false;
    each_exchange(course, [&](const Dialogue& d, const Exchange& exchange) {
        if (exchange.verb != Verb::rcpt || !exchange.path ||
            !named.contains(oracle::comparable(exchange.path->address())))
            return;
        broken = true;
        h.broken(d, exchange, "the path that 551 had named");
    });
    if (!broken && course.has_ended) h.kept();
}

constexpr Rule rules[] = {
    {.slug = "addr-local-case",
     .source = "RFC 5321 §2.4",
     .level = Level::must,
     .severity = Severity::major,
     .stage = Stage::rcpt,
     .requirement = "Leave the letter case of local parts as it is.",
     .remedy = "Convert domains, if anything, and never what stands before the \"@\".",
     .unexercised = "no address that was given has a capital letter in its local part",
     .judge_course = addr_local_case},
    {.slug = "addr-min-quoting",
     .source = "RFC 5321 §4.1.2",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement = "Quote in a local part what needs it, and nothing else.",
     .remedy = "Use quotes only where the local part is no dot-string, and a backslash only before "
               "a quote or a backslash.",
     .unexercised = "no local part was quoted",
     .judge = addr_min_quoting},
    {.slug = "cmd-no-injection",
     .source = "RFC 5321 §4.1.2",
     .level = Level::must_not,
     .severity = Severity::critical,
     .stage = Stage::mail,
     .requirement = "Let no CR, LF or NUL in an address make a command of what stands behind it.",
     .remedy = "Refuse addresses with control characters before anything is sent.",
     .unexercised = "no address that was given has CR, LF or NUL in it",
     .judge_course = cmd_no_injection},
    {.slug = "one-copy-many-rcpt",
     .source = "RFC 5321 §4.5.4.1, §2.1",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement = "Send one copy of a message for all its recipients at the same host.",
     .remedy = "Name all of them in one transaction.",
     .unexercised = "no message was given with several recipients at one host",
     .judge_course = one_copy_many_rcpt},
    {.slug = "mail-555-455",
     .source = "RFC 5321 §4.1.1.11, §4.2.1",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Behind 555 or 455 do not say the same line with the same parameters again in "
                    "the session.",
     .remedy = "Leave the parameters out where the message can do without them; otherwise fail the "
               "message after 555, and come back later after 455.",
     .unexercised = "a line with parameters was never answered with 555 or 455, or several "
                    "messages were given",
     .judge_course = mail_555_455},
    {.slug = "reply-551",
     .source = "RFC 5321 §3.4, §7.4",
     .level = Level::derived,
     .severity = Severity::minor,
     .stage = Stage::rcpt,
     .requirement = "Do not send the message to the path that 551 names.",
     .remedy = "Take 551 for a failure, and show its text to the author.",
     .unexercised = "RCPT was never answered with 551 and another path",
     .judge_course = reply_551},
};

}  // namespace

std::span<const Rule> envelope_rules() {
    return rules;
}

}  // namespace fakemx::conformance
