// Puts a real mail server on the shared clock, against a sink that defers everything, and writes down when it tries.
//
//   fakemx_clock_drive --days 8 -- COMMAND...
//
// COMMAND finds the sink's port in FAKEMX_PORT and the clock page in FAKEMX_CLOCK. One line per message offered:
// seconds since the first, and the recipients. It ends when the days are over, or when nothing waits any more.

#include <arpa/inet.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "shared_clock/process_tree.h"
#include "shared_clock/shared_clock.h"

using namespace fakemx;
using namespace fakemx::shared_clock;
using Wall = std::chrono::steady_clock;

namespace {

struct Client {
    int socket;
    std::string unread;
    std::string recipients;
    bool in_data = false;
};

/// `451` at the end of every message.
class Sink {
public:
    explicit Sink(const SharedClock& clock) : clock_{clock} {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 100) != 0) {
            throw std::runtime_error{"cannot listen"};
        }
        socklen_t octets = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &octets);
        port_ = ntohs(address.sin_port);
    }

    int port() const { return port_; }
    int attempts() const { return attempts_; }

    /// Waits that long for something to do, and does it. Whether there was something.
    bool serve(timespec patience) {
        std::vector<pollfd> wanted{{listener_, POLLIN, 0}};
        for (const Client& client : clients_) wanted.push_back({client.socket, POLLIN, 0});
        if (::ppoll(wanted.data(), wanted.size(), &patience, nullptr) <= 0) return false;
        for (std::size_t index = wanted.size(); index-- > 1;) {
            if (wanted[index].revents != 0) read(index - 1);
        }
        if (wanted[0].revents != 0) accept();
        return true;
    }

private:
    void accept() {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) return;
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        clients_.push_back({socket, {}, {}});
        say(clients_.back(), "220 mx.example.test ESMTP\r\n");
    }

    static void say(const Client& client, const std::string& text) {
        if (::write(client.socket, text.data(), text.size()) < 0) std::perror("write");
    }

    void read(std::size_t index) {
        Client& client = clients_[index];
        char buffer[65536];
        const ssize_t count = ::read(client.socket, buffer, sizeof buffer);
        if (count > 0) {
            client.unread.append(buffer, static_cast<std::size_t>(count));
            for (std::size_t end; (end = client.unread.find("\r\n")) != std::string::npos;) {
                const std::string line = client.unread.substr(0, end);
                client.unread.erase(0, end + 2);
                if (!answer(client, line)) return forget(index);
            }
            return;
        }
        if (count == 0 || errno != EAGAIN) forget(index);
    }

    void forget(std::size_t index) {
        ::close(clients_[index].socket);
        clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(index));
    }

    /// False: the session is over.
    bool answer(Client& client, const std::string& line) {
        if (client.in_data) {
            if (line != ".") return true;
            client.in_data = false;
            note(client);
            say(client, "451 4.3.2 try again later\r\n");
            return true;
        }
        const std::string verb = line.substr(0, 4);
        if (::strcasecmp(verb.c_str(), "EHLO") == 0) {
            say(client, "250-mx.example.test\r\n250 8BITMIME\r\n");
        } else if (::strcasecmp(verb.c_str(), "DATA") == 0) {
            client.in_data = true;
            say(client, "354 go on\r\n");
        } else if (::strcasecmp(verb.c_str(), "QUIT") == 0) {
            say(client, "221 bye\r\n");
            return false;
        } else {
            if (::strcasecmp(verb.c_str(), "MAIL") == 0) client.recipients.clear();
            if (::strcasecmp(verb.c_str(), "RCPT") == 0) client.recipients += " " + line.substr(8);
            say(client, "250 ok\r\n");
        }
        return true;
    }

    void note(const Client& client) {
        if (!first_) first_ = clock_.now();
        const auto us = (clock_.now() - *first_).count();
        std::printf("%lld.%06lld%s\n", static_cast<long long>(us / 1'000'000),
                    static_cast<long long>(us % 1'000'000), client.recipients.c_str());
        std::fflush(stdout);
        ++attempts_;
    }

    const SharedClock& clock_;
    int listener_;
    int port_ = 0;
    int attempts_ = 0;
    std::vector<Client> clients_;
    std::optional<Instant> first_;
};

