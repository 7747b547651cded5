// The same profile gives the same octets over real sockets as in virtual time: the shipped profiles by
// their transcripts, and a profile that sleeps and fails octet by octet.
#include "engine/virtual_run.h"
#include "tests/app/socket_driver.h"

namespace fakemx::test {

namespace {

constexpr std::string_view sleeper = R"lua(
local mx = require "fakemx"
mx.profile { summary = "sleeps twice, then fails" }

function mx.on.mail(s, mail)
  mx.sleep "20ms"
  mx.sleep "30ms"
  return mx.reply(250, "2.1.0", "Slept, " .. mail.address):drip { octets = 7, every = "1ms" }
end

function mx.on.rcpt(s, rcpt)
  mx.sleep "10ms"
  return rcpt.adress
end
)lua";

constexpr std::string_view dialogue =
    "EHLO client.example\r\nMAIL FROM:<ann@sender.example>\r\nRCPT TO:<bo@163.com>\r\nQUIT\r\n";

std::unique_ptr<script::LuaProfile> load_sleeper() {
    auto loaded = script::load_profile("sleeper", "sleeper.lua", sleeper, {});
    REQUIRE(loaded.has_value());
    return std::move(*loaded);
}

}  // namespace

/// Whether the outcome depends on nothing but the dialogue: no reply holds the client's address, which is
/// another one here, and no time passes while a command is on its way to the server.
bool fit_for_sockets(const std::string& transcript) {
    std::istringstream lines{read_file(transcript)};
    char before = '#';
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# Not over sockets")) return false;
        if (line.starts_with('S') && line.find("192.0.2.") != std::string::npos) return false;
        if (before == 'C' && (line.starts_with('+') || line.starts_with("!quiet"))) return false;
        if (!line.empty()) before = line.front();
    }
    return true;
}

TEST_CASE("Shipped profiles behave over real sockets as their transcripts show") {
    std::size_t played = 0;
    for (const std::string& transcript : shipped_transcripts()) {
        if (!fit_for_sockets(transcript)) continue;
        ++played;
        SocketDriver driver{{.name = profile_shown_by(transcript)}};
        INFO(transcript);
        CHECK(run_transcript_file(driver, transcript) == "");
    }
    CHECK(played >= 6);
}

TEST_CASE("Two sleeps and a script error give the same octets in virtual time and over sockets") {
    const auto virtual_profile = load_sleeper();
    RecordingSink sink;
    engine::Simulator simulator{virtual_profile->profile(), *virtual_profile, sink, {.seed = 1}};
    engine::VirtualRun run{simulator};
    const auto client = run.connect();
    run.send(client, dialogue);
    run.advance(1s);
    const std::string expected = run.received(client);
    CHECK(expected.find("250 2.1.0 Slept, ann@sender.example\r\n451 4.3.0 ") != std::string::npos);
    CHECK(run.closed(client).has_value());
    CHECK(simulator.script_failures() == 1);

    const auto real_profile = load_sleeper();
    const auto clock = net::real_clock();
    SocketServer server{*real_profile, 1, *clock};
    SocketClient socket{server.port(0), "127.0.0.1"};
    socket.send(dialogue);
    CHECK(socket.ending(true) == TranscriptDriver::Ending::closed);
    CHECK(socket.receive(0) == expected);
}

}  // namespace fakemx::test
