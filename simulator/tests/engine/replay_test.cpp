// Record, replay, compare: whatever was recorded is the same once more, and nothing that is altered goes unseen.
#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "support/catch.h"
#include "support/dns_wire.h"
#include "support/draws.h"
#include "support/recorded.h"
#include "support/ruled_policy.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;
using namespace fakemx::engine;

namespace {

/// A client's end of the network, which stops taking octets now and then.
class Sluggish final : public Transport {
public:
    explicit Sluggish(Draws& draws) : draws_(draws) {}

    void send(std::string_view) override { blocked = blocked || draws_.one_in(5); }
    bool flushed() const override { return !blocked; }
    void upgrade_tls(const std::optional<smtp::HandshakeFault>&, std::string) override {
        upgrading = true;
    }
    void half_close() override {}
    void read_on() override {}
    void close(smtp::Close::How) override {}

    bool blocked = false;
    bool upgrading = false;

private:
    Draws& draws_;
};

/// Clients, networks, times and people who change the state, all by chance.
class World {
public:
    explicit World(std::uint64_t seed) : draws_("world", seed) {
        HostProfile& host = profile_.hosts.emplace_back();
        host.options.users = {{"ada", "secret"}};
        host.options.message_octets_max = 2000;
        host.options.idle_timeout = 2min;
        host.options.extensions = {{smtp::Extension::pipelining, "PIPELINING"},
                                   {smtp::Extension::starttls, "STARTTLS"},
                                   {smtp::Extension::chunking, "CHUNKING"},
                                   {smtp::Extension::auth, "AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2"}};
        HostProfile& lmtp = profile_.hosts.emplace_back();
        lmtp.options.lmtp = true;
        lmtp.options.name = "lmtp.test";
        profile_.hosts.emplace_back().options.implicit_tls = true;
        const std::vector<std::string> rules{"default",
                                             "sleep 3s 451 4.3.2 Busy",
                                             "tries 1 450 4.2.0 Greylisted",
                                             "drip 2 1s default",
                                             "after 4s default",
                                             "chance 1 3 after 1s then_close 421 4.3.0 bye",
                                             "late 3s default",
                                             "and_then 2s 250 unasked",
                                             "fail",
                                             "silence"};
        for (const char* hook : {"connect", "ehlo", "mail", "rcpt", "data", "message", "auth",
                                 "starttls", "bdat", "noop", "unknown", "close", "idle"}) {
            // Most of them as usual, or nobody gets far.
            if (draws_.one_in(3)) REQUIRE(policy_.set(hook, rules[draws_.below(rules.size())]));
        }
        simulator_.emplace(profile_, policy_, sink_, options());
    }

    void live(std::size_t steps) {
        for (; steps != 0; --steps) step();
        simulator_->shut_down(now_);
    }

    /// What comes of a replay of what `sink` has.
    std::string replayed(const RecordedSink& sink, bool complete = true) {
        RecordedInMemory run{sink, complete};
        Profile profile = profile_;
        for (HostProfile& host : profile.hosts) host.options.proofs_replaced = true;
        RuledPolicy policy = policy_.anew();
        return words_of(replay(run, profile, policy, options(), nullptr));
    }

    const RecordedSink& sink() const { return sink_; }

private:
    struct Peer {
        SessionId id{};
        Sluggish* network = nullptr;
        std::string to_send;
    };

    static Simulator::Options options() {
        std::map<dns::Name, dns::Node> names;
        dns::Node& node = names[*dns::Name::parse("*.test")];
        node.order = dns::Order::random;
        for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3"})
            node.data.emplace_back(dns::Type::a, *IpAddress::parse(address));
        return {.seed = 7,
                .sessions_max = 6,
                .recorded = true,
                .zones = dns::Zones{std::move(names), {}}};
    }

