// The page of transcripts shows what happens, in virtual time and over real sockets.
#include "tests/app/fault_pages.h"

#include <fstream>

#include "support/catch.h"
#include "tests/app/socket_driver.h"

namespace fakemx::test {

namespace {

constexpr std::string_view begin_mark = "<!-- transcripts: generated -->\n";
constexpr std::string_view end_mark = "<!-- /transcripts -->\n";
const std::string page = "docs/reference/fault-transcripts.md";

}  // namespace

TEST_CASE("the page of transcripts shows what happens") {
    // When this fails: build, then `fakemx_test_app "[.faults]"` from the root of the repository.
    const std::string text = read_file(page);
    const std::size_t begin = text.find(begin_mark);
    REQUIRE(begin != std::string::npos);
    const std::size_t end = text.find(end_mark);
    REQUIRE(end != std::string::npos);
    CHECK(text.substr(begin + begin_mark.size(), end - begin - begin_mark.size()) ==
          page_of(sections()));
}

TEST_CASE("what the transcripts show happens over real sockets as well") {
    for (const Section& section : sections()) {
        if (section.by_sockets) continue;
        INFO(section.name << "\n" << shown(section.record));
        SocketDriver driver{section.profile};
        CHECK(replay(driver, section.record) == "");
    }
}

TEST_CASE("write the transcripts into their page", "[.faults]") {
    std::string text = read_file(page);
    const std::size_t begin = text.find(begin_mark) + begin_mark.size();
    text.replace(begin, text.find(end_mark) - begin, page_of(sections()));
    std::ofstream{page} << text;
}

}  // namespace fakemx::test
