// A mail server's queue in virtual time that keeps all rules on retries, and has a switch for each of them that breaks it and nothing
// else. Its sessions are those of the reference client.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/reference_client.h"

namespace fakemx::test {

struct QueueOptions {
    std::vector<std::size_t> hosts{0};  ///< of the destination, the most preferred first
    /// The host that takes mail for the senders of the letters: notices go there. Nothing: none is sent.
    std::optional<std::size_t> notices_to{};
};

class ReferenceQueue {
public:
    /// So long it could have come back behind its last try.
    static constexpr Duration silence = std::chrono::hours{10 * 24};

    ReferenceQueue(engine::VirtualRun& run, ClientOptions client, QueueOptions options,
                   std::string_view breaks)
        : run_(run),
          client_(run, std::move(client), breaks),
          options_(std::move(options)),
          breaks_(breaks) {}

    /// Until nothing is left of any.
    void work_off(const std::vector<Letter>& letters);

private:
    struct Entry {
        Letter letter;  ///< to those that are left
        Instant arrived{};
        Instant due{};
        Duration wait{};  ///< before the next try
        int code = 0;     ///< the last one
    };

    bool breaks(std::string_view slug) const { return breaks_ == slug; }
    ReferenceClient::Codes try_hosts(const Letter& letter);
    /// False: it is over.
    bool attempt(Entry& entry);
    void give_notice(const Letter& letter, int code);

    engine::VirtualRun& run_;
    ReferenceClient client_;
    QueueOptions options_;
    std::string_view breaks_;
    int notices_ = 0;
};

}  // namespace fakemx::test
