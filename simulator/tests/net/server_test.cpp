// Octets, ends and deadlines over real sockets.
#include "net/server.h"

#include <algorithm>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/virtual_run.h"
#include "net/fixture.h"
#include "support/catch.h"

using namespace fakemx;
using namespace fakemx::test;
using smtp::Hook;

namespace {

constexpr std::string_view whole_dialogue =
    "EHLO mta.example.test\r\n"
    "MAIL FROM:<ada@example.test> SIZE=20\r\n"
    "RCPT TO:<u@163.com>\r\n"
    "NONSENSE\r\n"
    "DATA\r\n"
    "Subject: x\r\n\r\n..\r\n.\r\n"
    "QUIT\r\n";

}  // namespace

TEST_CASE("a client that waits for each reply") {
    Served served;
    Client client = served.client();
    CHECK(client.reply().starts_with("220 mx.fakemx.test"));
    for (const auto& [line, code] : {std::pair{"EHLO mta.example.test\r\n", "250-"},
                                     {"MAIL FROM:<ada@example.test>\r\n", "250 "},
                                     {"RCPT TO:<u@163.com>\r\n", "250 "},
                                     {"DATA\r\n", "354 "},
                                     {"Subject: x\r\n\r\nhello\r\n.\r\n", "250 "},
                                     {"QUIT\r\n", "221 "}}) {
        client.send(line);
        CHECK(client.reply().starts_with(code));
    }
    CHECK(client.rest() == "[end]");
    served.stop();
    CHECK(served.sink.ended(1) == "quit");
    CHECK(served.sink.canonical(1).find(R"("host":"mx.fakemx.test","client":"127.0.0.1")") !=
          std::string::npos);
}

TEST_CASE("how the octets are split makes no difference") {
    std::string replies, events;
    {
        Served served;
        Client client = served.client();
        client.reply();
        client.send(whole_dialogue);
        replies = client.rest();
        served.stop();
        events = served.sink.canonical(1);
    }
    CHECK(replies.ends_with("[end]"));
    CHECK(count(replies, "\r\n") >= 7);

    Served served;
    Client client = served.client();
    client.reply();
    for (const char& octet : whole_dialogue) client.send({&octet, 1});
    CHECK(client.rest() == replies);
    served.stop();
    CHECK(served.sink.canonical(1) == events);
}

TEST_CASE("real sockets and a virtual run give the same replies and the same events") {
    const auto answer = [](const engine::Question& question, int resumed, Instant now) {
        if (resumed < 2) return sleep_until(now + 10s);
        if (question.hook == Hook::mail) {
            return engine::Step{.outcome = engine::ScriptError{"a.lua:1: no", "a.lua", 1, ""}};
        }
        return reply(250, "after two waits");
    };
    const auto which = hooks({Hook::ehlo, Hook::mail, Hook::rcpt});

    engine::Profile profile;
    profile.hosts.emplace_back();
    ScriptedPolicy policy{which, answer};
    KeepingSink sink;
    std::string virtual_replies;
    {
        engine::Simulator simulator{profile, policy, sink, {.seed = 1}};
        engine::VirtualRun run{simulator};
        const auto client = run.connect(0, "127.0.0.1");
        run.send(client, whole_dialogue);
        run.advance(2min);
        virtual_replies = run.received(client);
        CHECK(run.closed(client));
    }

    Served served{{.hooks = which, .answer = answer, .speed = 1000}};
    Client client = served.client();
    client.send(whole_dialogue);
    CHECK(client.rest() == virtual_replies + "[end]");
    served.stop();
    CHECK(served.sink.canonical(1) == sink.canonical(1));
    CHECK(sink.canonical(1).find("after two waits") != std::string::npos);
}

TEST_CASE("a client that sends everything and then no more gets all its replies") {
    Served served;
    Client client = served.client();
    client.send(whole_dialogue.substr(0, whole_dialogue.find("QUIT")));
    client.finish();
    const std::string replies = client.rest();
    CHECK(count(replies, "\r\n250 ") >= 3);
    CHECK(replies.ends_with("[end]"));
    served.stop();
    CHECK(served.sink.ended(1) == "client_closed");
}

