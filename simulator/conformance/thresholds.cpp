// The thresholds by name.
#include "conformance/thresholds.h"

#include <algorithm>
#include <array>
#include <limits>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/overloaded.h"
#include "core/text.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

using Member =
    std::variant<Duration Thresholds::*, std::uint32_t Thresholds::*, std::uint64_t Thresholds::*>;

struct Known {
    std::string_view name;
    Member member;
};

/// In order of name.
const std::array known{
    Known{"auth_failures_max", &Thresholds::auth_failures_max},
    Known{"blocked_octets", &Thresholds::blocked_octets},
    Known{"connect_wait", &Thresholds::connect_wait},
    Known{"connections_max", &Thresholds::connections_max},
    Known{"first_choices_min", &Thresholds::first_choices_min},
    Known{"greeting_held_min", &Thresholds::greeting_held_min},
    Known{"hang_min", &Thresholds::hang_min},
    Known{"host_gap", &Thresholds::host_gap},
    Known{"idle_max", &Thresholds::idle_max},
    Known{"large_message_octets", &Thresholds::large_message_octets},
    Known{"late_reply_min", &Thresholds::late_reply_min},
    Known{"long_transaction", &Thresholds::long_transaction},
    Known{"many_messages", &Thresholds::many_messages},
    Known{"messages_per_session_max", &Thresholds::messages_per_session_max},
    Known{"notice_within", &Thresholds::notice_within},
    Known{"quit_patience", &Thresholds::quit_patience},
    Known{"quit_wait", &Thresholds::quit_wait},
    Known{"retry_delay_min", &Thresholds::retry_delay_min},
    Known{"retry_interval_min", &Thresholds::retry_interval_min},
    Known{"retry_within", &Thresholds::retry_within},
    Known{"size_slack_octets", &Thresholds::size_slack_octets},
    Known{"ttl_slack", &Thresholds::ttl_slack},
    Known{"wait_margin", &Thresholds::wait_margin},
};

template <class Number>
std::optional<std::string> set_number(Number& number, std::string_view name,
                                      std::string_view value) {
    const auto read = parse_decimal(value);
    if (!read || *read > std::numeric_limits<Number>::max())
        return fmt::format("{}: '{}' is no whole number", name, printable(value));
    number = static_cast<Number>(*read);
    return std::nullopt;
}

}  // namespace

std::optional<std::string> set_threshold(Thresholds& thresholds, std::string_view name,
                                         std::string_view value) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Known& one) { return one.name == name; });
    if (found == known.end()) {
        std::vector<std::string_view> names;
        names.reserve(known.size());
        for (const Known& one : known) names.push_back(one.name);
        return fmt::format("{}: no threshold is called so{}; there are {}", printable(name),
                           did_you_mean(name, names), fmt::join(names, ", "));
    }
    return std::visit(
        Overloaded{[&](Duration Thresholds::*member) -> std::optional<std::string> {
                       const auto read = parse_duration(value);
                       if (!read || *read < Duration::zero())
                           return fmt::format("{}: '{}' is not a time such as 90s or 4h", name,
                                              printable(value));
                       thresholds.*member = *read;
                       return std::nullopt;
                   },
                   [&](auto member) { return set_number(thresholds.*member, name, value); }},
        found->member);
}

std::vector<ThresholdText> threshold_texts(const Thresholds& thresholds) {
    std::vector<ThresholdText> texts;
    texts.reserve(known.size());
    for (const Known& one : known) {
        texts.push_back(
            {one.name, std::visit(Overloaded{[&](Duration Thresholds::*member) {
                                                 return format_duration(thresholds.*member);
                                             },
                                             [&](auto member) {
                                                 return fmt::format("{}", thresholds.*member);
                                             }},
                                  one.member)});
    }
    return texts;
}

}  // namespace fakemx::conformance