    std::string saying() {
        const std::vector<std::string> sayings{
            "EHLO client.test\r\n",
            "EHLO client.test\r\n",
            "LHLO client.test\r\n",
            "MAIL FROM:<a@a.test>\r\n",
            "RCPT TO:<r@b.test>\r\nRCPT TO:<q@b.test>\r\n",
            "MAIL FROM:<a@a.test>\r\nRCPT TO:<r@b.test>\r\nDATA\r\n",
            "DATA\r\n",
            "Subject: x\r\n\r\n..\r\nhello\r\n..dot\r\n" +
                draws_.text("abc.\r\n", draws_.below(300)) + "\r\n.\r\n",
            "BDAT 5\r\nhelloBDAT 7 LAST\r\n.there\n",
            "AUTH PLAIN AGFkYQBzZWNyZXQ=\r\n",
            "AUTH PLAIN AGFkYQB3cm9uZw==\r\n",
            "AUTH LOGIN\r\nYWRh\r\nc2VjcmV0\r\n",
            "AUTH CRAM-MD5\r\nYWRhIDEyMw==\r\n",
            "AUTH XOAUTH2 dXNlcj1hZGEBYXV0aD1CZWFyZXIgeHl6AQE=\r\n",
            "AUTH PLAIN\r\n*\r\n",
            "STARTTLS\r\n",
            "NOOP\r\n",
            "XYZZY c2VjcmV0\r\n",
            "QUIT\r\n",
            draws_.text("AUTH \r\nx\xFF", draws_.below(40)),
        };
        return sayings[draws_.below(sayings.size())];
    }

    void step() {
        if (draws_.one_in(3)) return pass_time();
        if (peers_.empty() || draws_.one_in(12)) return connect();
        if (draws_.one_in(60)) return change_state();
        if (draws_.one_in(20)) return ask_for_name();
        if (draws_.one_in(20)) return simulator_->flush();
        const std::size_t index = draws_.below(peers_.size());
        Peer& peer = peers_[index];
        if (!simulator_->alive(peer.id)) {
            peers_.erase(peers_.begin() + std::ptrdiff_t(index));
            return;
        }
        give(peer);
    }

    void give(Peer& peer) {
        const auto handle = [&](const smtp::Input& input) {
            simulator_->handle(now_, peer.id, input);
        };
        if (peer.network->blocked && draws_.one_in(2)) {
            peer.network->blocked = false;
            return handle(smtp::Drained{});
        }
        if (draws_.one_in(40)) return handle(smtp::Broken{"connection reset"});
        if (draws_.one_in(40)) return handle(smtp::HalfClosed{});
        if (draws_.one_in(40)) return handle(smtp::Trickled{});
        if (peer.network->upgrading) {
            peer.network->upgrading = false;
            if (draws_.one_in(4))
                return handle(smtp::TlsFailed{{.version = "TLSv1.3"}, "no shared cipher"});
            return handle(smtp::TlsReady{virtual_handshake("mx.test")});
        }
        if (peer.to_send.empty()) peer.to_send = saying();
        std::size_t octets = draws_.one_in(2) ? peer.to_send.size() : 1 + draws_.below(20);
        octets = std::min({octets, peer.to_send.size(), simulator_->input_octets_max(peer.id)});
        if (octets == 0) return;
        const std::string piece = peer.to_send.substr(0, octets);
        peer.to_send.erase(0, octets);
        handle(smtp::Received{piece});
    }

    void ask_for_name() {
        std::string octets = octets_of(
            {.name = draws_.one_in(2) ? "a.test" : "b.test",
             .type = draws_.one_in(4) ? dns::Type::mx : dns::Type::a,
             .edns_octets = draws_.one_in(2) ? std::optional<std::uint16_t>{1232} : std::nullopt});
        if (draws_.one_in(6)) octets.resize(draws_.below(octets.size()));
        const auto transport = draws_.one_in(3) ? dns::Transport::tcp : dns::Transport::udp;
        simulator_->query(now_, {"127.0.0.1", transport, std::move(octets)}, nullptr);
    }

    void connect() {
        Sluggish& network = *networks_.emplace_back(std::make_unique<Sluggish>(draws_));
        const std::size_t host = draws_.below(8) < 6 ? 0 : 1 + draws_.below(2);
        const std::string client = fmt::format("192.0.2.{}", draws_.below(4));
        peers_.push_back(
            {simulator_->open(now_, host, {client, "127.0.0.1"}, network), &network, {}});
    }

