// fakemx serve from the outside: what it prints, how it ends, what it leaves behind.
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

#include "app/run.h"
#include "app/version.h"
#include "store/journal_reader.h"
#include "support/blocking_client.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

std::string contents_of(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string profile_file(const Directory& directory, std::string_view text) {
    std::string path = directory.file("mine.lua");
    std::ofstream{path} << text;
    return path;
}

void send_message(std::uint16_t port, const std::string& id) {
    Client client{port};
    client.send("EHLO c.test\r\nMAIL FROM:<ada@example.test>\r\nRCPT TO:<u@163.com>\r\nDATA\r\n");
    for (int i = 0; i < 5; ++i) client.reply();
    client.send("Message-ID: " + id + "\r\n\r\nhello\r\n.\r\nQUIT\r\n");
    client.rest();
}

}  // namespace

TEST_CASE("serve: the ready file and the first line on stdout say the same") {
    const Directory directory;
    const std::string file = directory.file("ready.json"), journal = directory.file("run.db");
    std::ofstream{file} << "of an earlier run";
    Serving serving{
        {.words = {"accept", "--listen", "127.0.0.1:0", "--seed", "18446744073709551615",
                   "--ready-file", file, "--journal", journal}}};
    Client client{serving.port()};
    CHECK(client.reply().starts_with("220 mx.fakemx.test"));
    // By then the file is there: a connection is accepted only afterwards.
    CHECK(contents_of(file) == serving.ready() + "\n");
    CHECK(
        serving.ready() ==
        R"({"version":")" + std::string{version_text} + R"(","pid":)" +
            std::to_string(serving.process()) +
            R"(,"profile":"accept","seed":18446744073709551615,"smtp":[{"name":"mx.fakemx.test",)" +
            R"("address":"127.0.0.1","port":)" + std::to_string(serving.port()) +
            R"(}],"journal":")" + journal + "\"}");
    CHECK(serving.end(SIGTERM).status == 0);
    CHECK(client.rest().starts_with("421 "));
    CHECK(store::JournalReader::open(journal).value().run()->ended_at.has_value());
}

TEST_CASE("serve: SIGINT ends it as SIGTERM does") {
    Serving serving{{.words = {"accept", "--listen", "127.0.0.1:0"}}};
    CHECK(serving.ready().find("journal") == std::string::npos);
    CHECK(serving.end(SIGINT).status == 0);
}

TEST_CASE("serve: a welcome for people, and a line for each attempt") {
    const Directory directory;
    const std::string file = directory.file("ready.json");
    Serving serving{
        {.words = {"flaky-data", "--set", "tries=1", "--listen", "127.0.0.1:0", "--seed", "7"}}};
    send_message(serving.port(), "<1@x.test>");
    send_message(serving.port(), "<1@x.test>");
    const Outcome outcome = serving.end(SIGTERM);
    CHECK(outcome.err.find("ada@example.test → u@163.com  try 1  end-of-data: "
                           "451 4.3.2 Internal server error  deferred\n") != std::string::npos);
    CHECK(outcome.err.find("try 2 (+") != std::string::npos);
    CHECK(outcome.err.find("accepted\n") != std::string::npos);
}

TEST_CASE("serve: a failing hook is told with its place, and the server goes on") {
    const Directory directory;
    const std::string path = profile_file(directory,
                                          "local mx = require 'fakemx'\n"
                                          "mx.profile { summary = 'fails' }\n"
                                          "function mx.on.rcpt(s, rcpt)\n"
                                          "  error 'on purpose'\n"
                                          "end\n");
    Serving serving{{.words = {path, "--listen", "127.0.0.1:0"}}};
    Client client{serving.port()};
    client.send("EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<u@163.com>\r\nQUIT\r\n");
    CHECK(client.rest().find("451 4.3.0") != std::string::npos);
    const Outcome outcome = serving.end(SIGTERM);
    CHECK(outcome.status == 0);
    CHECK(outcome.err.find("error: ") != std::string::npos);
    CHECK(outcome.err.find(path + ":4: on purpose") != std::string::npos);
    CHECK(outcome.err.find("the profile failed at 1 question") != std::string::npos);
}

TEST_CASE("serve: every host on a port of its own, or where it is told to") {
    Serving serving{{.words = {"netease", "--listen", "127.0.0.1:0", "--listen",
                               "126mx01.mxmail.netease.com=127.0.0.2:0"}}};
    CHECK(serving.ready().find(R"("name":"126mx01.mxmail.netease.com","address":"127.0.0.2")") !=
          std::string::npos);
    CHECK(serving.port(0) != serving.port(2));
    Client first{serving.port(0)};
    CHECK(first.reply().starts_with("220 163.com"));
    // Behind the four hosts of 163.com.
    Client second{serving.port(4), "127.0.0.2"};
    CHECK(second.reply().starts_with("220 126.com"));
    CHECK(serving.end(SIGTERM).status == 0);
}

