// The page of transcripts shows what happens, in virtual time and over real sockets.
#include "tests/app/fault_pages.h"

#include "support/catch.h"
#include "support/generated_page.h"
#include "tests/app/socket_driver.h"

namespace fakemx::test {

namespace {

GeneratedPage page() {
    return {"docs/reference/fault-transcripts.md", "transcripts"};
}

}  // namespace

TEST_CASE("the page of transcripts shows what happens") {
    // When this fails: build, then `fakemx_test_app "[.faults]"` from the root of the repository.
    CHECK(page().part() == page_of(sections()));
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
    page().write(page_of(sections()));
}

}  // namespace fakemx::test
