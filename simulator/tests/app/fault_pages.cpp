// How each fault is shown, and the profiles of those that are not in profiles/faults.lua.
#include "tests/app/fault_pages.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <poll.h>

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "support/blocking_client.h"
#include "tests/app/fault_table.h"
#include "tests/app/socket_driver.h"

namespace fakemx::test {

namespace {

using What = Moment::What;

const std::string message = "Subject: x\r\n\r\nHello\r\n";
const std::string quit = "QUIT\r\n";

/// Where a fault tells most, how a client comes there, and what it does then.
struct Scene {
    std::string stage = "message";
    std::vector<Move> way{{ehlo}, {mail}, {rcpt}, {data}, {message, 0}};
    std::vector<Move> then{{dot}, {quit}};
};

Scene scene_of(const std::string& fault) {
    // The connection is kept for the next message.
    const std::vector<Move> waiting{{dot}, {"", 0, 1min}, {mail}, {quit}};
    const std::vector<Move> to_rcpt{{ehlo}, {mail}, {rcpt}};
    static const std::map<std::string, Scene> scenes{
        // Pipelining, as RFC 2920 §3.1 has it.
        {"late", {"rcpt", {{ehlo}, {mail}}, {{rcpt + data, 2}, {message + dot}, {quit}}}},
        {"then_cut",
         {.way = {{ehlo},
                  {"STARTTLS\r\n"},
                  {"", 0, 0s, true},
                  {ehlo},
                  {mail},
                  {rcpt},
                  {data},
                  {message, 0}}}},
        {"duplicated", {.then = {{dot}, {mail}, {quit}}}},
        {"early", {.then = {{dot}, {mail}, {quit}}}},
        {"unsolicited", {.then = waiting}},
        {"unsolicited_421", {.then = waiting}},
        {"stop_reading", {"data", to_rcpt, {{data}, {message + dot}}}},
        {"read_slowly", {"data", to_rcpt, {{data}, {message + dot}, {quit}}}},
    };
    const auto found = scenes.find(fault);
    return found == scenes.end() ? Scene{} : found->second;
}

Section section_of(const Fault& fault) {
    const Scene scene = scene_of(fault.name);
    std::vector<Move> moves = scene.way;
    moves.insert(moves.end(), scene.then.begin(), scene.then.end());
    const ShippedProfile profile = faulty(scene.stage, fault.name);
    return {.group = fault.group,
            .name = fault.name,
            .purpose = fault.purpose,
            .recipe = fmt::format("`{}`\n\n```sh\nfakemx serve faults --set stage={} --set "
                                  "fault={}\n```\n",
                                  fault.expression, scene.stage, fault.name),
            .profile = profile,
            .record = record(profile, moves),
            .hidden = fault.name == "none" ? 0 : scene.way.size()};
}

/// A profile of one's own in the place of `faults`.
Section own_section(std::string group, std::string name, std::string purpose, std::string lua) {
    lua = "local mx = require \"fakemx\"\n" + lua;
    return {.group = std::move(group),
            .name = std::move(name),
            .purpose = std::move(purpose),
            .recipe = fmt::format("```lua\n{}```\n", lua),
            .profile = {.name = "mine", .source = lua}};
}

Section with_moves(Section section, const std::vector<Move>& moves, std::size_t hidden) {
    section.record = record(section.profile, moves);
    section.hidden = hidden;
    return section;
}

/// What a client of TLS says first.
std::string client_hello() {
    const std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    const std::shared_ptr<SSL> ssl{SSL_new(context.get()), SSL_free};
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl.get());
    SSL_do_handshake(ssl.get());
    char* octets = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &octets);
    REQUIRE(size > 0);
    return {octets, static_cast<std::size_t>(size)};
}

/// STARTTLS, a ClientHello, and what comes then; by sockets, since virtual time has no handshakes.
Section with_handshake(Section section) {
    SocketDriver driver{section.profile};
    const auto client = driver.connect(0, "192.0.2.1");
    section.by_sockets = true;
    Record& record = section.record;
    const auto hear_reply = [&] {
        std::string reply;
        while (complete_replies(reply) == 0) reply += driver.receive(client, 1);
        record.push_back({0s, What::server, reply});
    };
    hear_reply();
    for (const std::string& line : {ehlo, std::string{"STARTTLS\r\n"}}) {
        driver.send(client, line);
        record.push_back({0s, What::client, line});
        hear_reply();
    }
    section.hidden = 1;
    driver.send(client, client_hello());
    record.push_back({0s, What::noted, "C- … (ClientHello)"});
    for (const Duration at : {Duration{0s}, Duration{5min}}) {
        driver.advance(at);
        const std::string octets = driver.receive(client, 0);
        if (octets.size() >= 64 && octets.find_first_not_of('\xaa') == std::string::npos) {
            record.push_back({at, What::noted, "S- \\xaa\\xaa\\xaa… (no TLS)"});
        } else if (!octets.empty()) {
            record.push_back({at, What::server, octets});
        }
        const auto ending = driver.ending(client, false);
        if (ending == TranscriptDriver::Ending::none) continue;
        const bool closed = ending == TranscriptDriver::Ending::closed;
        record.push_back({at, closed ? What::closed : What::reset});
        break;
    }
    return section;
}

