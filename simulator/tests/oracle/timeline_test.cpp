// A delivery as lines.
#include "oracle/timeline.h"

#include <algorithm>

#include "core/limits.h"
#include "support/catch.h"
#include "tests/oracle/story.h"

using namespace fakemx;
using namespace fakemx::oracle;
using oracle::test::Story;

TEST_CASE("a timeline shows times, waits, hosts, stages, replies, outcomes and notices") {
    Story story;
    story.tried(1, 10s, 451, "4.7.1 \x1b[31mGreylisted\r\n for 5 minutes").stage = smtp::Hook::rcpt;
    auto& lost = story.tried(1, 5min + 10s, 0, "lost: 250 OK", "mx2");
    lost.taken = true;
    lost.ended_at = lost.at + 2s;
    story.tried(1, 1h, 0, "").outcome = journal::Outcome::pending;
    story.notice(2, 30min, "delayed", "1@a.test");
    CHECK(timeline(story.account().deliveries[0], {2}) ==
          "ann@a.test → bob@163.com  1@a.test\n"
          "  try 1   +0s                   mx1.163.com #1  rcpt: 451 4.7.1 "
          "\\x1b[31mGreylisted\\x0d\\x0a for 5 minutes  deferred\n"
          "> try 2   +5m      after 5m     mx2 #2  end-of-data: lost: 250 OK  taken, but the reply "
          "was lost\n"
          "  notice  +29m50s               to ann@a.test: delayed (4.4.7)\n"
          "  try 3   +59m50s  after 54m48s mx1.163.com #3  end-of-data: no reply  pending\n");
}

TEST_CASE("of a long row the ends, what is marked with its neighbours, and notices are shown") {
    Story story;
    for (int i = 0; i < 110; ++i) story.tried(1, std::chrono::hours{i}, 451, "4.3.2 Busy");
    story.notice(2, std::chrono::hours{80}, "delayed", "1@a.test");
    const std::string text = timeline(story.account().deliveries[0], {60});
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    // Its first line, and one for each gap.
    CHECK(lines == limits::timeline_lines_max + 1 + 3);
    using Catch::Matchers::Contains;
    for (const char* number :
         {"try 1 ", "try 2 ", "try 3 ", "> try 60", "try 59", "try 61", "notice", "try 110"}) {
        CHECK_THAT(text, Contains(number));
    }
    CHECK_THAT(text, !Contains("try 58"));
    CHECK_THAT(text, Contains("  … 19 lines not shown\n"));
    CHECK(timeline(story.account().deliveries[0], {60}) == text);
}