    void pass_time() {
        const auto next = simulator_->deadline();
        const Duration waits = std::chrono::milliseconds{draws_.below(3000)};
        // Late, as with a real clock; or nothing is due.
        now_ = next && draws_.one_in(2) ? std::max(now_, *next) + waits / 100 : now_ + waits / 10;
        if (draws_.one_in(30)) now_ += 3min;
        simulator_->tick(now_);
    }

    void change_state() {
        const StateEntry entry{
            .store = "seen", .key = "k", .content = StateCounter{3}, .expires = now_ + 1min};
        switch (draws_.below(4)) {
            case 0: return must(StatePut{{entry}});
            case 1: return must(StateForgotten{"seen", "k"});
            case 2: return must(StateReset{});
            default: return must(StateRestored{simulator_->state().snapshot(now_)});
        }
    }
    void must(const StateChange& change) {
        REQUIRE(simulator_->change_state(now_, change).has_value());
    }

    Draws draws_;
    Profile profile_;
    RuledPolicy policy_;
    RecordedSink sink_;
    std::vector<std::unique_ptr<Sluggish>> networks_;  // outlive the simulator
    std::vector<Peer> peers_;
    Instant now_ = default_epoch;
    std::optional<Simulator> simulator_;
};

}  // namespace

TEST_CASE("replay: whatever a world of clients does is the same once more") {
    std::string seen;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        World world{seed};
        world.live(600);
        REQUIRE(world.replayed(world.sink()) == "alike");
        for (const auto& events : world.sink().events) {
            for (const std::string& json : events.json) seen += json;
        }
    }
    // That the worlds hold what they are for.
    for (const char* sign :
         {"\"accepted\"", "\"silent\"", "script_failed", "\"chunks\"", "\"fits\"", "\"mechanism\"",
          "\"tls\"", "no shared cipher", "stopped reading", "cut_off_message", "\"unasked\"",
          "client_lost", "\"idle\"", "shutdown", "Too many", "plaintext_before_tls", "\"query\"",
          "FORMERR"}) {
        CHECK(seen.find(sign) != std::string::npos);
    }
}

TEST_CASE(
    "replay: a killed server's journal is the same as far as it goes, wherever it was killed") {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        CAPTURE(seed);
        World world{seed};
        world.live(300);
        REQUIRE(world.sink().writes() > 10);
        for (std::size_t writes = 0; writes <= world.sink().writes(); ++writes) {
            CAPTURE(writes);
            REQUIRE(world.replayed(world.sink().killed_behind(writes), false) == "alike");
        }
        // And one that claims to be whole is not taken for it.
        RecordedSink cut = world.sink().killed_behind(world.sink().writes());
        cut.inputs.resize(cut.inputs.size() / 2);
        CHECK(world.replayed(cut) != "alike");
    }
}

TEST_CASE(
    "replay: no octet of a recording can be altered unseen, but for those that nothing follows "
    "from") {
    World world{3};
    world.live(150);
    const std::string recording = world.sink().recording();
    REQUIRE(world.replayed(world.sink()) == "alike");
    std::size_t tried = 0, unseen = 0;
    // Every fifth: a prime, so that over the calls of a recording each of their octets has its turn.
    for (std::size_t at = 0; at < recording.size(); at += 5) {
        ++tried;
        RecordedSink altered = world.sink().killed_behind(world.sink().writes());
        std::string octets = recording;
        octets[at] = static_cast<char>(octets[at] ^ 0x01);
        altered.inputs = {octets};
        if (world.replayed(altered) == "alike") ++unseen;
    }
    // Bodies of messages whose identity is their Message-ID, lines that are thrown away, the server's own address, queries that
    // cannot be read, and what a query says beside its question.
    CHECK(unseen < tried / 5);
}