TEST_CASE("a client that resets the connection is lost") {
    Served served;
    Client client = served.client();
    client.reply();
    client.send("EHLO mta.example.test\r\n");
    client.reply();
    client.reset();
    // The next session shows that the server is past it.
    Client other = served.client();
    other.send("QUIT\r\n");
    other.rest();
    served.stop();
    CHECK(served.sink.ended(1) == "client_lost");
    CHECK(served.sink.ended(2) == "quit");
}

TEST_CASE("a client that goes away cancels its sleeping hook") {
    Served served{{.hooks = hooks({Hook::mail}),
                   .answer = [](const auto&, int, Instant now) { return sleep_until(now + 24h); }}};
    Client client = served.client();
    client.send("EHLO mta.example.test\r\nMAIL FROM:<a@b.test>\r\n");
    client.reply();
    client.reply();
    SECTION("by closing") {
        client.finish();
    }
    SECTION("by a reset") {
        client.reset();
    }
    // The next session shows that the server is past it.
    Client other = served.client();
    other.send("QUIT\r\n");
    other.rest();
    served.stop();
    CHECK((served.sink.ended(1) == "client_closed" || served.sink.ended(1) == "client_lost"));
}

TEST_CASE("output that the client does not take is kept, and its input waits meanwhile") {
    const std::string big(200'000, 'x');
    Served served{{.hooks = hooks({Hook::noop}),
                   .answer = [&](const auto&, int, Instant) { return reply(250, big); }}};
    Client client = served.client();
    client.reply();
    // One command a kilobyte; each is worth 200 kB of reply.
    const std::string command = "NOOP " + std::string(480, 'y') + "\r\n";
    constexpr std::size_t input_max = 256ULL * 1024 * 1024;
    const std::size_t sent = client.send_until_full(command, input_max);
    CHECK(sent < input_max);
    // As it takes the replies, the rest of the last command gets through.
    std::jthread finishing{[&] {
        if (sent % command.size() != 0) client.send(command.substr(sent % command.size()));
        client.finish();
    }};
    const std::size_t commands = (sent + command.size() - 1) / command.size();
    std::size_t replies = 0;
    for (std::string got = client.reply(); !got.empty(); got = client.reply()) {
        CHECK(got.size() == big.size() + 6);
        ++replies;
    }
    finishing.join();
    CHECK(replies == commands);
}

TEST_CASE("input behind a sleeping hook waits in the network and is not lost") {
    Served served{{.hooks = hooks({Hook::noop}),
                   .answer =
                       [](const engine::Question& question, int resumed, Instant now) {
                           const auto& text = std::get<smtp::TextArgument>(question.argument).text;
                           if (text == "wait" && resumed == 0) return sleep_until(now + 1h);
                           return reply(250, text);
                       },
                   .speed = 1000}};
    Client client = served.client();
    client.reply();
    client.send("NOOP wait\r\n");
    constexpr int commands = 20'000;
    std::string input;
    for (int i = 0; i < commands; ++i) input += "NOOP " + std::to_string(i) + "\r\n";
    // More than the session keeps (64 KiB) and than both ends' buffers together need to take.
    std::jthread sending{[&] { client.send(input); }};
    CHECK(client.reply() == "250 wait\r\n");
    for (int i = 0; i < commands; ++i)
        REQUIRE(client.reply() == "250 " + std::to_string(i) + "\r\n");
    sending.join();
}

TEST_CASE("a reset is noticed while nothing is read") {
    Served served{{.hooks = hooks({Hook::noop}),
                   .answer = [](const auto&, int, Instant now) { return sleep_until(now + 24h); }}};
    Client client = served.client();
    client.reply();
    // More than the session keeps while its hook is asleep (64 KiB).
    client.send("NOOP\r\n" + std::string(150'000, 'x'));
    // Each of these sessions shows that the server has come round once more.
    for (int i = 0; i < 3; ++i) {
        Client other = served.client();
        other.send("QUIT\r\n");
        other.rest();
    }
    client.reset();
    for (int i = 0; i < 3; ++i) {
        Client other = served.client();
        other.send("QUIT\r\n");
        other.rest();
    }
    served.stop();
    CHECK(served.sink.ended(1) == "client_lost");
}

TEST_CASE("the last reply reaches a client that goes on sending") {
    Served served;
    Client client = served.client();
    client.reply();
    client.send("QUIT\r\n" + std::string(100'000, 'x'));
    CHECK(client.reply().starts_with("221 "));
    client.send(std::string(100'000, 'x'));
    CHECK(client.rest() == "[end]");
}

TEST_CASE("verdicts end connections as they say") {
    const auto ending_with = [](smtp::Ending ending) {
        return [ending](const auto&, int, Instant) {
            engine::Step step = reply(451, "ending");
            std::get<smtp::Verdict>(step.outcome).ending = ending;
            return step;
        };
    };
    SECTION("close") {
        Served served{{.hooks = hooks({Hook::noop}), .answer = ending_with(smtp::Ending::close)}};
        Client client = served.client();
        client.send("NOOP\r\n");
        CHECK(client.rest().ends_with("451 ending\r\n[end]"));
        served.stop();
        CHECK(served.sink.ended(1) == "server_closed");
    }
    SECTION("reset") {
        Served served{{.hooks = hooks({Hook::noop}), .answer = ending_with(smtp::Ending::reset)}};
        Client client = served.client();
        client.send("NOOP\r\n");
        CHECK(client.rest().ends_with("[reset]"));
        served.stop();
        CHECK(served.sink.ended(1) == "server_reset");
    }
}

TEST_CASE("a reply in pieces arrives whole and in order") {
    Served served{{.hooks = hooks({Hook::noop}),
                   .answer =
                       [](const auto&, int, Instant) {
                           engine::Step step = reply(250, "one octet after the other");
                           std::get<smtp::Verdict>(step.outcome).pacing = {
                               .after = 10s, .pieces = {1}, .repeat_last_piece = true, .every = 1s};
                           return step;
                       },
                   .speed = 1000}};
    Client client = served.client();
    client.reply();
    client.send("NOOP\r\nNOOP\r\n");
    CHECK(client.reply() == "250 one octet after the other\r\n");
    CHECK(client.reply() == "250 one octet after the other\r\n");
}

TEST_CASE("an idle session is told so when its time is over") {
    Served served{{.speed = 10'000, .idle_timeout = 5min}};
    Client client = served.client();
    const std::string all = client.rest();
    CHECK(count(all, "220 ") == 1);
    CHECK(count(all, "421 ") == 1);
    CHECK(all.ends_with("[end]"));
    served.stop();
    CHECK(served.sink.ended(1) == "idle");
}

TEST_CASE("every host of a profile has its own port") {
    Served served{{.hosts = {"mx1.example.test", "mx2.example.test"}}};
    Client first = served.client(0), second = served.client(1);
    CHECK(first.reply().starts_with("220 mx1.example.test"));
    CHECK(second.reply().starts_with("220 mx2.example.test"));
}

TEST_CASE("IPv6 clients are named as such, and IPv4 clients of an IPv6 socket as what they are") {
    engine::Profile profile;
    profile.hosts.emplace_back();
    std::unique_ptr<Served> served;
    try {
        served = std::make_unique<Served>(Setup{.address = "::"});
    } catch (const std::runtime_error&) {
        WARN("no IPv6 on this machine");
        return;
    }
    for (const std::string address : {"::1", "127.0.0.1"}) {
        Client client{served->port(), address};
        client.send("QUIT\r\n");
        CHECK(client.rest().ends_with("[end]"));
    }
    served->stop();
    CHECK(served->sink.canonical(1).find(R"("client":"::1")") != std::string::npos);
    CHECK(served->sink.canonical(2).find(R"("client":"127.0.0.1")") != std::string::npos);
}

TEST_CASE("more sessions than allowed are told so and closed") {
    Served served{{.sessions_max = 1}};
    Client first = served.client();
    CHECK(first.reply().starts_with("220 "));
    Client second = served.client();
    CHECK(second.rest().starts_with("421 "));
    first.send("NOOP\r\n");
    CHECK(first.reply().starts_with("250 "));
}

TEST_CASE("a port in use and an address that is none are errors") {
    Served served;
    engine::Profile profile;
    profile.hosts.emplace_back();
    ScriptedPolicy policy{{}, {}};
    KeepingSink sink;
    engine::Simulator simulator{profile, policy, sink, {.seed = 1}};
    const auto clock = net::real_clock();
    net::Server server{simulator, *clock, nullptr};
    const auto taken = server.listen(0, "127.0.0.1", served.port());
    REQUIRE(taken.has_error());
    CHECK(taken.error().message ==
          "127.0.0.1:" + std::to_string(served.port()) + ": Address already in use");
    const auto nonsense = server.listen(0, "mx.example.test", 25);
    REQUIRE(nonsense.has_error());
    CHECK(nonsense.error().message == "mx.example.test:25: no IP address");
}

TEST_CASE("out of descriptors: reported once, and served again when there are some") {
    Served served;
    Client first = served.client();
    CHECK(first.reply().starts_with("220 "));
    std::vector<Client> waiting;
    for (int i = 0; i < 3; ++i) waiting.push_back(Client::unconnected());
    int highest = 0;
    for (const Client& client : waiting) highest = std::max(highest, client.descriptor());

    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    // No descriptor is free below this one: those that are, are taken here.
    std::vector<int> taken;
    for (int descriptor = ::dup(0); descriptor >= 0; descriptor = ::dup(0)) {
        if (descriptor > highest) {
            ::close(descriptor);
            break;
        }
        taken.push_back(descriptor);
    }
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(highest) + 1;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    for (Client& client : waiting) client.connect(served.port());
    const std::string trouble = served.trouble();
    // Who is in already is still served.
    first.send("NOOP\r\n");
    const std::string reply = first.reply();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    for (const int descriptor : taken) ::close(descriptor);
    CHECK(trouble == "connections cannot be accepted: Too many open files");
    CHECK(reply.starts_with("250 "));
    for (Client& client : waiting) CHECK(client.reply().starts_with("220 "));
    served.stop();
    CHECK(served.troubles().size() == 1);
}

TEST_CASE("a shutdown tells every session, whatever it was doing") {
    Served served{{.hooks = hooks({Hook::vrfy}),
                   .answer = [](const auto&, int, Instant now) { return sleep_until(now + 24h); }}};
    std::vector<Client> clients;
    for (const std::string_view said :
         {"", "EHLO mta.example.test\r\n", "EHLO mta.example.test\r\nMAIL FROM:<a@b.test>\r\n",
          "EHLO x.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nSubject: ",
          "NOO"}) {
        Client& client = clients.emplace_back(served.client());
        client.reply();
        client.send(said);
        for (std::size_t i = 0; i < count(said, "\r\n"); ++i) client.reply();
    }
    Client& asleep = clients.emplace_back(served.client());
    asleep.send("NOOP\r\nVRFY x\r\n");
    asleep.reply();
    asleep.reply();
    served.stop();
    std::uint64_t session = 0;
    for (Client& client : clients) {
        const std::string last = client.rest();
        CHECK(last.starts_with("421 "));
        CHECK(count(last, "\r\n") == 1);
        CHECK(served.sink.ended(++session) == "shutdown");
    }
}

TEST_CASE("clients that take nothing keep neither a session nor a shutdown from ending") {
    const std::string big(200'000, 'x');
    Setup setup{.hooks = hooks({Hook::noop, Hook::help}),
                .answer = [&](const engine::Question& question, int, Instant) {
                    engine::Step step = reply(250, big);
                    if (question.hook == Hook::help) {
                        std::get<smtp::Verdict>(step.outcome).ending = smtp::Ending::close;
                    }
                    return step;
                }};
    SECTION("a session that is over is dropped after a while") {
        setup.waits.undelivered = std::chrono::milliseconds{50};
        Served served{setup};
        Client client = served.client();
        for (int i = 0; i < 100; ++i) client.send("NOOP\r\n");
        client.send("HELP\r\n");
        const std::string end = client.rest();
        CHECK((end.ends_with("[reset]") || end.ends_with("[end]")));
    }
    SECTION("a shutdown does not wait for it") {
        Served served{setup};
        Client client = served.client();
        for (int i = 0; i < 100; ++i) client.send("NOOP\r\n");
        client.reply();
        served.stop();
        CHECK(served.sink.ended(1) == "shutdown");
    }
}

TEST_CASE("a server that is destroyed drops what is open") {
    Client client = [] {
        Served served;
        Client open = served.client();
        open.reply();
        return open;
    }();
    CHECK(client.rest().starts_with("421 "));
}
