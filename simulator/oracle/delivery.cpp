// Rounds from attempts.
#include "oracle/delivery.h"

#include <algorithm>

#include "core/text.h"

namespace fakemx::oracle {

std::string comparable(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos) return std::string{address};
    return std::string{address.substr(0, at)} + ascii_lower(address.substr(at));
}

std::string_view Delivery::recipient_domain() const {
    // The domain stands behind the last "@"; a quoted local part may hold others.
    const std::string_view path = recipient;
    const std::size_t at = path.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : path.substr(at + 1);
}

std::vector<Round> rounds_of(const Delivery& delivery, Duration gap) {
    std::vector<Round> rounds;
    const std::vector<Attempt>& attempts = delivery.attempts;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        const auto goes_on = [&](const Round& round) {
            const Attempt& before = attempts[i - 1];
            if (attempts[i].is_beside(before)) return true;
            const bool settled = before.outcome == journal::Outcome::accepted ||
                                 before.outcome == journal::Outcome::rejected;
            if (settled || attempts[i].at - before.end() > gap) return false;
            return std::none_of(
                attempts.begin() + static_cast<std::ptrdiff_t>(round.first),
                attempts.begin() + static_cast<std::ptrdiff_t>(i),
                [&](const Attempt& tried) { return tried.host == attempts[i].host; });
        };
        if (rounds.empty() || !goes_on(rounds.back())) rounds.push_back({i, i});
        rounds.back().last = i + 1;
    }
    return rounds;
}

std::vector<Duration> waits_of(const Delivery& delivery, Duration gap) {
    const std::vector<Round> rounds = rounds_of(delivery, gap);
    std::vector<Duration> waits;
    for (std::size_t i = 1; i < rounds.size(); ++i) {
        waits.push_back(delivery.attempts[rounds[i].first].at -
                        delivery.attempts[rounds[i - 1].last - 1].end());
    }
    return waits;
}

std::span<const Attempt> attempts_of(const Delivery& delivery, Round round) {
    return std::span{delivery.attempts}.subspan(round.first, round.last - round.first);
}

}  // namespace fakemx::oracle
