// Figures as text: well-formed with any labels, and drawn where the numbers say.
#include "chart/figure.h"

#include <cmath>

#include "chart/svg_text.h"
#include "support/catch.h"

namespace fakemx::chart::test {

using Catch::Matchers::Contains;

TEST_CASE("text is escaped, also where it is no text") {
    CHECK(escaped("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;");
    CHECK(escaped("网易 163") == "网易 163");
    CHECK(escaped("a\x01\xff") == "a\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(escaped("\xE7\xBD") == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("text is cut between characters, by its width") {
    CHECK(fitting("short", 10) == "short");
    CHECK(fitting("网易邮箱", 3) == "网易…");
    CHECK(width_of("网") > width_of("w"));
    CHECK(fitting("aaaaaaaaaaaaaaaaaaaa", 3).size() < 10);
}

TEST_CASE("ticks are round values within the axis") {
    const auto labels = [](const Axis& axis, std::size_t wanted) {
        std::string text;
        for (const Tick& tick : ticks(axis, wanted)) text += tick.label + " ";
        return text;
    };
    CHECK(labels({.low = 0, .high = 1000}, 5) == "0 200 400 600 800 1000 ");
    CHECK(labels({.low = 0, .high = 3}, 5) == "0 1 2 3 ");
    CHECK(labels({.unit = Axis::Unit::seconds, .low = 0, .high = 3600}, 6) ==
          "0s 10m 20m 30m 40m 50m 1h ");
    CHECK(labels({.unit = Axis::Unit::seconds, .low = 0, .high = 5 * 86'400.0}, 5) ==
          "0s 1d 2d 3d 4d 5d ");
    CHECK(labels({.unit = Axis::Unit::seconds, .low = 1, .high = 86'400, .logarithmic = true},
                 12) == "1s 5s 15s 1m 5m 15m 1h 4h 12h 1d ");
    CHECK(labels({.low = 0, .high = 20'000}, 2) == "0 10 k 20 k ");
    CHECK(round_up(Axis::Unit::count, 334) == 400);
    CHECK(round_up(Axis::Unit::count, 0) == 1);
    CHECK(round_up(Axis::Unit::count, 7) == 8);
}

TEST_CASE("a value lies where the axis says") {
    CHECK(place({.low = 0, .high = 10}, 5) == 0.5);
    CHECK(place({.low = 0, .high = 10}, 20) == 1);
    CHECK(std::abs(place({.low = 1, .high = 10'000, .logarithmic = true}, 100) - 0.5) < 1e-9);
    CHECK(place({.low = 3, .high = 3}, 3) == 0);
}

TEST_CASE("a figure has its columns, lines, bars and words") {
    Plot plot{.title = "收件 <volume>", .x = {.low = 0, .high = 10}, .y = {.low = 0, .high = 4}};
    plot.parts = {{"accepted", 2}, {"deferred", 1}};
    plot.stacks = {{0, 5, {3, 1}}, {5, 10, {0, 0}}};
    plot.steps = {{"queue", 0, {{0, 0}, {5, 4}}}};
    const Figure figure{"t", "s", {plot, Bars{"limits", {{"451 \"x\"", 10, "10 times", 3}}}}};
    const std::string text = svg(figure);
    CHECK(text == svg(figure));
    CHECK_THAT(text, Contains("收件 &lt;volume&gt;"));
    CHECK_THAT(text, Contains("451 &quot;x&quot;"));
    CHECK_THAT(text, Contains("prefers-color-scheme:dark"));
    // Three quarters of 190 pixels high, and the other quarter on top of it; nothing for what is not there.
    CHECK_THAT(text, Contains("height=\"142.5\" class=\"f2\""));
    CHECK_THAT(text, Contains("height=\"47.5\" class=\"f1\""));
    std::size_t columns = 0;
    for (std::size_t at = text.find("class=\"f"); at != std::string::npos;
         at = text.find("class=\"f", at + 1))
        ++columns;
    CHECK(columns == 2 + 3 + 1);  // columns, legend, bar
    CHECK(svg({"", "", {}}).starts_with("<svg"));
}

}  // namespace fakemx::chart::test