namespace {

/// A run of one client in virtual time.
std::string replayed(VirtualDriver& driver, std::string_view transcript) {
    REQUIRE(run_transcript(driver, transcript, "t.txt") == "");
    return driver.replayed();
}

/// What the client says, and then leaves; the server's words do not matter.
std::string recording_of(VirtualDriver& driver, std::string_view says) {
    const auto client = driver.connect(0, "192.0.2.1");
    driver.send(client, says);
    driver.advance(1min);
    driver.reset(client);
    return driver.recorded().recording();
}

}  // namespace

TEST_CASE("replay: a message that the journal has is not recorded twice") {
    for (const std::size_t octets_at_once : {std::size_t{0}, std::size_t{1}, std::size_t{7}}) {
        CAPTURE(octets_at_once);
        VirtualDriver driver{octets_at_once};
        const std::string message =
            "Subject: x\r\n\r\n..dot\r\n" + std::string(3000, 'y') + "\r\n..\r\n";
        const std::string recording = recording_of(
            driver, "EHLO c.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<r@b.test>\r\nDATA\r\n" +
                        message + ".\r\n");
        REQUIRE(driver.journal().messages.size() == 1);
        CHECK(recording.find("yyyy") == std::string::npos);
        CHECK(recording.find("RCPT TO:<r@b.test>") != std::string::npos);
        CHECK(driver.replayed() == "alike");
    }
}

TEST_CASE("replay: a message that was cut off, or came in chunks, is recorded as it came") {
    VirtualDriver driver;
    REQUIRE(driver.direct("host extensions=PIPELINING,CHUNKING"));
    const std::string recording = recording_of(
        driver,
        "EHLO c.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<r@b.test>\r\nBDAT 6 LAST\r\nchunk\n"
        "MAIL FROM:<a@a.test>\r\nRCPT TO:<r@b.test>\r\nDATA\r\ncut o");
    CHECK(recording.find("chunk\n") != std::string::npos);
    CHECK(recording.find("cut o") != std::string::npos);
    CHECK(driver.replayed() == "alike");
}

