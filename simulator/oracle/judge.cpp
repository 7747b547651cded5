// The rules, one function for each: what a sender did wrong about one delivery. RFC 5321 unless another one is named.
#include "oracle/judge.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/text.h"
#include "core/words.h"
#include "oracle/hint.h"
#include "oracle/timeline.h"

namespace fakemx::oracle {

namespace {

/// RFC 5321 §4.5.4.1: after a failure the sender MUST delay. Less than this is no delay on any clock.
constexpr Duration no_delay = 1s;
/// A sender that has tried once only; see the view `delivery` of the journal, which counts in the same way.
constexpr Duration silence_after_one_round = std::chrono::hours{5 * 24};
constexpr int silence_waits = 4;

bool has_bounced(const Delivery& delivery) {
    return std::any_of(delivery.notices.begin(), delivery.notices.end(),
                       [](const Notice& notice) { return notice.bounce(); });
}

const Attempt* first_of(const Delivery& delivery, journal::Outcome outcome) {
    const auto found =
        std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                     [&](const Attempt& attempt) { return attempt.outcome == outcome; });
    return found == delivery.attempts.end() ? nullptr : &*found;
}

const Attempt* first_taken(const Delivery& delivery) {
    const auto found = std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                                    [](const Attempt& attempt) { return attempt.taken; });
    return found == delivery.attempts.end() ? nullptr : &*found;
}

Duration longest_wait(const Delivery& delivery, Duration gap) {
    // Two tries at the same time have a wait below zero between them.
    Duration longest{};
    for (const Duration wait : waits_of(delivery, gap)) longest = std::max(longest, wait);
    return longest;
}

/// §4.5.3.1.10: what one transaction has no room for may come in the next one, at once. A full mailbox has the same code.
bool too_many_recipients(const Attempt& attempt) {
    if (attempt.code != 452 || attempt.stage != smtp::Hook::rcpt) return false;
    return attempt.text.starts_with("4.5.3") || !attempt.text.starts_with("4.");
}

class Judge {
public:
    Judge(const Delivery& delivery, const Account& account, const Policy& policy)
        : delivery_(delivery), policy_(policy), end_(account.end) {
        judgement_.delivery = delivery.id;
    }

    Judgement judge() {
        judgement_.taken = static_cast<std::uint32_t>(
            std::count_if(delivery_.attempts.begin(), delivery_.attempts.end(),
                          [](const Attempt& attempt) { return attempt.taken; }));
        judgement_.fate = fate();
        came_again();
        after_5yz();
        too_early();
        // Nobody is told when a notice does not arrive (§6.1), and a sender need not keep it for days.
        if (!delivery_.is_notice) {
            gave_up();
            notices();
        }
        changes();
        return std::move(judgement_);
    }

private:
    template <class... Parts>
    void find(Wrong wrong, std::vector<std::uint64_t>&& attempts, fmt::format_string<Parts...> form,
              Parts&&... parts) {
        judgement_.findings.push_back(
            {.wrong = wrong,
             .delivery = delivery_.id,
             .attempts = std::move(attempts),
             .explanation = fmt::format(form, std::forward<Parts>(parts)...)});
    }

    bool under_way() const {
        return std::any_of(
            delivery_.attempts.begin(), delivery_.attempts.end(),
            [](const Attempt& attempt) { return attempt.outcome == journal::Outcome::pending; });
    }

    Fate fate() const {
        if (first_of(delivery_, journal::Outcome::accepted) != nullptr) return Fate::delivered;
        const bool silent = fell_silent(delivery_, end_, policy_.round_gap);
        if (first_taken(delivery_) != nullptr) {
            // The sender cannot know that it was taken, and has to come back.
            return silent || has_bounced(delivery_) ? Fate::delivered : Fate::open;
        }
        if (first_of(delivery_, journal::Outcome::rejected) != nullptr) return Fate::rejected;
        if (has_bounced(delivery_)) return Fate::bounced;
        if (!silent || under_way()) return Fate::open;
        return notices_come_here(delivery_, policy_) ? Fate::lost : Fate::gave_up;
    }

