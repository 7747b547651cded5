// How a place is listened on: connections left in the queue, sockets in the file system, small windows.
#include <algorithm>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/fixture.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

/// A client of a socket in the file system: says one thing and reads to the end.
std::string answer_at(const std::string& path, std::string_view octets) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::send(descriptor, octets.data(), octets.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(octets.size()));
    std::string answer;
    char buffer[1024];
    for (ssize_t count = 0; (count = ::read(descriptor, buffer, sizeof buffer)) > 0;)
        answer.append(buffer, static_cast<std::size_t>(count));
    ::close(descriptor);
    return answer;
}

}  // namespace

TEST_CASE("held back: a connection over the limit waits, and is served when another is over") {
    Served served{{.hold_back_at = 2}};
    Client first = served.client(), second = served.client();
    CHECK(first.reply().starts_with("220 "));
    CHECK(second.reply().starts_with("220 "));
    Client third = served.client();
    third.send("NOOP\r\n");
    // Whatever the third might be told would be in the journal before the end of the first.
    first.send("QUIT\r\n");
    CHECK(first.rest().starts_with("221 "));
    CHECK(third.reply().starts_with("220 "));
    CHECK(third.reply().starts_with("250 "));
    third.reset();
    Client fourth = served.client();
    CHECK(fourth.reply().starts_with("220 "));
    served.stop();
    // Two sessions at most were open, so the third began behind the end of the first.
    std::size_t open = 0, most = 0;
    for (const journal::Batch& batch : served.sink.batches) {
        for (const journal::Event& event : batch.events) {
            if (std::holds_alternative<journal::Opened>(event.body)) most = std::max(most, ++open);
            if (std::holds_alternative<smtp::Ended>(event.body)) --open;
        }
    }
    CHECK(most <= 2);
}

TEST_CASE("a socket in the file system: anybody may connect, and an old one is replaced") {
    const Directory directory;
    const std::string path = directory.file("socket");
    for (int run = 0; run < 2; ++run) {
        Served served{{.path = path}};
        struct stat facts {};
        REQUIRE(::stat(path.c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0666);
        const std::string answer = answer_at(path, "EHLO x.test\r\nQUIT\r\n");
        CHECK(answer.starts_with("220 "));
        CHECK(answer.find("\r\n221 ") != std::string::npos);
        served.stop();
        CHECK(served.sink.canonical(1).find(R"("client":"local")") != std::string::npos);
    }
}

TEST_CASE("a socket in the file system takes nobody else's place") {
    const Directory directory;
    CHECK_THROWS(Served{{.path = directory.file("absent/socket")}});
    CHECK_THROWS(Served{{.path = std::string(200, 'x')}});
    const std::string file = directory.file("file");
    ::close(::creat(file.c_str(), 0600));
    CHECK_THROWS(Served{{.path = file}});
    CHECK(::access(file.c_str(), F_OK) == 0);
}

TEST_CASE("a small window: the buffers of each connection are small") {
    Served served{{.reception = {.window_octets = 4096}}};
    Client client = served.client();
    CHECK(client.reply().starts_with("220 "));
    client.send("EHLO x.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n");
    for (int i = 0; i < 4; ++i) client.reply();
    const std::string line(998, 'x');
    for (int i = 0; i < 200; ++i) client.send(line + "\r\n");
    client.send(".\r\nQUIT\r\n");
    CHECK(client.rest().starts_with("250 "));
}

TEST_CASE("IPv6 alone, where it would take IPv4 as well") {
    std::unique_ptr<Served> served;
    try {
        served = std::make_unique<Served>(Setup{.address = "::", .reception = {.ipv6_only = true}});
    } catch (const std::runtime_error&) {
        WARN("no IPv6 on this machine");
        return;
    }
    CHECK_THROWS(Client{served->port(), "127.0.0.1"});
    Client client{served->port(), "::1"};
    CHECK(client.reply().starts_with("220 "));
}
