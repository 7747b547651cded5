// What each expectation demands, one check for each kind; see checks.h for what they share.
#include "oracle/expectation.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/limits.h"
#include "core/overloaded.h"
#include "core/text.h"
#include "core/words.h"
#include "oracle/checks.h"

namespace fakemx::oracle {

namespace {

bool same_address(std::string_view a, std::string_view b) {
    return comparable(a) == comparable(b);
}

std::string between(Duration min, const std::optional<Duration>& max) {
    if (!max) return fmt::format("at least {}", format_duration(min));
    if (min == Duration{}) return fmt::format("at most {}", format_duration(*max));
    return fmt::format("between {} and {}", format_duration(min), format_duration(*max));
}

std::string title_of_kind(const ExpectationKind& kind) {
    return std::visit(
        Overloaded{
            [](const DeliveredOnce&) -> std::string { return "delivered exactly once"; },
            [](const AttemptsBetween& wanted) -> std::string {
                const auto count = [&](std::uint64_t number) {
                    return wanted.unit == Unit::round ? counted(number, "round", "rounds")
                                                      : counted(number, "attempt", "attempts");
                };
                if (!wanted.max) return fmt::format("at least {}", count(wanted.min));
                if (wanted.min == *wanted.max) return count(wanted.min);
                if (wanted.min == 0) return fmt::format("at most {}", count(*wanted.max));
                return fmt::format("between {} and {}", wanted.min, count(*wanted.max));
            },
            [](const WaitsBetween& wanted) -> std::string {
                return fmt::format("waits {}", between(wanted.min, wanted.max));
            },
            [](const WaitsAre& wanted) -> std::string {
                std::string list;
                for (const Duration wait : wanted.waits) {
                    list += (list.empty() ? "" : ", ") + format_duration(wait);
                }
                return fmt::format("waits {}{}", list, wanted.more_may_follow ? ", …" : "");
            },
            [](const GaveUpAfter& wanted) -> std::string {
                return fmt::format("gave up after {}", between(wanted.min, wanted.max));
            },
            [](const NoAttemptWithin& wanted) -> std::string {
                if (!wanted.wait) return "no attempt before the reply allows it";
                return fmt::format("no attempt within {} of a failure",
                                   format_duration(*wanted.wait));
            },
            [](const NeverAfter5yz&) -> std::string { return "no attempt after 5yz"; },
            [](const OthersUnaffected& wanted) -> std::string {
                return fmt::format("others accepted within {}", format_duration(wanted.within));
            },
            [](const DuplicatesAtMost& wanted) -> std::string {
                const std::string_view without =
                    wanted.count_reply_lost ? "" : ", lost replies aside";
                if (wanted.count == 0) return fmt::format("no duplicates{}", without);
                return fmt::format("at most {}{}", counted(wanted.count, "duplicate", "duplicates"),
                                   without);
            },
            [](const NoticeSent& wanted) -> std::string {
                if (wanted.not_before == Duration{} && !wanted.not_after)
                    return "one notice that it failed";
                return fmt::format("one notice that it failed, after {}",
                                   between(wanted.not_before, wanted.not_after));
            },
            [](const NotBounced&) -> std::string { return "no notice that it failed"; },
            [](const SameIdentity&) -> std::string { return "the same envelope and identity"; },
            [](const Predicate&) -> std::string { return "a condition of the scenario"; }},
        kind);
}

}  // namespace

bool Selection::matches(const Delivery& delivery) const {
    if (delivery.is_notice && !sender) return false;
    if (recipient && !same_address(*recipient, delivery.recipient)) return false;
    if (recipient_domain && !equal_ignoring_case(*recipient_domain, delivery.recipient_domain()))
        return false;
    return !sender || same_address(*sender, delivery.mail_from);
}

std::string title_of(const ExpectationKind& kind, const Selection& selection) {
    std::string title = title_of_kind(kind);
    // What is selected for this one is what fails.
    const bool others = std::holds_alternative<OthersUnaffected>(kind);
    const std::string_view to = others ? " while failing to " : ", to ";
    if (selection.recipient) {
        title += fmt::format("{}{}", to, path_of(*selection.recipient));
    } else if (selection.recipient_domain) {
        title += fmt::format("{}{}", to, printable(*selection.recipient_domain));
    }
    if (selection.sender) title += fmt::format(", from {}", path_of(*selection.sender));
    return title;
}

const Judgement& Context::of(const Delivery& delivery) const {
    const auto found = std::lower_bound(
        judgements.begin(), judgements.end(), delivery.id,
        [](const Judgement& judgement, journal::DeliveryId id) { return judgement.delivery < id; });
    FAKEMX_ASSERT(found != judgements.end() && found->delivery == delivery.id);
    return *found;
}

std::vector<Result> check(const std::vector<Expectation>& expectations, const Context& context) {
    std::vector<Result> results;
    for (const Expectation& expectation : expectations) {
        Check one{context, expectation.selection};
        std::visit([&](const auto& wanted) { one.run(wanted); }, expectation.kind);
        Result result = one.take_result();
        result.title = expectation.title.empty() ? title_of(expectation.kind, expectation.selection)
                                                 : expectation.title;
        results.push_back(std::move(result));
    }
    if (context.account.dropped != 0) {
        results.push_back(
            {.title = "everything was looked at",
             .passed = false,
             .explanation = fmt::format(
                 "{} found no room in the ledger, which keeps {}: nothing can be said of them",
                 counted(context.account.dropped, "record", "records"),
                 limits::oracle_attempts_max),
             .exhibits = {}});
    }
    return results;
}

}  // namespace fakemx::oracle