TEST_CASE("replay: no proof of a client is recorded, whatever became of it") {
    // "secret" and "wrongx" in all the forms that follow.
    const std::vector<std::string> proofs{"secret",  "wrongx",     "c2VjcmV0",   "d3Jvbmd4",
                                          "lY3JldA", "NlY3JldA==", "AHNlY3JldA", "zZWNyZXQ"};
    const std::string ehlo = "EHLO c.test\r\n";
    const std::vector<std::string> dialogues{
        ehlo + "AUTH PLAIN AGFkYQBzZWNyZXQ=\r\n",
        ehlo + "AUTH PLAIN AGFkYQB3cm9uZ3g=\r\nAUTH PLAIN AGFkYQBzZWNyZXQ=\r\n",
        ehlo + "auth plain\r\nAGFkYQBzZWNyZXQ=\r\nNOOP\r\n",
        ehlo + "AUTH LOGIN\r\nYWRh\r\nc2VjcmV0\r\n",
        ehlo + "AUTH LOGIN YWRh  \t\r\nc2VjcmV0\r\n",
        ehlo + "AUTH LOGIN YWRh\r\nd3Jvbmd4\r\nMAIL FROM:<a@a.test>\r\n",
        ehlo + "AUTH LOGIN YWRh\r\nc2VjcmV0x\r\nXYZZY\r\n",
        ehlo + "AUTH LOGIN YWRh\r\nc2VjcmV0",
        ehlo + "AUTH PLAIN c2VjcmV0\r\nc2VjcmV0\r\nQUIT\r\n",
        ehlo + "AUTH XOAUTH2 dXNlcj1hZGEBYXV0aD1CZWFyZXIgc2VjcmV0AQE=\r\nNOOP\r\n",
        ehlo + "AUTH XOAUTH2 dXNlcj1hZGEBYXV0aD1CZWFyZXIgd3Jvbmd4AQE=\r\nc2VjcmV0\r\nNOOP\r\n",
        ehlo + "AUTH GSSAPI c2VjcmV0\r\nc2VjcmV0\r\nNOOP\r\n",
        "AUTH PLAIN c2VjcmV0\r\nsecret\r\n" + ehlo,
        ehlo + "AUTH PLAIN c2VjcmV0\nsecret\r\n",
        ehlo + "  AUTH\tPLAIN c2VjcmV0\r\n",
        ehlo + "AUTH PLAIN \xFFsecret\r\nAUTH PLAIN c2VjcmV0 " + std::string(20'000, 'x') +
            "\r\nNOOP\r\n",
        ehlo + "STARTTLS\r\nAUTH PLAIN c2VjcmV0\r\n",
        ehlo + "VRFY x\r\nAUTH PLAIN c2VjcmV0\r\nc2VjcmV0\r\n",
        ehlo + "NOOP\r\nAUTH PLAIN c2VjcmV0\r\n",
        ehlo + "AUTH PLAIN\r\nc2VjcmV0 ",
    };
    for (const std::string& says : dialogues) {
        for (const std::size_t octets_at_once : {std::size_t{0}, std::size_t{1}, std::size_t{5}}) {
            CAPTURE(says, octets_at_once);
            // Behind its reply there is a handshake.
            if (octets_at_once != 0 && says.find("STARTTLS") != std::string::npos) continue;
            VirtualDriver driver{octets_at_once};
            REQUIRE(driver.direct("host users=ada:secret extensions=PIPELINING,STARTTLS,AUTH"));
            REQUIRE(driver.direct("on vrfy silence"));
            REQUIRE(driver.direct("on noop sleep 3m default"));
            const std::string recording = recording_of(driver, says);
            for (const std::string& proof : proofs) {
                CAPTURE(proof);
                CHECK(recording.find(proof) == std::string::npos);
            }
            CHECK(driver.replayed() == "alike");
        }
    }
}

TEST_CASE("replay: what is more than is kept is named") {
    SECTION("a message") {
        VirtualDriver driver;
        REQUIRE(driver.direct("host size=100000000"));
        const auto client = driver.connect(0, "192.0.2.1");
        driver.send(client,
                    "EHLO c.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<r@b.test>\r\nDATA\r\n");
        const std::string piece(64 * 1024, 'x');
        for (std::uint64_t sent = 0; sent <= limits::message_octets_recorded + 512 * 1024;
             sent += piece.size())
            driver.send(client, piece);
        driver.send(client, "\r\n.\r\nQUIT\r\n");
        CHECK(driver.recorded().recording().size() < limits::message_octets_recorded + 1024 * 1024);
        CHECK(
            driver.replayed() ==
            "stuck: session 1 sent a message of more than 16777216 octets, which the journal does "
            "not keep (2026-01-01T00:00:00Z)");
    }
    SECTION("octets that are no line") {
        VirtualDriver driver{64 * 1024};
        const auto client = driver.connect(0, "192.0.2.1");
        driver.send(client, std::string(limits::unread_octets_recorded + 200 * 1024, 'x'));
        driver.send(client, "\r\nQUIT\r\n");
        CHECK(driver.replayed().starts_with(
            "stuck: session 1 sent more than 1048576 octets without anything that it could read"));
    }
    SECTION("as much as is kept") {
        VirtualDriver driver{64 * 1024};
        REQUIRE(driver.direct("host size=100000000"));
        const auto client = driver.connect(0, "192.0.2.1");
        driver.send(client, std::string(limits::unread_octets_recorded - 200 * 1024, 'x'));
        driver.send(client,
                    "\r\nEHLO c.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<r@b.test>\r\nDATA\r\n");
        driver.send(client, std::string(2 * 1024 * 1024, 'x') + "\r\n.\r\nQUIT\r\n");
        CHECK(driver.replayed() == "alike");
    }
}

TEST_CASE("replay: the transcript language drives it as well") {
    VirtualDriver driver;
    CHECK(replayed(driver,
                   "!on rcpt sleep 3s 451 4.3.2 Busy\nS: 220 mx.fakemx.test ESMTP fakemx\n"
                   "C: HELO c.test\nS~ 250 *\nC: MAIL FROM:<a@a.test>\nS~ 250 *\n"
                   "C: RCPT TO:<r@b.test>\n+3s\nS: 451 4.3.2 Busy\n") == "alike");
}