double seconds(Wall::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

pid_t start(char** command, const std::string& page, int port) {
    const pid_t process = ::fork();
    if (process != 0) return process;
    ::setpgid(0, 0);
    // Without this program nothing moves the clock again.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setenv("LD_PRELOAD", FAKEMX_CLOCK_PRELOAD, 1);
    ::setenv("FAKEMX_CLOCK", page.c_str(), 1);
    ::setenv("FAKEMX_PORT", std::to_string(port).c_str(), 1);
    ::setenv("FAKEMX_CLOCK_PRELOAD", FAKEMX_CLOCK_PRELOAD, 1);
    ::dup2(2, 1);
    ::execvp(command[0], command);
    ::_exit(127);
}

bool reap() {
    for (;;) {
        const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
        if (ended <= 0) return ended == 0;
    }
}

std::string without_id(std::string reason) {
    const auto open = reason.find(" ("), close = reason.find(')');
    return open == std::string::npos || close == std::string::npos
               ? reason
               : reason.erase(open, close - open + 1);
}

struct Totals {
    int jumps = 0;
    int looks = 0;
    int quiet = 0;
    Wall::duration looking{};
    Wall::duration looking_quiet{};
    /// Why looks found it busy: who, without its id.
    std::map<std::string, int> reasons;
};

void tell_jump(const SharedClock& clock, Instant to) {
    const Published& first = clock.published().front();
    std::fprintf(stderr, "jump by %lld us for", static_cast<long long>((to - clock.now()).count()));
    char name[64] = "";
    const std::string path = "/proc/" + std::to_string(first.process) + "/comm";
    if (std::FILE* file = std::fopen(path.c_str(), "r")) {
        if (std::fgets(name, sizeof name, file) != nullptr) name[std::strcspn(name, "\n")] = 0;
        std::fclose(file);
    }
    std::fprintf(stderr, " %s (%d), kind %u\n", name, first.process,
                 clock.page().slots[first.slot].kind.load());
}

/// Why it ended.
std::string drive(SharedClock& clock, ProcessTree& tree, Sink& sink, Instant end, Totals& totals) {
    int busy = 0;
    while (reap()) {
        // At first it looks again at once: most work is done within some microseconds.
        if (busy >= 3) {
            const timespec pace{0, 50'000};
            ::ppoll(nullptr, 0, &pace, nullptr);
        }
        const auto begin = Wall::now();
        const auto look = tree.look();
        const auto spent = Wall::now() - begin;
        totals.looking += spent;
        ++totals.looks;
        if (!look) {
            const Stranger& stranger = look.error();
            return "stranger: " + stranger.name + " (" + std::to_string(stranger.process) +
                   "): " + stranger.why;
        }
        if (*look == Activity::busy) {
            if (busy > 3) ++totals.reasons[without_id(tree.last_reason())];
            if (++busy % 20000 == 0) std::fprintf(stderr, "busy: %s\n", tree.last_reason().c_str());
            continue;
        }
        busy = 0;
        ++totals.quiet;
        totals.looking_quiet += spent;
        // Only now: what the sink hears does not depend on how fast anybody was.
        if (sink.serve({0, 0})) continue;
        const auto deadline = clock.earliest_deadline();
        if (!deadline) {
            if (!reap()) break;
            return "nobody waits";
        }
        if (*deadline > end) return "the days are over";
        if (std::getenv("FAKEMX_DRIVE_JUMPS") != nullptr) tell_jump(clock, *deadline);
        clock.move_to(*deadline);
        clock.wake_first();
        ++totals.jumps;
    }
    return "all processes ended";
}

}  // namespace

int main(int count, char** words) {
    double days = 1;
    int word = 1;
    for (; word + 1 < count && std::strcmp(words[word], "--") != 0; word += 2) {
        if (std::strcmp(words[word], "--days") == 0) days = std::atof(words[word + 1]);
    }
    if (word + 1 >= count) return 2;
    const auto epoch = std::chrono::floor<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const std::string path = "/dev/shm/fakemx-clock." + std::to_string(::getpid());
    auto made = SharedClock::create(path, Instant{epoch});
    if (!made) {
        std::fprintf(stderr, "%s\n", made.error().c_str());
        return 3;
    }
    SharedClock& clock = **made;
    ProcessTree tree{clock};
    Sink sink{clock};
    const auto begin = Wall::now();
    const pid_t process = start(words + word + 1, path, sink.port());
    Totals totals;
    const Instant end = clock.now() + Duration{static_cast<std::int64_t>(days * 86400e6)};
    const std::string ending = drive(clock, tree, sink, end, totals);
    std::fprintf(stderr,
                 "%s; %d attempts, %.4f virtual days, %.2f s, %d jumps, %d looks of %.0f us, %d of "
                 "them quiet of %.0f us\n",
                 ending.c_str(), sink.attempts(),
                 static_cast<double>((clock.now() - Instant{epoch}).count()) / 86400e6,
                 seconds(Wall::now() - begin), totals.jumps, totals.looks,
                 1e6 * seconds(totals.looking) / totals.looks, totals.quiet,
                 1e6 * seconds(totals.looking_quiet) / std::max(1, totals.quiet));
    for (const auto& [reason, number] : totals.reasons) {
        std::fprintf(stderr, "%7d looks: %s\n", number, reason.c_str());
    }
    ::kill(-process, SIGKILL);
    ::kill(process, SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
    return ending.rfind("stranger", 0) == 0 ? 1 : 0;
}
