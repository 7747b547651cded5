// What was broken before, as a file, and what is worse or better now.
#include "conformance/baseline.h"

#include <utility>
#include <vector>

#include "support/catch.h"

namespace fakemx::conformance {

namespace {

Audit audit_with(const std::vector<std::pair<std::string_view, Outcome>>& outcomes) {
    Audit audit;
    for (const auto& [slug, outcome] : outcomes)
        audit.findings.push_back(
            {.rule = rule_named(slug), .outcome = outcome, .kept = 0, .broken = 1, .evidence = {}});
    return audit;
}

}  // namespace

TEST_CASE("a baseline has what is broken, and is read as it was written") {
    const Audit audit = audit_with({{"quit-sent", Outcome::fail},
                                    {"greet-wait", Outcome::deviation},
                                    {"ehlo-first", Outcome::pass},
                                    {"size-zero", Outcome::not_exercised}});
    const std::string text = write_baseline(audit);
    const auto read = read_baseline(text);
    REQUIRE(read.has_value());
    CHECK(*read == Baseline{"quit-sent", "greet-wait"});
    const Comparison same = compare(audit, *read);
    CHECK(same.worse.empty());
    CHECK(same.better.empty());
    CHECK(same.unseen.empty());
}

TEST_CASE("worse is what was not broken") {
    const Baseline before{"quit-sent", "greet-wait"};
    const Audit audit = audit_with({{"quit-sent", Outcome::fail},
                                    {"greet-wait", Outcome::deviation},
                                    {"ehlo-first", Outcome::deviation}});
    const Comparison now = compare(audit, before);
    REQUIRE(now.worse.size() == 1);
    CHECK(now.worse[0]->rule->slug == "ehlo-first");
}

TEST_CASE("what was broken before is so with --strict, too") {
    const Audit before = audit_with({{"greet-wait", Outcome::deviation}});
    const Audit strict = audit_with({{"greet-wait", Outcome::fail}});
    CHECK(compare(strict, *read_baseline(write_baseline(before))).worse.empty());
    CHECK(compare(before, *read_baseline(write_baseline(strict))).better.empty());
}

TEST_CASE("better is what is kept now, and not what nothing exercised") {
    const Baseline before{"quit-sent", "greet-wait", "ehlo-first"};
    const Audit audit = audit_with({{"quit-sent", Outcome::pass},
                                    {"greet-wait", Outcome::deviation},
                                    {"ehlo-first", Outcome::not_exercised}});
    const Comparison now = compare(audit, before);
    CHECK(now.worse.empty());
    REQUIRE(now.better.size() == 1);
    CHECK(now.better[0]->slug == "quit-sent");
    REQUIRE(now.unseen.size() == 1);
    CHECK(now.unseen[0]->slug == "ehlo-first");
}

TEST_CASE("what is no baseline is told with its line") {
    const auto error = [](std::string_view text) {
        const auto read = read_baseline(text);
        REQUIRE_FALSE(read.has_value());
        return read.error();
    };
    const BadBaseline word = error("# known\n\nfails quit-sent\n");
    CHECK(word.line == 3);
    CHECK(word.message == "expected 'fail RULE' or 'deviation RULE', not 'fails quit-sent'");
    const BadBaseline slug = error("fail quit-send");
    CHECK(slug.line == 1);
    CHECK(slug.message == "no rule is called 'quit-send'; did you mean 'quit-sent'?");
    CHECK(error(std::string(5000, '\xff')).message.size() < 200);
    CHECK(error("fail").message == "expected 'fail RULE' or 'deviation RULE', not 'fail'");
}

}  // namespace fakemx::conformance
