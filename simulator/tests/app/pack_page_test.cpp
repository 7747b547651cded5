// The scenarios that come with fakemx, and the page that lists them.
#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/pack.h"
#include "conformance/checker.h"
#include "support/catch.h"
#include "support/generated_page.h"

namespace fakemx::test {

namespace {

const std::string path = "docs/reference/conformance-pack.md";

app::Pack pack() {
    auto chosen = app::choose_pack({.ids = {},
                                    .sender = conformance::Sender::mta,
                                    .has_names = true,
                                    .folder = "profiles/conformance"});
    if (!chosen) throw std::runtime_error{chosen.error().message};
    return std::move(*chosen);
}

std::string whom(const scenario::Scenario& scenario) {
    if (scenario.needs_names) return "who looks for MX hosts";
    return scenario.senders.empty() ? "everybody"
                                    : fmt::format("{}", fmt::join(scenario.senders, ", "));
}

std::string scenarios() {
    std::string text = "| scenario | what happens | for | rules |\n|---|---|---|---|\n";
    for (const app::PackScenario& one : pack().scenarios) {
        std::string rules;
        for (const conformance::Rule* rule : one.exercises)
            rules += fmt::format("{}`{}`", rules.empty() ? "" : " ", rule->slug);
        text += fmt::format("| [`{0}`](../../profiles/conformance/{0}.lua) | {1} | {2} | {3} |\n",
                            one.file.name, one.scenario.summary, whom(one.scenario), rules);
    }
    return text;
}

/// Rules that no scenario is made for.
std::string other_rules() {
    std::set<std::string_view> exercised;
    const app::Pack whole = pack();
    for (const app::PackScenario& one : whole.scenarios) {
        for (const conformance::Rule* rule : one.exercises) exercised.insert(rule->slug);
    }
    std::string text;
    for (const conformance::Rule* rule : conformance::all_rules()) {
        if (exercised.count(rule->slug) == 0)
            text += fmt::format("{}`{}`", text.empty() ? "" : " ", rule->slug);
    }
    return text.empty() ? "None.\n" : text + "\n";
}

}  // namespace

TEST_CASE("the page lists the scenarios of the pack") {
    CHECK(GeneratedPage(path, "scenarios").part() == scenarios());
    CHECK(GeneratedPage(path, "other rules").part() == other_rules());
}

TEST_CASE("writes the page that lists the scenarios of the pack", "[.pack]") {
    GeneratedPage(path, "scenarios").write(scenarios());
    GeneratedPage(path, "other rules").write(other_rules());
}

TEST_CASE("each scenario of the pack says what it exercises, and ends") {
    for (const app::PackScenario& one : pack().scenarios) {
        INFO(one.file.name);
        CHECK_FALSE(one.exercises.empty());
        CHECK_FALSE(one.scenario.send.empty());
        CHECK(one.scenario.horizon);
        // But for those of another kind than this pack is chosen for.
        const auto& kinds = one.scenario.senders;
        const bool is_for_us =
            kinds.empty() || std::find(kinds.begin(), kinds.end(), "mta") != kinds.end();
        CHECK(one.skipped.empty() == is_for_us);
    }
}

}  // namespace fakemx::test
