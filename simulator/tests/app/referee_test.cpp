// When a run is over, told from what comes by on its way to the journal.
#include "app/referee.h"

#include "support/catch.h"
#include "tests/oracle/story.h"

using namespace fakemx;
using oracle::test::Story;

namespace {

scenario::Scenario settling(std::uint32_t messages) {
    scenario::Scenario scenario;
    scenario.over = scenario::Over::settled;
    scenario.send.push_back({.from = "ann@a.test", .to = {"bob@163.com"}, .count = messages});
    return scenario;
}

/// The whole story is told each time: what came before comes again.
bool is_over(app::Referee& referee, const Story& story, Duration at = 1h) {
    referee.write(story.batch());
    return referee.over({.now = default_epoch + at, .status = {}, .processes_left = true})
        .has_value();
}

}  // namespace

TEST_CASE("settled: accepted, rejected, or given up in a notice, in any order") {
    const scenario::Scenario scenario = settling(2);
    app::Referee referee{scenario};
    Story story;
    story.tried(1, 0s, 451);
    CHECK_FALSE(is_over(referee, story));
    story.tried(2, 0s, 451);
    story.notice(3, 1h, "failed", "1@a.test");
    CHECK_FALSE(is_over(referee, story));
    // No notice comes behind this one.
    story.tried(2, 2h, 250);
    CHECK(is_over(referee, story));
}

TEST_CASE("a notice that was taken counts, whether or not its reply arrived") {
    const scenario::Scenario scenario = settling(1);
    app::Referee referee{scenario};
    Story story;
    story.tried(1, 0s, 451);
    story.notice(2, 1h, "failed", "1@a.test").outcome = journal::Outcome::lost;
    CHECK(is_over(referee, story));
}

TEST_CASE("what begins while nobody looked for any more is waited for") {
    scenario::Scenario scenario = settling(1);
    scenario.watch = 1h;
    app::Referee referee{scenario};
    Story story;
    story.tried(1, 0s, 451);
    story.notice(2, 1h, "failed", "1@a.test");
    CHECK_FALSE(is_over(referee, story, 1h));
    story.tried(3, 90min, 451);
    CHECK_FALSE(is_over(referee, story, 90min));
    CHECK_FALSE(is_over(referee, story, 3h));
    story.tried(3, 3h, 250);
    CHECK_FALSE(is_over(referee, story, 3h));
    CHECK(is_over(referee, story, 4h));
}
