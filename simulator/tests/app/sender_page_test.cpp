// The table of docs/reference/senders.md: when each modelled sender is accepted. Made by simulating it.
#include <algorithm>

#include <fmt/format.h>

#include "core/words.h"
#include "senders/report.h"
#include "senders/simulation.h"
#include "support/catch.h"
#include "support/generated_page.h"
#include "tests/script/shipped_senders.h"

namespace fakemx::test {

namespace {

GeneratedPage page() {
    return {"docs/reference/senders.md", "senders"};
}

senders::Result one_message(const std::string& sender, const ShippedProfile& receiver) {
    const auto profile = receiver.load();
    senders::Plan plan;
    plan.messages = 1;
    plan.to = {profile->profile().hosts.front().options.domains.empty() ? "user@receiver.example"
                                                                        : "user@163.com"};
    plan.horizon = std::chrono::hours{24 * 30};
    const auto result =
        senders::simulate(shipped_sender(sender), plan, profile->profile(), *profile);
    CHECK(result.script_failures == 0);
    return result;
}

/// "15m", or what became of it instead.
std::string outcome(const senders::Result& result) {
    const senders::MessageResult& message = result.messages.front();
    const std::string after = fakemx::rounded(
        std::chrono::floor<std::chrono::seconds>(message.ended_at - message.arrived_at));
    switch (message.fate) {
        case senders::Fate::accepted: return after;
        case senders::Fate::rejected: return fmt::format("**rejected** after {}", after);
        case senders::Fate::expired:
            return fmt::format("**gave up** after {} tries, {}", message.tries, after);
        case senders::Fate::queued: break;
    }
    return "still queued";
}

/// Tries behind the first two minutes and before the wait is over.
std::size_t early(const senders::Result& result, Duration wait) {
    const auto tries = senders::report_of(result, 0s).first_tries;
    return static_cast<std::size_t>(std::count_if(tries.begin(), tries.end(), [&](Duration at) {
        return at >= Duration{2min} && at < wait;
    }));
}

std::string table() {
    std::string text =
        "| sender | greylist 5 s | greylist 300 s | greylist 21,600 s | netease 15 min | early | "
        "netease, strict |\n"
        "|---|---|---|---|---|---:|---|\n";
    for (const std::string& name : shipped_senders()) {
        const auto greylist = [&](const char* delay) {
            return outcome(one_message(name, {"greylist", {{"delay", delay}}}));
        };
        const auto netease = [&](const char* early_retry) {
            return one_message(
                name, {"netease", {{"internal_error", "0"}, {"early_retry", early_retry}}});
        };
        const auto lenient = netease("lenient");
        text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", name, greylist("5s"),
                            greylist("300s"), greylist("21600s"), outcome(lenient),
                            early(lenient, 15min), outcome(netease("strict")));
    }
    return text;
}

}  // namespace

TEST_CASE("the table of senders says when they are accepted", "[simulate]") {
    // When this fails: build, then `fakemx_test_app "[.senders]"` from the root of the repository.
    CHECK(page().part() == table());
}

TEST_CASE("write the table of senders into its page", "[.senders]") {
    page().write(table());
}

}  // namespace fakemx::test
