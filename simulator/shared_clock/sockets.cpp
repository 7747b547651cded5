// Asks the kernel about sockets of other processes, by way of copies of their descriptors.

#include "shared_clock/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// After netinet/in.h, which it must not be mixed with in the other order.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string>
#include <string_view>

namespace fakemx::shared_clock {
namespace {

// States of a TCP connection as the kernel counts them.
enum : std::uint8_t {
    established = 1,
    syn_sent = 2,
    syn_received = 3,
    closed = 7,
    close_wait = 8,
    listening = 10,
};

/// A segment of the loopback interface that was sent again this often is not under way: its receiver takes nothing.
constexpr std::uint8_t repeats_max = 3;

/// Where other programs' packets never cease, only those that are queued count.
constexpr int moves_in_a_row_max = 20;

bool is_under_way(const tcp_info& info, std::size_t octets) {
    if (info.tcpi_state == syn_sent || info.tcpi_state == syn_received) {
        return info.tcpi_retransmits == 0;
    }
    if (info.tcpi_state == closed || info.tcpi_state == listening) return false;
    if (info.tcpi_unacked > 0) {
        return info.tcpi_retransmits < repeats_max && info.tcpi_backoff < repeats_max;
    }
    if (info.tcpi_notsent_bytes == 0) return false;
    // Nothing is on its way and yet not all was sent: the receiver has closed its window, and reads when it likes.
    // With the window open it is a corked socket, which the kernel empties by a timer of its own.
    if (info.tcpi_probes > 0) return false;
    const bool tells_window = octets >= offsetof(tcp_info, tcpi_snd_wnd) + sizeof info.tcpi_snd_wnd;
    return !tells_window || info.tcpi_snd_wnd >= info.tcpi_notsent_bytes;
}

/// The inode in "socket:[123]"; 0 for any other kind of file.
std::uint64_t socket_inode(std::string_view link) {
    constexpr std::string_view prefix = "socket:[";
    std::uint64_t inode = 0;
    if (link.substr(0, prefix.size()) != prefix) return 0;
    std::from_chars(link.data() + prefix.size(), link.data() + link.size(), inode);
    return inode;
}

int option(int socket, int name) {
    int value = -1;
    socklen_t octets = sizeof value;
    ::getsockopt(socket, SOL_SOCKET, name, &value, &octets);
    return value;
}

bool is_of_internet(int socket) {
    const int family = option(socket, SO_DOMAIN);
    return (family == AF_INET || family == AF_INET6) && option(socket, SO_ACCEPTCONN) == 0;
}

/// The four or sixteen octets of an address; none for any other family. IPv4 in IPv6 is IPv4.
std::string_view octets_of(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        const auto& four = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
        return {reinterpret_cast<const char*>(&four), sizeof four};
    }
    if (address.ss_family != AF_INET6) return {};
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    const std::string_view octets{reinterpret_cast<const char*>(&six), sizeof six};
    return IN6_IS_ADDR_V4MAPPED(&six) ? octets.substr(12) : octets;
}

/// The port in network order, for a connection's identity.
std::string_view port_of(const sockaddr_storage& address) {
    const auto& port = address.ss_family == AF_INET
                           ? reinterpret_cast<const sockaddr_in&>(address).sin_port
                           : reinterpret_cast<const sockaddr_in6&>(address).sin6_port;
    return {reinterpret_cast<const char*>(&port), sizeof port};
}

std::optional<ConnectionEnds> ends_of(int socket) {
    sockaddr_storage own{}, peer{};
    socklen_t own_octets = sizeof own, peer_octets = sizeof peer;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &own_octets) != 0 ||
        ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &peer_octets) != 0)
        return std::nullopt;
    ConnectionEnds ends;
    ends.own.append(octets_of(own)).append(port_of(own));
    ends.peer.append(octets_of(peer)).append(port_of(peer));
    return ends;
}

/// Whether somebody may be waiting for room in the socket's buffer: acknowledgements make it.
bool may_want_room(int socket) {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t octets = sizeof memory;
    if (::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &octets) != 0) return true;
    return memory[SK_MEMINFO_WMEM_QUEUED] > memory[SK_MEMINFO_SNDBUF] / 2;
}

/// Everything that was written to the socket lies at its other end, and was seen there: the acknowledgement changes nothing for
/// anybody. A connection that is being closed is left to the states that it goes through.
bool has_arrived(int socket, const tcp_info& info, std::size_t octets, const Arrivals& arrived) {
    if (info.tcpi_state != established && info.tcpi_state != close_wait) return false;
    if (octets < offsetof(tcp_info, tcpi_bytes_retrans) + sizeof info.tcpi_bytes_retrans)
        return false;
    if (info.tcpi_notsent_bytes > 0 || may_want_room(socket)) return false;
    const auto ends = ends_of(socket);
    const auto received = ends ? arrived(*ends) : std::nullopt;
    return received && *received >= info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
}