    /// §6.1: with 2yz the receiver has the message. RFC 1047: where that reply is lost, it comes twice.
    void came_again() {
        const Attempt* accepted = nullptr;
        const Attempt* taken = nullptr;
        for (const Attempt& attempt : delivery_.attempts) {
            const bool at_once = accepted != nullptr && attempt.at < accepted->end();
            if (accepted != nullptr && attempt.taken && at_once) {
                find(Wrong::duplicated, {accepted->id, attempt.id},
                     "accepted {} after the first try, and sent and taken at the same time once "
                     "more",
                     rounded(accepted->end() - delivery_.first_at()));
            } else if (accepted != nullptr && attempt.taken) {
                find(Wrong::duplicated, {accepted->id, attempt.id},
                     "accepted {} after the first try, and sent and taken again {} later",
                     rounded(accepted->end() - delivery_.first_at()),
                     rounded(attempt.at - accepted->end()));
            } else if (accepted != nullptr && !at_once && !attempt.is_beside(*accepted)) {
                find(Wrong::retried_after_2yz, {accepted->id, attempt.id},
                     "accepted, and sent again {} later; the answer was {}",
                     rounded(attempt.at - accepted->end()), reply_of(attempt));
            } else if (taken != nullptr && attempt.taken) {
                find(Wrong::duplicated_reply_lost, {taken->id, attempt.id},
                     "taken, but the reply was lost; sent again {} later and taken again",
                     rounded(attempt.at - taken->end()));
            }
            if (attempt.outcome == journal::Outcome::accepted && accepted == nullptr)
                accepted = &attempt;
            if (attempt.taken && taken == nullptr) taken = &attempt;
        }
    }

    /// §4.2.1: after 5yz the client should not repeat the request.
    void after_5yz() {
        const Attempt* rejected = nullptr;
        for (const Attempt& attempt : delivery_.attempts) {
            // What was under way by then could not know.
            if (rejected != nullptr && attempt.at >= rejected->end() &&
                !attempt.is_beside(*rejected)) {
                find(Wrong::retried_after_5yz, {rejected->id, attempt.id},
                     "rejected with {}, and tried again {} later{}", reply_of(*rejected),
                     rounded(attempt.at - rejected->end()),
                     attempt.host == rejected->host ? "" : " at another host");
            }
            if (attempt.refused_for_good() && rejected == nullptr) rejected = &attempt;
        }
    }

    /// §4.5.4.1: the client MUST delay retrying; how long, the receiver and the profile say.
    void too_early() {
        const std::vector<Round> rounds = rounds_of(delivery_, policy_.round_gap);
        for (std::size_t i = 1; i < rounds.size(); ++i) {
            const Attempt& before = delivery_.attempts[rounds[i - 1].last - 1];
            const Attempt& next = delivery_.attempts[rounds[i].first];
            // What was under way when that one failed has not come back.
            if (!before.failed_for_now() || next.at < before.end()) continue;
            const Duration wait = next.at - before.end();
            const auto asked =
                policy_.heed_hints ? asked_by(delivery_, rounds[i - 1]) : std::nullopt;
            if (asked && next.at < asked->until) {
                find(Wrong::retried_too_early, {asked->attempt, next.id},
                     "came back after {}; the reply asked for {}",
                     beside(asked->wait - (asked->until - next.at), asked->wait),
                     format_duration(asked->wait));
            } else if (policy_.retry_after && wait < *policy_.retry_after) {
                find(Wrong::retried_too_early, {before.id, next.id},
                     "came back after {}; the policy asks for {}",
                     beside(wait, *policy_.retry_after), format_duration(*policy_.retry_after));
            } else if (wait < no_delay && before.code != 421 && !too_many_recipients(before)) {
                // A 421 ends the connection, and says nothing against the next one (§3.8).
                find(Wrong::retried_too_early, {before.id, next.id},
                     "came back at once to the same host after {}", reply_of(before));
            }
        }
    }