TEST_CASE("serve: TLS, the CA to trust, and the secrets for Wireshark") {
    const Directory directory;
    const std::string ca = directory.file("ca.pem"), keys = directory.file("keys.txt");
    const std::string path = profile_file(
        directory,
        "local mx = require 'fakemx'\n"
        "mx.profile { summary = 'TLS', extensions = { 'STARTTLS' }, hosts = {\n"
        "  { name = 'mx1.fakemx.test' },\n"
        "  { name = 'mx2.fakemx.test', tls = { implicit = true, certificate = 'expired' } },\n"
        "} }\n");
    std::ofstream{keys} << "of an earlier run\n";
    Serving serving{{.words = {path, "--listen", "127.0.0.1:0", "--tls-ca", ca, "--tls-keys", keys,
                               "--log-level", "debug"}}};
    CHECK(serving.ready().find(R"("port":)" + std::to_string(serving.port(0)) +
                               R"(,"tls":"starttls"},{"name":"mx2.fakemx.test")") !=
          std::string::npos);
    CHECK(serving.ready().ends_with(R"("tls":"implicit"}],"tls":{"ca":")" + ca + R"("}})"));
    {
        Client client{serving.port(1)};
        CHECK(client.start_tls({.ca_pem = contents_of(ca)}).error == "certificate verify failed");
        client.rest();
    }
    {
        Client client{serving.port(0)};
        client.send("EHLO c.test\r\nSTARTTLS\r\n");
        for (int i = 0; i < 3; ++i) client.reply();
        CHECK(
            client.start_tls({.ca_pem = contents_of(ca), .verify_name = "mx1.fakemx.test"}).error ==
            "");
        client.send("QUIT\r\n");
        CHECK(client.rest() == "221 Bye\r\n[end]");
    }
    const Outcome outcome = serving.end(SIGTERM);
    CHECK(outcome.status == 0);
    CHECK(outcome.err.find("#1 TLS failed: alert from the client: certificate expired") !=
          std::string::npos);
    CHECK(outcome.err.find("#2 TLS: TLSv1.3, TLS_AES_256_GCM_SHA384\n") != std::string::npos);
    CHECK(contents_of(keys).starts_with("of an earlier run\n"));
    CHECK(contents_of(keys).find("CLIENT_TRAFFIC_SECRET_0 ") != std::string::npos);
}

TEST_CASE("serve: files for TLS that cannot be written, and ciphers that do not exist") {
    const Directory directory;
    const std::string journal = directory.file("run.db");
    for (const std::string flag : {"--tls-ca", "--tls-keys"}) {
        const Outcome outcome = run({"serve", "tls", "--listen", "127.0.0.1:0", "--journal",
                                     journal, flag, directory.file("no/file")});
        CHECK(outcome.status == 3);
        CHECK(outcome.err.find("no/file: No such file or directory") != std::string::npos);
        CHECK_FALSE(std::filesystem::exists(journal));
    }
    const std::string path =
        profile_file(directory,
                     "local mx = require 'fakemx'\n"
                     "mx.profile { summary = 'x', tls = { ciphers = 'ROT13' } }\n");
    const std::string complaint = path +
                                  ": tls of mx.fakemx.test: OpenSSL does not take ciphers = "
                                  "\"ROT13\": no cipher match\n";
    const Outcome served = run({"serve", path});
    CHECK(served.status == 2);
    CHECK(served.err == "error: " + complaint);
    const Outcome checked = run({"check", path});
    CHECK(checked.status == 2);
    CHECK(checked.out == complaint);
}

TEST_CASE("serve: flags before variables before defaults") {
    const std::vector<std::pair<std::string, std::string>> variables{
        {"FAKEMX_PROFILE", "flaky-data"},
        {"FAKEMX_SEED", "11"},
        {"FAKEMX_SET", "tries=0 stall=1ms"},
        {"FAKEMX_LISTEN", "127.0.0.1:0"}};
    {
        Serving serving{{.words = {}, .environment = variables}};
        CHECK(serving.ready().find(R"("profile":"flaky-data","seed":11)") != std::string::npos);
        CHECK(serving.end(SIGTERM).status == 0);
    }
    Serving serving{{.words = {"accept", "--seed", "12", "--set", "x", "--listen", "127.0.0.1:0"},
                     .environment = variables}};
    const Outcome outcome = serving.end();
    CHECK(outcome.status == 2);
    CHECK(outcome.err.find("--set x: not of the form NAME=VALUE") != std::string::npos);
}

