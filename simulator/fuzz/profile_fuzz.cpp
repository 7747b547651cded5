// Profiles: any text is a profile or an error with a message; what loads answers a delivery within its
// budgets, and the same one twice.
#include <string>

#include "engine/virtual_run.h"
#include "fuzz/reader.h"
#include "script/profile_host.h"

using namespace fakemx;
using fakemx::fuzz::must;

namespace {

class NoJournal final : public journal::Sink {
    void write(journal::Batch) override {}
};

std::string dialogue_with(script::LuaProfile& profile) {
    NoJournal journal;
    engine::Simulator simulator{profile.profile(), profile, journal, {.seed = 1}};
    engine::VirtualRun run{simulator};
    const auto client = run.connect();
    run.advance(1h);
    for (const char* octets :
         {"EHLO a\r\n", "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n",
          "Subject: x\r\n\r\nhello\r\n.\r\n", "VRFY x\r\nFOO\r\nHELP\r\nNOOP\r\n", "QUIT\r\n"}) {
        run.send(client, octets);
        run.advance(1h);
    }
    return run.received(client);
}

std::string try_profile(std::string_view source) {
    const auto loaded = script::load_profile("fuzz", "fuzz.lua", source, {{"tries", "3"}});
    if (!loaded) return loaded.error().message;
    must(!(*loaded)->profile().hosts.empty());
    return dialogue_with(**loaded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view source = fuzz::Reader{octets, size}.rest();
    must(try_profile(source) == try_profile(source));
    return 0;
}
