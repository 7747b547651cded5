// The page defines every word that reports use.
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "core/limits.h"
#include "oracle/judge.h"
#include "support/catch.h"

using namespace fakemx;
using namespace fakemx::oracle;

TEST_CASE("every fate and every finding stands on the page, with its section") {
    std::ifstream file{"docs/reference/oracle.md"};
    std::ostringstream content;
    content << file.rdbuf();
    const std::string page = content.str();
    for (int i = 0; i <= static_cast<int>(Fate::open); ++i) {
        const auto row = fmt::format("\n| `{}` | ", name(static_cast<Fate>(i)));
        INFO(row);
        CHECK(page.find(row) != std::string::npos);
    }
    for (int i = 0; i <= static_cast<int>(Wrong::changed_message_id); ++i) {
        const auto wrong = static_cast<Wrong>(i);
        // "lost" is a fate as well.
        const auto begin =
            page.find(fmt::format("\n| `{}` | ", name(wrong)), page.find("\n## Findings"));
        INFO(name(wrong));
        REQUIRE(begin != std::string::npos);
        const std::string row = page.substr(begin + 1, page.find('\n', begin + 1) - begin - 1);
        CHECK(
            row.ends_with(section(wrong).empty() ? "| |" : fmt::format("| {} |", section(wrong))));
        CHECK((row.find("No fault") == std::string::npos) == is_fault(wrong));
    }
    CHECK(page.find(fmt::format("at most {} lines", limits::timeline_lines_max)) !=
          std::string::npos);
    CHECK(page.find(fmt::format("at most {} deliveries", limits::exhibits_max)) !=
          std::string::npos);
    CHECK(limits::oracle_attempts_max == 500'000);
    CHECK(page.find("500,000 attempts") != std::string::npos);
    CHECK(Policy{}.round_gap == 30s);
    CHECK(page.find("at most 30 seconds after") != std::string::npos);
}