    /// §4.5.4.1: the give-up time generally needs to be at least 4-5 days.
    void gave_up() {
        if (judgement_.fate == Fate::delivered || judgement_.fate == Fate::rejected) return;
        const Attempt& last = delivery_.attempts.back();
        const Instant first = delivery_.first_at();
        if (judgement_.fate == Fate::lost) {
            find(Wrong::lost, {last.id},
                 "neither accepted nor rejected; after {} the sender was silent for {}, and no "
                 "notice came",
                 rounded(last.end() - first), rounded(end_ - last.end()));
        }
        if (const auto at = gave_up_at(delivery_, end_, policy_.round_gap)) {
            // Without a notice it may have given up at any time up to when it would have come again.
            const Duration grace =
                has_bounced(delivery_) ? Duration{} : longest_wait(delivery_, policy_.round_gap);
            if (*at + grace - first < policy_.give_up_min) {
                find(
                    Wrong::gave_up_early, {last.id}, "gave up {} after the first try, not after {}",
                    beside(*at - first, policy_.give_up_min), format_duration(policy_.give_up_min));
            }
        }
        const Duration tried =
            std::max(last.at, gave_up_at(delivery_, end_, policy_.round_gap).value_or(last.at)) -
            first;
        if (policy_.give_up_max && tried > *policy_.give_up_max) {
            find(Wrong::gave_up_late, {last.id},
                 "had not given up {} after the first try, but was to after {}",
                 beside(tried, *policy_.give_up_max), format_duration(*policy_.give_up_max));
        }
    }

    /// §6.1: a client that cannot deliver MUST tell the sender; once is enough.
    void notices() {
        std::vector<std::uint64_t> bounces;
        for (const Notice& notice : delivery_.notices) {
            // A copy for the postmaster is none for the sender.
            const bool to_sender = equal_ignoring_case(notice.recipient, delivery_.mail_from);
            if (notice.bounce() && to_sender) bounces.push_back(notice.attempt);
        }
        if (bounces.size() > 1) {
            find(Wrong::bounced_twice, std::vector(bounces), "{} notices say that it failed",
                 bounces.size());
        }
        const Attempt* accepted = first_of(delivery_, journal::Outcome::accepted);
        if (accepted != nullptr && !bounces.empty()) {
            find(Wrong::bounced_though_delivered, {accepted->id},
                 "accepted, and the sender's address was told that it failed");
        }
        if (judgement_.fate != Fate::rejected || !bounces.empty() ||
            !notices_come_here(delivery_, policy_)) {
            return;
        }
        const Attempt& rejected = *first_of(delivery_, journal::Outcome::rejected);
        if (end_ - rejected.end() >= policy_.notice_within) {
            find(Wrong::no_notice, {rejected.id},
                 "rejected with {}, and no notice came in the {} since", reply_of(rejected),
                 rounded(end_ - rejected.end()));
        }
    }

    /// What should be the same in every try, by the field that tells.
    void changes() {
        change(Wrong::changed_helo, "HELO name",
               [](const Attempt& attempt) { return ascii_lower(attempt.helo); });
        change(Wrong::changed_sending_ip, "sending address",
               [](const Attempt& attempt) { return attempt.sending_ip; });
        change(Wrong::changed_mail_from, "reverse path",
               [](const Attempt& attempt) { return path_of(attempt.mail_from); });
        change(Wrong::changed_size, "size", [](const Attempt& attempt) {
            return attempt.message_octets ? fmt::format("{} octets", *attempt.message_octets) : "";
        });
        change(Wrong::changed_body, "body", [](const Attempt& attempt) {
            return attempt.body ? fmt::format("{:016x}", *attempt.body) : "";
        });
    }