TEST_CASE("serve: trusted peers speak for others") {
    const Directory directory;
    const std::string journal = directory.file("run.db");
    Serving serving{{.words = {"accept", "--listen", "127.0.0.1:0", "--trust-proxy", "::1",
                               "--trust-proxy", "127.0.0.0/8", "--journal", journal},
                     .environment = {{"FAKEMX_TRUST_XCLIENT", "::1 127.0.0.1"},
                                     {"FAKEMX_TRUST_PROXY", "10.0.0.1"}}}};
    Client client{serving.port()};
    client.send("PROXY TCP4 198.51.100.7 203.0.113.9 4711 25\r\n");
    CHECK(client.reply().starts_with("220 "));
    client.send("XCLIENT ADDR=198.51.100.8 NAME=a.test\r\nMAIL FROM:<a@b.test>\r\nQUIT\r\n");
    CHECK(client.rest().starts_with("220 "));
    CHECK(serving.end(SIGTERM).status == 0);
    const Outcome transcript = run({"log", journal, "--transcript"});
    CHECK(transcript.out.find("# PROXY: 127.0.0.1 speaks for 198.51.100.7\n") != std::string::npos);
    CHECK(transcript.out.find("# XCLIENT: 127.0.0.1 speaks for 198.51.100.8 (a.test)\n") !=
          std::string::npos);
}

TEST_CASE("serve: an LMTP host says so") {
    const Directory directory;
    const std::string path =
        profile_file(directory,
                     "local mx = require 'fakemx'\n"
                     "mx.profile { summary = 'x', lmtp = true, hosts = { { name = 'a.test' }, "
                     "{ name = 'b.test', lmtp = false } } }\n");
    Serving serving{{.words = {path, "--listen", "127.0.0.1:0"}}};
    CHECK(serving.ready().find(R"("name":"a.test","address":"127.0.0.1","port":)" +
                               std::to_string(serving.port()) + R"(,"protocol":"lmtp"})") !=
          std::string::npos);
    CHECK(serving.ready().find(R"("port":)" + std::to_string(serving.port(1)) + "}") !=
          std::string::npos);
    Client client{serving.port()};
    CHECK(client.reply() == "220 a.test LMTP fakemx\r\n");
}

TEST_CASE("serve: wrong use ends with 2 and says why") {
    const auto refusal = [](std::vector<std::string> words) {
        words.insert(words.begin(), "serve");
        const Outcome outcome = run(words);
        CHECK(outcome.status == 2);
        CHECK(outcome.out.empty());
        return outcome.err;
    };
    CHECK(refusal({"acept"}).find("no such profile in profiles; did you mean 'accept'?") !=
          std::string::npos);
    CHECK(refusal({"./no.lua"}) == "error: ./no.lua: No such file or directory\n");
    CHECK(refusal({"accept", "--jurnal", "x"})
              .find("unknown option --jurnal; did you mean '--journal'?") != std::string::npos);
    CHECK(refusal({}).find("PROFILE is required") != std::string::npos);
    CHECK(refusal({"accept", "--seed", "-1"}) ==
          "error: --seed -1: not a number from 0 to 18446744073709551615\n");
    CHECK(refusal({"accept", "--seed", "18446744073709551616"}).find("--seed") !=
          std::string::npos);
    CHECK(refusal({"accept", "--set", "tries"}).find("--set tries: not of the form NAME=VALUE") !=
          std::string::npos);
    CHECK(refusal({"flaky-data", "--set", "tires=1"}).find("'tries'") != std::string::npos);
    CHECK(refusal({"accept", "--listen", "1025"}).find("--listen 1025: not of the form") !=
          std::string::npos);
    CHECK(refusal({"accept", "--listen", "mx=127.0.0.1:0"}).find("has no host 'mx'") !=
          std::string::npos);
    CHECK(refusal({"accept", "--clock", "fast"})
              .find("--clock fast: not 'real', 'stepped', or 'xN'") != std::string::npos);
    CHECK(refusal({"accept", "--clock", "x0"}).find("--clock x0:") != std::string::npos);
    CHECK(refusal({"accept", "--epoch", "2026-01-01T00:00:00Z"}).find("the real clock has none") !=
          std::string::npos);
    CHECK(refusal({"accept", "--clock", "x2", "--epoch", "tomorrow"}).find("--epoch tomorrow:") !=
          std::string::npos);
    CHECK(refusal({"accept", "--log-level", "loud"}).find("--log-level loud:") !=
          std::string::npos);
    CHECK(refusal({"accept", "--trust-proxy", "localhost"}) ==
          "error: --trust-proxy localhost: not an IP address, nor a network such as 10.0.0.0/8 "
          "with no "
          "bit set behind its prefix\n");
    CHECK(refusal({"accept", "--trust-xclient", "127.0.0.1/8"})
              .find("--trust-xclient 127.0.0.1/8:") != std::string::npos);
    CHECK(refusal({"accept", "--max-sessions", "0"}).find("max-sessions") != std::string::npos);
}