Section handshake_section(const std::string& fault, std::string purpose) {
    return with_handshake(own_section(
        "In the TLS handshake", "handshake_" + fault, std::move(purpose),
        fmt::format("mx.profile {{ summary = \"the TLS handshake: {}\", extensions = {{ "
                    "\"STARTTLS\" }} }}\n\n"
                    "function mx.on.starttls(s)\n  return "
                    "mx.accept():handshake(\"{}\")\nend\n",
                    fault, fault)));
}

/// What a profile does that only a network shows, in words.
using Observed = std::function<Record(SocketServer&, HandClock&)>;

Section network_section(std::string name, std::string purpose, std::string lua,
                        const Observed& observe) {
    Section section =
        own_section("Before the first octet", std::move(name), std::move(purpose), std::move(lua));
    const auto profile = section.profile.load();
    HandClock clock;
    SocketServer server{*profile, 1, clock};
    section.by_sockets = true;
    section.record = observe(server, clock);
    return section;
}

/// What a client is told that wants a connection. One that is to be `answered` waits for it.
std::string connecting(std::uint16_t port, bool answered) {
    const Client client = Client::unconnected();
    REQUIRE(::fcntl(client.descriptor(), F_SETFL, O_NONBLOCK) == 0);
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int result =
        ::connect(client.descriptor(), reinterpret_cast<const sockaddr*>(&server), sizeof server);
    int error = result == 0 ? 0 : errno;
    // On the loopback network a SYN has its answer before connect() returns, if it gets one.
    pollfd waiting{client.descriptor(), POLLOUT, 0};
    const int patience = answered ? patience_seconds * 1000 : 0;
    if (error == EINPROGRESS && ::poll(&waiting, 1, patience) == 1) {
        socklen_t size = sizeof error;
        REQUIRE(::getsockopt(client.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) == 0);
    }
    if (error == EINPROGRESS) return "connect: no answer to the SYN";
    return fmt::format("connect: {}", error == 0 ? "connected" : std::strerror(error));
}