    /// `value` is empty where it is not known.
    template <class Value>
    void change(Wrong wrong, std::string_view what, const Value& value) {
        const Attempt* known = nullptr;
        std::vector<std::uint64_t> attempts;
        std::string explanation;
        for (const Attempt& attempt : delivery_.attempts) {
            const std::string now = value(attempt);
            if (now.empty()) continue;
            if (known != nullptr && value(*known) != now) {
                if (attempts.empty()) {
                    attempts.push_back(known->id);
                    const std::string after = rounded(attempt.at - known->end());
                    // A fingerprint says nothing to anybody.
                    explanation =
                        wrong == Wrong::changed_body
                            ? fmt::format("the {} was another one {} later", what, after)
                            : fmt::format("the {} was {}, and {} {} later", what,
                                          printable(value(*known)), printable(now), after);
                }
                attempts.push_back(attempt.id);
            }
            known = &attempt;
        }
        if (!attempts.empty()) find(wrong, std::move(attempts), "{}", explanation);
    }

    const Delivery& delivery_;
    const Policy& policy_;
    Instant end_;
    Judgement judgement_;
};

/// A sender that makes a new Message-ID for each try makes a new delivery of it. Told from two messages with the same text by
/// this: the earlier one had failed for good, from what can be seen, before the later one began.
void find_new_message_ids(const Account& account, std::vector<Judgement>& judgements) {
    std::map<std::tuple<std::string_view, std::string_view, std::uint64_t>, std::size_t>
        last_failed;
    for (std::size_t i = 0; i < account.deliveries.size(); ++i) {
        const Delivery& delivery = account.deliveries[i];
        const auto with_body =
            std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                         [](const Attempt& attempt) { return attempt.body.has_value(); });
        if (delivery.is_notice || with_body == delivery.attempts.end()) continue;
        const std::tuple key{std::string_view{delivery.mail_from},
                             std::string_view{delivery.recipient}, *with_body->body};
        const auto found = last_failed.find(key);
        if (found != last_failed.end()) {
            const Delivery& earlier = account.deliveries[found->second];
            const Attempt& failed = earlier.attempts.back();
            if (failed.end() <= delivery.first_at() && earlier.identity != delivery.identity) {
                judgements[i].findings.push_back(
                    {.wrong = Wrong::changed_message_id,
                     .delivery = delivery.id,
                     .attempts = {with_body->id},
                     .explanation = fmt::format(
                         "the same body as delivery {}, which had failed {} before, under another "
                         "Message-ID",
                         number(earlier.id), rounded(delivery.first_at() - failed.end()))});
            }
        }
        if (delivery.attempts.back().failed_for_now()) last_failed.insert_or_assign(key, i);
    }
}

}  // namespace

std::string_view name(Fate fate) {
    switch (fate) {
        case Fate::delivered: return "delivered";
        case Fate::rejected: return "rejected";
        case Fate::bounced: return "bounced";
        case Fate::gave_up: return "gave up";
        case Fate::lost: return "lost";
        case Fate::open: return "open";
    }
    return {};
}

std::string_view name(Wrong wrong) {
    switch (wrong) {
        case Wrong::duplicated: return "duplicated";
        case Wrong::retried_after_2yz: return "retried after 2yz";
        case Wrong::duplicated_reply_lost: return "duplicated because the reply was lost";
        case Wrong::lost: return "lost";
        case Wrong::retried_after_5yz: return "retried after 5yz";
        case Wrong::retried_too_early: return "retried too early";
        case Wrong::gave_up_early: return "gave up early";
        case Wrong::gave_up_late: return "gave up late";
        case Wrong::bounced_though_delivered: return "bounced though delivered";
        case Wrong::bounced_twice: return "bounced twice";
        case Wrong::no_notice: return "no notice";
        case Wrong::changed_helo: return "changed HELO name";
        case Wrong::changed_sending_ip: return "changed sending address";
        case Wrong::changed_mail_from: return "changed reverse path";
        case Wrong::changed_size: return "changed size";
        case Wrong::changed_body: return "changed body";
        case Wrong::changed_message_id: return "changed Message-ID";
    }
    return {};
}