TEST_CASE("serve: a profile with an error ends with 2 and names the line") {
    const Directory directory;
    const std::string path = profile_file(directory, "local mx = require 'fakemx'\nmx.profle {}\n");
    const Outcome outcome = run({"serve", path});
    CHECK(outcome.status == 2);
    CHECK(outcome.err.starts_with("error: " + path + ":2: "));
}

TEST_CASE("serve: what the machine refuses ends with 3 and leaves no journal") {
    const Directory directory;
    const std::string journal = directory.file("run.db");
    const Client holder = Client::listening();
    const std::string place = "127.0.0.1:" + std::to_string(holder.local_port());
    const Outcome in_use = run({"serve", "accept", "--listen", place, "--journal", journal});
    CHECK(in_use.status == 3);
    CHECK(in_use.err == "error: " + place + ": Address already in use\n");
    CHECK_FALSE(std::filesystem::exists(journal));

    const Outcome no_ready = run({"serve", "accept", "--listen", "127.0.0.1:0", "--journal",
                                  journal, "--ready-file", directory.file("no/ready.json")});
    CHECK(no_ready.status == 3);
    CHECK(no_ready.err.find("ready.json: No such file or directory") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(journal));

    const Outcome full =
        run({.words = {"serve", "accept", "--listen", "127.0.0.1:0", "--json"},
             .before = [] { ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO); }});
    CHECK(full.status == 3);
    CHECK(full.err.find("stdout: No space left on device") != std::string::npos);

    std::ofstream{journal} << "mine";
    const Outcome exists =
        run({"serve", "accept", "--listen", "127.0.0.1:0", "--journal", journal});
    CHECK(exists.status == 3);
    CHECK(exists.err.find("exists and is no journal") != std::string::npos);
    CHECK(contents_of(journal) == "mine");
}

TEST_CASE("serve: a journal that can no longer be written stops the server with 3") {
    const Directory directory;
    Serving serving{
        {.words = {"accept", "--listen", "127.0.0.1:0", "--journal", directory.file("run.db")},
         .before = [] {
             const rlimit limit{256 * 1024, 256 * 1024};
             ::setrlimit(RLIMIT_FSIZE, &limit);
         }}};
    Client client{serving.port()};
    client.send("EHLO c.test\r\n");
    client.reply();
    client.reply();
    // Until it says that it is going down.
    for (std::string reply; !reply.starts_with("421 ") && reply != "reset";) {
        client.send("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
        for (int i = 0; i < 3 && !reply.starts_with("421 "); ++i) reply = client.reply();
        if (reply.starts_with("421 ")) break;
        client.send(std::string(60'000, 'x') + "\r\n.\r\n");
        reply = client.reply();
    }
    const Outcome outcome = serving.end();
    CHECK(outcome.status == 3);
    CHECK(outcome.err.find("the journal cannot be written") != std::string::npos);
    CHECK(store::JournalReader::open(directory.file("run.db")).has_value());
}

TEST_CASE("serve: a closed stdout or stderr lands in no file") {
    const Directory directory;
    const std::string journal = directory.file("run.db");
    const Outcome outcome = run(
        {.words = {"serve", "accept", "--listen", "127.0.0.1:0", "--json", "--journal", journal},
         .before = [] { ::close(STDOUT_FILENO); }});
    CHECK(outcome.status == 3);
    CHECK(outcome.err.find("stdout: Bad file descriptor") != std::string::npos);
}

TEST_CASE("serve: a scaled clock begins at its epoch, and a profile's waits are shorter by it") {
    const Directory directory;
    const std::string journal = directory.file("run.db");
    const std::string path = profile_file(directory,
                                          "local mx = require 'fakemx'\n"
                                          "mx.profile { summary = 'waits' }\n"
                                          "function mx.on.noop(s) mx.sleep '20m' end\n");
    Serving serving{{.words = {path, "--listen", "127.0.0.1:0", "--clock", "x10000", "--epoch",
                               "2030-05-05T05:05:05Z", "--journal", journal}}};
    Client client{serving.port()};
    client.send("NOOP\r\nQUIT\r\n");
    CHECK(client.rest().find("221 ") != std::string::npos);
    CHECK(serving.end(SIGTERM).status == 0);
    auto reader = store::JournalReader::open(journal);
    const auto stored = reader.value().run().value();
    CHECK(format_instant(stored.started_at).starts_with("2030-05-05T05:"));
    CHECK(*stored.ended_at - stored.started_at >= 20min);
    CHECK(stored.clock == "x10000");
}