std::vector<Section> network_sections() {
    const auto connects = [](bool answered) {
        return [=](SocketServer& server, HandClock&) {
            return Record{{0s, What::noted, connecting(server.port(0), answered)}};
        };
    };
    const Observed waits = [](SocketServer& server, HandClock& clock) {
        Record record{{0s, What::noted, connecting(server.port(0), true)}};
        SocketClient client{server.port(0), "127.0.0.1"};
        client.send(ehlo);
        record.push_back({0s, What::client, ehlo});
        server.catch_up();
        clock.advance(1h);
        server.catch_up();
        const bool nothing =
            client.receive(0).empty() && client.ending(false) == TranscriptDriver::Ending::none;
        record.push_back({1h, nothing ? What::given_up : What::closed});
        return record;
    };
    const Observed fills = [](SocketServer& server, HandClock&) {
        Client client = Client::unconnected();
        const int least = 1;
        ::setsockopt(client.descriptor(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
        client.connect(server.port(0));
        Record record;
        for (const std::string& line : {std::string{}, ehlo, mail, rcpt, data}) {
            client.send(line);
            std::string reply;
            while (complete_replies(reply) == 0) reply += client.reply();
            if (line != data) continue;
            record.push_back({0s, What::client, line});
            record.push_back({0s, What::server, reply});
        }
        const std::size_t taken = client.send_until_full(std::string(1000, 'x'), 100'000'000);
        const std::size_t most = 64 * 1024;
        record.push_back(
            {0s, What::noted,
             fmt::format("C- … (the message: {} 64 KiB leave, then its writing blocks)",
                         taken < most ? "less than" : "more than")});
        return record;
    };
    const auto connections = [](const std::string& value) {
        return fmt::format("mx.profile {{ summary = \"{0}\", connections = \"{0}\" }}\n", value);
    };
    return {
        network_section("refuse",
                        "Nobody listens. A sender tries the next MX, and all of them again later "
                        "(RFC 5321 §5.1, §4.5.4.1). Bad ones bounce the message.",
                        connections("refuse"), connects(true)),
        network_section("ignore",
                        "A connection, and no greeting. A sender waits for five minutes (RFC 5321 "
                        "§4.5.3.2.1), then tries the next MX. Bad ones wait for ever, or speak "
                        "first.",
                        connections("ignore"), waits),
        network_section("full",
                        "No answer to the SYN. A sender has a timeout of its own for connecting, "
                        "since that of the system is some minutes, and tries the next MX. Bad ones "
                        "keep all other mail waiting meanwhile.",
                        connections("full"), connects(false)),
        network_section("small_window",
                        "A small window: what is written leaves in small portions, and blocks as "
                        "soon as the receiver does not read. A sender goes on with what is left. "
                        "Bad ones believe that one call has written it all.",
                        "mx.profile { summary = \"a small window\", receive_window = \"2KiB\" "
                        "}\n\nfunction mx.on.data(s)\n  return "
                        "mx.accept():stop_reading()\nend\n",
                        fills),
    };
}

std::vector<Section> tls_sections() {
    const std::string starttls = "STARTTLS\r\n";
    const std::string profile =
        "mx.profile { summary = \"STARTTLS\", extensions = { \"STARTTLS\" } }\n\n";
    return {
        with_moves(own_section("Around TLS", "starttls_454",
                               "STARTTLS is offered, and cannot be had now. What a sender does "
                               "then is its own policy (RFC 3207 §4): without a need for TLS it "
                               "goes on in the clear, else it keeps the message and tries again. "
                               "Bad ones bounce it, or forget their policy.",
                               profile + "function mx.on.starttls(s)\n  return mx.defer()\nend\n"),
                   {{ehlo}, {starttls}, {quit}}, 1),
        with_moves(
            own_section("Around TLS", "starttls_withheld",
                        "STARTTLS is offered to a client once, and then no more, as an attacker in "
                        "the middle would have it (RFC 3207 §6). A sender that must have TLS sends "
                        "nothing. Bad ones go on in the clear, or rely on what they remember.",
                        profile +
                            "local seen = mx.state \"seen\"\n\n"
                            "function mx.on.ehlo(s)\n"
                            "  if seen:add(s.ip) > 1 then return mx.reply(250, nil, s.host) end\n"
                            "end\n"),
            {{ehlo}, {ehlo}, {quit}}, 0),
        with_moves(
            own_section("Around TLS", "response_injection",
                        "More than one reply to STARTTLS, in the clear. A sender throws away what "
                        "it has before the handshake (RFC 3207 §4.2). Bad ones take the rest for "
                        "the reply to their EHLO inside TLS, and send their password to whom it "
                        "names.",
                        profile + "function mx.on.starttls(s)\n"
                                  "  return mx.raw \"220 Go ahead\\r\\n250-mx\\r\\n250 AUTH "
                                  "PLAIN\\r\\n\"\n"
                                  "end\n"),
            {{ehlo}, {starttls, 2}, {"", 0, 0s, true}, {ehlo}, {quit}}, 1),
        handshake_section("stall",
                          "The handshake stops. A sender has a timeout for it, and tries again "
                          "later. Bad ones wait for ever, since their timeouts begin with SMTP."),
        handshake_section("close",
                          "The connection closes where the ServerHello is due, without an alert. A "
                          "sender tries again later, or in the clear where its policy allows that "
                          "(RFC 7435). Bad ones bounce the message."),
        handshake_section("reset", "As `handshake_close`, with a reset."),
        handshake_section("garbage",
                          "Octets that are no TLS. For a sender the same as `handshake_close`; bad "
                          "ones wait for more of them."),
        handshake_section("plaintext",
                          "A reply in the clear where the ServerHello is due, as of a server that "
                          "cannot read its certificate. For a sender the same as "
                          "`handshake_close`: nothing in the clear counts any more."),
    };
}

}  // namespace

std::vector<Section> sections() {
    std::vector<Section> all;
    for (const Fault& fault : faults()) all.push_back(section_of(fault));
    for (Section& section : tls_sections()) all.push_back(std::move(section));
    for (Section& section : network_sections()) all.push_back(std::move(section));
    return all;
}

std::string page_of(const std::vector<Section>& sections) {
    std::string text;
    std::string group;
    for (const Section& section : sections) {
        if (std::exchange(group, section.group) != section.group)
            text += fmt::format("{}- {}:", text.empty() ? "" : "\n", group);
        text += fmt::format(" [`{0}`](#{0})", section.name);
    }
    text += "\n";
    group.clear();
    for (const Section& section : sections) {
        if (std::exchange(group, section.group) != section.group)
            text += fmt::format("\n## {}\n", group);
        text += fmt::format("\n### {}\n\n{}\n\n{}\n```\n{}```\n", section.name, section.purpose,
                            section.recipe, shown(behind(section.record, section.hidden)));
    }
    return text;
}

}  // namespace fakemx::test