std::string_view section(Wrong wrong) {
    switch (wrong) {
        case Wrong::duplicated:
        case Wrong::retried_after_2yz:
        case Wrong::lost:
        case Wrong::bounced_though_delivered:
        case Wrong::bounced_twice:
        case Wrong::no_notice: return "RFC 5321 §6.1";
        case Wrong::duplicated_reply_lost: return "RFC 5321 §4.5.3.2.6, RFC 1047";
        case Wrong::retried_after_5yz: return "RFC 5321 §4.2.1";
        case Wrong::retried_too_early:
        case Wrong::gave_up_early: return "RFC 5321 §4.5.4.1";
        case Wrong::changed_helo: return "RFC 5321 §4.1.1.1";
        case Wrong::changed_message_id: return "RFC 5322 §3.6.4";
        case Wrong::gave_up_late:
        case Wrong::changed_sending_ip:
        case Wrong::changed_mail_from:
        case Wrong::changed_size:
        case Wrong::changed_body: return {};
    }
    return {};
}

bool is_fault(Wrong wrong) {
    switch (wrong) {
        // A queue that several machines share; a signature that is made for each try.
        case Wrong::changed_sending_ip:
        case Wrong::changed_size:
        case Wrong::duplicated_reply_lost: return false;
        case Wrong::duplicated:
        case Wrong::retried_after_2yz:
        case Wrong::lost:
        case Wrong::retried_after_5yz:
        case Wrong::retried_too_early:
        case Wrong::gave_up_early:
        case Wrong::gave_up_late:
        case Wrong::bounced_though_delivered:
        case Wrong::bounced_twice:
        case Wrong::no_notice:
        case Wrong::changed_helo:
        case Wrong::changed_mail_from:
        case Wrong::changed_body:
        case Wrong::changed_message_id: return true;
    }
    return true;
}

bool notices_come_here(const Delivery& delivery, const Policy& policy) {
    const std::string_view path = delivery.mail_from;
    const std::size_t at = path.rfind('@');
    if (at == std::string_view::npos) return false;
    const std::string_view domain = path.substr(at + 1);
    const auto& domains = policy.sender_domains;
    return std::any_of(domains.begin(), domains.end(),
                       [&](const std::string& one) { return equal_ignoring_case(one, domain); });
}

bool fell_silent(const Delivery& delivery, Instant end, Duration round_gap) {
    const Duration longest = longest_wait(delivery, round_gap);
    const Duration patience =
        longest == Duration{} ? silence_after_one_round : silence_waits * longest;
    return end - delivery.attempts.back().end() > patience;
}

std::optional<Instant> gave_up_at(const Delivery& delivery, Instant end, Duration round_gap) {
    const bool settled =
        std::any_of(delivery.attempts.begin(), delivery.attempts.end(), [](const Attempt& attempt) {
            return attempt.taken || attempt.outcome == journal::Outcome::rejected;
        });
    if (settled) return std::nullopt;
    for (const Notice& notice : delivery.notices) {
        if (notice.bounce()) return notice.at;
    }
    if (fell_silent(delivery, end, round_gap)) return delivery.attempts.back().end();
    return std::nullopt;
}

std::optional<Asked> asked_by(const Delivery& delivery, Round round) {
    std::optional<Asked> asked;
    for (const Attempt& attempt : attempts_of(delivery, round)) {
        const auto wait = retry_hint(attempt.code, attempt.text);
        if (!wait) continue;
        const Instant until = later(attempt.end(), *wait);
        if (!asked || until > asked->until) asked = Asked{until, *wait, attempt.id};
    }
    return asked;
}

std::vector<Judgement> judge(const Account& account, const Policy& policy) {
    std::vector<Judgement> judgements;
    judgements.reserve(account.deliveries.size());
    for (const Delivery& delivery : account.deliveries) {
        judgements.push_back(Judge{delivery, account, policy}.judge());
    }
    find_new_message_ids(account, judgements);
    return judgements;
}

}  // namespace fakemx::oracle
