// The checks, in the order of the variant.
#include "oracle/checks.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/words.h"
#include "oracle/timeline.h"

namespace fakemx::oracle {

namespace {

std::vector<std::uint64_t> ids_of(std::span<const Attempt> attempts) {
    std::vector<std::uint64_t> ids;
    for (const Attempt& attempt : attempts) ids.push_back(attempt.id);
    return ids;
}

std::vector<std::uint64_t> taken_of(const Delivery& delivery) {
    std::vector<std::uint64_t> ids;
    for (const Attempt& attempt : delivery.attempts) {
        if (attempt.taken) ids.push_back(attempt.id);
    }
    return ids;
}

std::string last_of(const Delivery& delivery) {
    const Attempt& last = delivery.attempts.back();
    if (last.outcome == journal::Outcome::pending) return "the last try is under way";
    return fmt::format("the last of {} ended with {}",
                       counted(delivery.attempts.size(), "try", "tries"), reply_of(last));
}

std::string too(Duration is, Duration min, const std::optional<Duration>& max) {
    const Duration bound = is < min ? min : max.value_or(min);
    return fmt::format("{} is {} than {}", beside(is, bound), is < min ? "less" : "more",
                       format_duration(bound));
}

bool outside(Duration is, Duration min, const std::optional<Duration>& max) {
    return is < min || (max && is > *max);
}

}  // namespace

Check::Check(const Context& context, const Selection& selection) : context_(context) {
    for (const Delivery& delivery : context.account.deliveries) {
        if (selection.matches(delivery)) selected_.push_back(&delivery);
    }
    looked_at_ = selected_.size();
}

void Check::wrong(const Delivery& delivery, const std::vector<std::uint64_t>& attempts,
                  std::string text) {
    if (last_wrong_ != delivery.id) {
        last_wrong_ = delivery.id;
        if (wrong_++ == 0) first_wrong_ = std::move(text);
        if (result_.exhibits.size() == limits::exhibits_max) {
            ++result_.exhibits_left_out;
        } else {
            result_.exhibits.push_back({delivery.id, {}, {}});
        }
    }
    if (result_.exhibits_left_out != 0) return;
    auto& marked = result_.exhibits.back().attempts;
    for (const std::uint64_t id : attempts) {
        if (std::find(marked.begin(), marked.end(), id) == marked.end()) marked.push_back(id);
    }
}

void Check::wrong_where(const std::vector<Wrong>& kinds) {
    for (const Delivery* delivery : selected_) {
        for (const Finding& finding : context_.of(*delivery).findings) {
            if (std::find(kinds.begin(), kinds.end(), finding.wrong) == kinds.end()) continue;
            wrong(*delivery, finding.attempts, finding.explanation);
        }
    }
}

Result Check::take_result() {
    std::sort(result_.exhibits.begin(), result_.exhibits.end(),
              [](const Exhibit& a, const Exhibit& b) { return a.delivery < b.delivery; });
    for (Exhibit& exhibit : result_.exhibits) {
        const auto found =
            std::find_if(context_.account.deliveries.begin(), context_.account.deliveries.end(),
                         [&](const Delivery& delivery) { return delivery.id == exhibit.delivery; });
        std::sort(exhibit.attempts.begin(), exhibit.attempts.end());
        exhibit.timeline = timeline(*found, exhibit.attempts);
    }
    if (wrong_ != 0) {
        result_.explanation = std::move(first_wrong_);
        if (wrong_ > 1) {
            result_.explanation += fmt::format(" (and {} more of {})", wrong_ - 1,
                                               counted(looked_at_, "delivery", "deliveries"));
        }
    } else if (selected_.empty()) {
        result_.explanation = "no delivery was seen that this is about";
        const std::size_t unnamed = context_.account.unnamed.size();
        if (unnamed != 0) {
            result_.explanation += fmt::format("; {} ended before a recipient was named",
                                               counted(unnamed, "attempt", "attempts"));
        }
    } else if (looked_at_ == 0) {
        result_.explanation = std::move(nothing_);
    } else {
        result_.passed = true;
        result_.explanation = passing_.empty()
                                  ? counted(looked_at_, "delivery", "deliveries") + " looked at"
                                  : std::move(passing_);
    }
    return std::move(result_);
}

void Check::run(const DeliveredOnce&) {
    for (const Delivery* delivery : selected_) {
        const std::vector<std::uint64_t> taken = taken_of(*delivery);
        const bool known =
            std::any_of(delivery->attempts.begin(), delivery->attempts.end(),
                        [](const auto& one) { return one.outcome == journal::Outcome::accepted; });
        if (taken.empty()) {
            wrong(*delivery, {delivery->attempts.back().id},
                  fmt::format("never accepted; {}", last_of(*delivery)));
        } else if (taken.size() > 1) {
            wrong(*delivery, taken, fmt::format("taken {} times", taken.size()));
        } else if (!known) {
            const bool came_back = delivery->attempts.back().id != taken.front();
            wrong(*delivery, taken,
                  fmt::format("taken, but the reply was lost, and {}",
                              came_back ? last_of(*delivery) : "the sender has not come back"));
        }
    }
}

void Check::run(const AttemptsBetween& wanted) {
    for (const Delivery* delivery : selected_) {
        const std::uint64_t count = wanted.unit == Unit::attempt
                                        ? delivery->attempts.size()
                                        : rounds_of(*delivery, context_.policy.round_gap).size();
        const std::string tried = wanted.unit == Unit::attempt
                                      ? counted(count, "attempt", "attempts")
                                      : counted(count, "round", "rounds");
        if (count < wanted.min) {
            wrong(*delivery, {}, fmt::format("{}, fewer than {}", tried, wanted.min));
        } else if (wanted.max && count > *wanted.max) {
            wrong(*delivery, {}, fmt::format("{}, more than {}", tried, *wanted.max));
        }
    }
}

void Check::run(const WaitsBetween& wanted) {
    looked_at_ = 0;
    nothing_ = "no delivery was tried more than once: there was no wait";
    for (const Delivery* delivery : selected_) {
        const auto rounds = rounds_of(*delivery, context_.policy.round_gap);
        const auto waits = waits_of(*delivery, context_.policy.round_gap);
        if (!waits.empty()) ++looked_at_;
        for (std::size_t i = 0; i < waits.size(); ++i) {
            if (!outside(waits[i], wanted.min, wanted.max)) continue;
            wrong(*delivery, ids_of(attempts_of(*delivery, rounds[i + 1])),
                  fmt::format("wait {}: {}", i + 1, too(waits[i], wanted.min, wanted.max)));
        }
    }
}

void Check::run(const WaitsAre& wanted) {
    for (const Delivery* delivery : selected_) {
        const auto rounds = rounds_of(*delivery, context_.policy.round_gap);
        const auto waits = waits_of(*delivery, context_.policy.round_gap);
        const std::size_t both = std::min(waits.size(), wanted.waits.size());
        for (std::size_t i = 0; i < both; ++i) {
            const Duration off = waits[i] < wanted.waits[i] ? wanted.waits[i] - waits[i]
                                                            : waits[i] - wanted.waits[i];
            if (off <= wanted.tolerance) continue;
            wrong(
                *delivery, ids_of(attempts_of(*delivery, rounds[i + 1])),
                fmt::format("wait {} was {}, not {} ± {}", i + 1, beside(waits[i], wanted.waits[i]),
                            format_duration(wanted.waits[i]), format_duration(wanted.tolerance)));
        }
        if (waits.size() < wanted.waits.size()) {
            wrong(*delivery, {delivery->attempts.back().id},
                  fmt::format("{}, not {}", counted(waits.size(), "wait", "waits"),
                              wanted.waits.size()));
        } else if (waits.size() > wanted.waits.size() && !wanted.more_may_follow) {
            wrong(*delivery, ids_of(attempts_of(*delivery, rounds[wanted.waits.size() + 1])),
                  fmt::format("{}, not {}", counted(waits.size(), "wait", "waits"),
                              wanted.waits.size()));
        }
    }
}

void Check::run(const GaveUpAfter& wanted) {
    for (const Delivery* delivery : selected_) {
        const auto taken = taken_of(*delivery);
        const auto at = gave_up_at(*delivery, context_.account.end, context_.policy.round_gap);
        const Attempt& last = delivery->attempts.back();
        if (!taken.empty()) {
            wrong(*delivery, taken, "it was accepted");
        } else if (context_.of(*delivery).fate == Fate::rejected) {
            wrong(*delivery, {last.id}, "it was rejected, which is no reason to wait");
        } else if (!at) {
            wrong(*delivery, {last.id},
                  fmt::format("the sender has not given up: it last tried {} after the first try, "
                              "{} before the end",
                              rounded(last.at - delivery->first_at()),
                              rounded(context_.account.end - last.end())));
        } else if (const Duration after = *at - delivery->first_at();
                   outside(after, wanted.min, wanted.max)) {
            wrong(*delivery, {last.id},
                  fmt::format("gave up: {}", too(after, wanted.min, wanted.max)));
        }
    }
}

void Check::run(const NoAttemptWithin& wanted) {
    looked_at_ = 0;
    nothing_ = wanted.wait ? "no try failed for now: there was nothing to come back after"
                           : "no reply asked for a wait";
    for (const Delivery* delivery : selected_) {
        const auto rounds = rounds_of(*delivery, context_.policy.round_gap);
        bool seen = false;
        for (std::size_t i = 0; i < rounds.size(); ++i) {
            const Attempt& failed = delivery->attempts[rounds[i].last - 1];
            if (!failed.failed_for_now()) continue;
            std::optional<Asked> asked;
            if (wanted.wait) {
                asked = Asked{later(failed.end(), *wanted.wait), *wanted.wait, failed.id};
            } else {
                asked = asked_by(*delivery, rounds[i]);
            }
            if (!asked) continue;
            if (i + 1 == rounds.size()) {
                // Nobody came; but was anybody looking for so long?
                if (context_.account.end >= asked->until) {
                    seen = true;
                } else {
                    nothing_ = fmt::format("the run was over before {} had passed since a failure",
                                           format_duration(asked->wait));
                }
                continue;
            }
            seen = true;
            const Attempt& next = delivery->attempts[rounds[i + 1].first];
            if (next.at >= asked->until) continue;
            wrong(*delivery, {asked->attempt, next.id},
                  fmt::format("came back {} after a failure; {} {}",
                              beside(asked->wait - (asked->until - next.at), asked->wait),
                              wanted.wait ? "not before" : "the reply asked for",
                              format_duration(asked->wait)));
        }
        if (seen) ++looked_at_;
    }
}

void Check::run(const NeverAfter5yz&) {
    looked_at_ = 0;
    nothing_ = "nothing was rejected with 5yz";
    for (const Delivery* delivery : selected_) {
        if (std::any_of(delivery->attempts.begin(), delivery->attempts.end(),
                        [](const auto& one) { return one.refused_for_good(); })) {
            ++looked_at_;
        }
    }
    wrong_where({Wrong::retried_after_5yz});
}

void Check::run(const OthersUnaffected& wanted) {
    const std::set<const Delivery*> failing(selected_.begin(), selected_.end());
    for (const Delivery* delivery : selected_) {
        if (!delivery->attempts.front().failed_for_now()) {
            wrong(*delivery, {delivery->attempts.front().id},
                  "what was to fail for now did not, so that nothing is shown");
        }
    }
    looked_at_ = 0;
    nothing_ = "there were no other deliveries";
    for (const Delivery& delivery : context_.account.deliveries) {
        if (failing.contains(&delivery) || delivery.is_notice) continue;
        ++looked_at_;
        const auto accepted =
            std::find_if(delivery.attempts.begin(), delivery.attempts.end(),
                         [](const auto& one) { return one.outcome == journal::Outcome::accepted; });
        if (accepted == delivery.attempts.end()) {
            wrong(delivery, {delivery.attempts.back().id},
                  fmt::format("another delivery was never accepted; {}", last_of(delivery)));
        } else if (const Duration after =
                       accepted->end() -
                       (wanted.from_begin ? context_.account.begin : delivery.first_at());
                   after > wanted.within) {
            wrong(delivery, {accepted->id},
                  fmt::format("another delivery was accepted only after {}", rounded(after)));
        }
    }
}

void Check::run(const DuplicatesAtMost& wanted) {
    looked_at_ = static_cast<std::uint64_t>(
        std::count_if(selected_.begin(), selected_.end(),
                      [&](const Delivery* delivery) { return context_.of(*delivery).taken != 0; }));
    nothing_ = "nothing was taken, so that nothing could come twice";
    std::uint64_t duplicates = 0;
    const auto counts = [&](const Finding& finding) {
        return finding.wrong == Wrong::duplicated ||
               (finding.wrong == Wrong::duplicated_reply_lost && wanted.count_reply_lost);
    };
    for (const Delivery* delivery : selected_) {
        const auto& findings = context_.of(*delivery).findings;
        duplicates +=
            static_cast<std::uint64_t>(std::count_if(findings.begin(), findings.end(), counts));
    }
    passing_ = counted(duplicates, "duplicate", "duplicates");
    if (duplicates <= wanted.count) return;
    const std::string text = fmt::format(
        "{}, more than {}", counted(duplicates, "duplicate", "duplicates"), wanted.count);
    for (const Delivery* delivery : selected_) {
        for (const Finding& finding : context_.of(*delivery).findings) {
            if (counts(finding)) wrong(*delivery, finding.attempts, text);
        }
    }
}

void Check::run(const NoticeSent& wanted) {
    for (const Delivery* delivery : selected_) {
        std::vector<const Notice*> bounces;
        for (const Notice& notice : delivery->notices) {
            if (notice.bounce()) bounces.push_back(&notice);
        }
        const Attempt& last = delivery->attempts.back();
        if (bounces.empty()) {
            wrong(*delivery, {last.id},
                  delivery->notices.empty()
                      ? "no notice came"
                      : fmt::format("{} came, none of them final",
                                    counted(delivery->notices.size(), "notice", "notices")));
        } else if (bounces.size() > 1) {
            wrong(*delivery, {last.id}, fmt::format("{} notices came", bounces.size()));
        } else if (const Duration after = bounces.front()->at - delivery->first_at();
                   outside(after, wanted.not_before, wanted.not_after)) {
            wrong(*delivery, {last.id},
                  fmt::format("the notice came: {}",
                              too(after, wanted.not_before, wanted.not_after)));
        }
    }
}

void Check::run(const NotBounced&) {
    looked_at_ = 0;
    nothing_ = "a notice would have gone elsewhere: notices does not name the sender's domain";
    for (const Delivery* delivery : selected_) {
        if (notices_come_here(*delivery, context_.policy)) ++looked_at_;
        for (const Notice& notice : delivery->notices) {
            if (!notice.bounce()) continue;
            wrong(*delivery, {delivery->attempts.back().id},
                  fmt::format("a notice came {} after the first try",
                              rounded(notice.at - delivery->first_at())));
        }
    }
}

void Check::run(const SameIdentity& wanted) {
    looked_at_ = static_cast<std::uint64_t>(
        std::count_if(selected_.begin(), selected_.end(),
                      [](const Delivery* delivery) { return delivery->attempts.size() > 1; }));
    nothing_ = "no delivery was tried more than once: there was nothing to compare";
    std::vector<Wrong> kinds;
    const auto include = [&](bool wish, Wrong kind) {
        if (wish) kinds.push_back(kind);
    };
    include(wanted.helo, Wrong::changed_helo);
    include(wanted.sending_ip, Wrong::changed_sending_ip);
    include(wanted.mail_from, Wrong::changed_mail_from);
    include(wanted.size, Wrong::changed_size);
    include(wanted.body, Wrong::changed_body);
    include(wanted.message_id, Wrong::changed_message_id);
    wrong_where(kinds);
}

void Check::run(const Predicate& wanted) {
    if (selected_.empty()) return;
    auto complaint = wanted.check(selected_, context_);
    if (!complaint) return;
    for (const Delivery* delivery : selected_) wrong(*delivery, {}, *complaint);
    // The predicate speaks once, of all of them.
    wrong_ = 1;
}

}  // namespace fakemx::oracle
