// Names and numbers of hosts and services, as the system knows them.
#include "app/sink_place.h"

#include <array>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::app {

namespace {

constexpr std::string_view forms = "HOST:PORT, :PORT, PORT, inet:HOST:PORT or unix:PATH";

int family_of(sink::Family family) {
    switch (family) {
        case sink::Family::any: return AF_UNSPEC;
        case sink::Family::ipv4: return AF_INET;
        case sink::Family::ipv6: return AF_INET6;
    }
    return AF_UNSPEC;
}

}  // namespace

Result<Address, Complaint> sink_place(const std::string& text, sink::Family family) {
    if (text.starts_with("unix:")) {
        if (text.size() > 5) return Address{text, 0};
        return Complaint{fmt::format("{}: no path; {}", text, forms)};
    }
    const std::string place = text.starts_with("inet:") ? text.substr(5) : text;
    const std::size_t colon = place.rfind(':');
    std::string host = colon == std::string::npos ? "" : place.substr(0, colon);
    const std::string service = colon == std::string::npos ? place : place.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (service.empty() || (colon == std::string::npos && service.find('.') != std::string::npos)) {
        return Complaint{fmt::format("{}: no port; {}", text, forms)};
    }
    const auto port = parse_decimal(service);
    if (port && *port > 65'535) {
        return Complaint{fmt::format("{}: a port is at most 65535", text)};
    }

    addrinfo wanted{};
    wanted.ai_family = family_of(family);
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_PASSIVE;
    addrinfo* list = nullptr;
    const int status =
        ::getaddrinfo(host.empty() ? nullptr : host.c_str(), service.c_str(), &wanted, &list);
    if (status != 0) return Complaint{fmt::format("{}: {}", text, ::gai_strerror(status))};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> found{list, ::freeaddrinfo};
    std::array<char, NI_MAXHOST> address{};
    std::array<char, NI_MAXSERV> number{};
    const int named =
        ::getnameinfo(found->ai_addr, found->ai_addrlen, address.data(), address.size(),
                      number.data(), number.size(), NI_NUMERICHOST | NI_NUMERICSERV);
    if (named != 0) return Complaint{fmt::format("{}: {}", text, ::gai_strerror(named))};
    return Address{address.data(),
                   static_cast<std::uint16_t>(parse_decimal(number.data()).value_or(0))};
}

}  // namespace fakemx::app