bool is_loopback(std::string_view octets) {
    if (octets.size() == 4) return octets[0] == 127;
    return octets == std::string_view{reinterpret_cast<const char*>(&in6addr_loopback), 16};
}

}  // namespace

ProcessSockets::ProcessSockets(pid_t process)
    : process_{process}, handle_{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))} {}

Descriptor ProcessSockets::copy_of(int number) const {
    return Descriptor{static_cast<int>(::syscall(SYS_pidfd_getfd, handle_.number(), number, 0))};
}

void ProcessSockets::scan() {
    stale_ = false;
    watched_.clear();
    const std::string folder = "/proc/" + std::to_string(process_) + "/fd";
    const Descriptor open{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    std::vector<pid_t> numbers;
    list_ids(folder, numbers);
    std::unordered_set<std::uint64_t> others;
    for (const int number : numbers) {
        std::array<char, 64> link;
        const ssize_t length =
            ::readlinkat(open.number(), std::to_string(number).c_str(), link.data(), link.size());
        const std::uint64_t inode =
            length > 0 ? socket_inode({link.data(), static_cast<std::size_t>(length)}) : 0;
        if (inode == 0) continue;
        if (others_.count(inode) == 0) {
            const Descriptor copy = copy_of(number);
            if (copy.is_open() && is_of_internet(copy.number())) {
                watched_.push_back(number);
                continue;
            }
        }
        others.insert(inode);
    }
    others_ = std::move(others);
}

bool ProcessSockets::has_data_under_way(const Arrivals& arrived) {
    if (stale_) scan();
    for (const int number : watched_) {
        const Descriptor copy = copy_of(number);
        tcp_info info{};
        socklen_t octets = sizeof info;
        if (::getsockopt(copy.number(), IPPROTO_TCP, TCP_INFO, &info, &octets) == 0 &&
            is_under_way(info, octets) && !has_arrived(copy.number(), info, octets, arrived)) {
            return true;
        }
    }
    return false;
}

std::optional<std::uint64_t> ProcessSockets::received_from(const ConnectionEnds& sender) {
    if (stale_) scan();
    for (const int number : watched_) {
        const Descriptor copy = copy_of(number);
        const auto ends = ends_of(copy.number());
        if (!ends || ends->own != sender.peer || ends->peer != sender.own) continue;
        tcp_info info{};
        socklen_t octets = sizeof info;
        if (::getsockopt(copy.number(), IPPROTO_TCP, TCP_INFO, &info, &octets) != 0 ||
            octets < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
            continue;
        return info.tcpi_bytes_received;
    }
    return std::nullopt;
}

namespace {

/// Whether the address is one of this machine's: only to such a one can a socket be bound.
bool is_own_address(sockaddr_storage address) {
    socklen_t octets = sizeof(sockaddr_in);
    if (address.ss_family == AF_INET) {
        reinterpret_cast<sockaddr_in&>(address).sin_port = 0;
    } else {
        reinterpret_cast<sockaddr_in6&>(address).sin6_port = 0;
        octets = sizeof(sockaddr_in6);
    }
    const Descriptor probe{::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    return ::bind(probe.number(), reinterpret_cast<sockaddr*>(&address), octets) == 0;
}

}  // namespace

std::optional<std::string> ProcessSockets::outside_peer() const {
    for (const int number : watched_) {
        const Descriptor copy = copy_of(number);
        sockaddr_storage peer{};
        socklen_t peer_octets = sizeof peer;
        if (::getpeername(copy.number(), reinterpret_cast<sockaddr*>(&peer), &peer_octets) != 0)
            continue;
        const std::string_view octets = octets_of(peer);
        if (octets.empty() || is_loopback(octets) || is_own_address(peer)) continue;
        std::array<char, INET6_ADDRSTRLEN> text{};
        ::inet_ntop(octets.size() == 4 ? AF_INET : AF_INET6, octets.data(), text.data(),
                    text.size());
        return text.data();
    }
    return std::nullopt;
}

bool PacketQueues::read(std::vector<std::uint32_t>& processed) const {
    // A line for each processor, of hexadecimal numbers: the first counts packets, the twelfth (since Linux 5.10) is
    // the length of the queue.
    constexpr std::size_t digits = 8, queue_column = 11;
    processed.clear();
    bool is_queued = false;
    std::string_view text = file_.read();
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        std::uint32_t count = 0, queue = 0;
        std::from_chars(line.data(), line.data() + std::min(line.size(), digits), count, 16);
        const std::size_t at = queue_column * (digits + 1);
        if (line.size() >= at + digits) {
            std::from_chars(line.data() + at, line.data() + at + digits, queue, 16);
        }
        processed.push_back(count);
        is_queued = is_queued || queue > 0;
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return is_queued;
}

bool PacketQueues::have_moved() {
    const bool is_queued = read(now_);
    if (!is_queued && now_ == processed_) {
        moves_in_a_row_ = 0;
        return false;
    }
    return is_queued || ++moves_in_a_row_ < moves_in_a_row_max;
}

}  // namespace fakemx::shared_clock
