// The shipped profiles, shown by their transcripts in profiles/tests/, in virtual time.
#include "tests/script/shipped_profiles.h"

#include "support/catch.h"
#include "tests/script/profile_driver.h"

namespace fakemx::test {

TEST_CASE("Shipped profiles behave as their transcripts show") {
    for (const std::string& transcript : shipped_transcripts()) {
        ProfileDriver driver{{.name = profile_shown_by(transcript)}};
        INFO(transcript);
        CHECK(run_transcript_file(driver, transcript) == "");
        CHECK(driver.script_failures() == 0);
        CHECK(driver.replayed() == "alike");
    }
}

}  // namespace fakemx::test
