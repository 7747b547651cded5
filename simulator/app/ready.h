// How whoever started the server learns where it listens: an object on stdout, and a file that is
// there once everything is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/listen_plan.h"
#include "engine/profile.h"

namespace fakemx::app {

struct ReadyHost {
    std::string name;
    Address address;
    std::string_view tls;  ///< "starttls", "implicit", or empty
    bool lmtp = false;
};

/// How a client comes to TLS with this host, as the ready file says it.
std::string_view tls_of(const smtp::HostOptions& options);

struct Ready {
    std::string profile;
    std::uint64_t seed = 0;
    std::vector<ReadyHost> smtp;
    std::optional<Address> dns;     ///< the name server
    std::optional<std::string> ca;  ///< the file with the CA's certificate
    std::optional<std::string> journal;
    std::optional<std::string> control;  ///< the socket that takes orders
};

/// One line of JSON, without a line end. Part of the public interface.
std::string to_json(const Ready& ready);

/// Writes a file that appears whole or not at all; what is no regular file (a device, a pipe, a link) is written where it is. Gives the error, if there is one.
std::optional<std::string> write_whole_file(const std::string& path, const std::string& text);

}  // namespace fakemx::app
