// A mail server's queue in virtual time that keeps all rules on retries, and has a switch for each of them that breaks it and nothing
// else. Its sessions are those of the reference client.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/reference_client.h"
#include "conformance/reference_names.h"

namespace fakemx::test {

struct QueueOptions {
    std::vector<std::size_t> hosts{0};  ///< of the destination, the most preferred first
    /// The host that takes mail for the senders of the letters: notices go there. Nothing: none is sent.
    std::optional<std::size_t> notices_to{};
    /// Connections that it holds beside the one that it works with; none of them brings anything.
    std::size_t spare_connections = 0;
    bool drops_bad_recipients = false;  ///< what was refused with 550 gets nothing more
    bool one_recipient_each = false;    ///< a connection for each of a letter's recipients
    bool by_names = false;              ///< hosts are looked for at the name server
    /// Through a resolver: answers are remembered for their TTL, and the addresses of all hosts are asked for at once.
    bool by_resolver = false;
};

class ReferenceQueue {
public:
    /// So long it could have come back behind its last try.
    static constexpr Duration silence = std::chrono::hours{10 * 24};

    ReferenceQueue(engine::VirtualRun& run, ClientOptions client, QueueOptions options,
                   std::string_view breaks, ReferenceNames* names = nullptr)
        : run_(run),
          client_(run, std::move(client), breaks),
          options_(std::move(options)),
          breaks_(breaks),
          names_(names) {}

    /// Until nothing is left of any.
    void work_off(const std::vector<Letter>& letters);

private:
    struct Entry {
        Letter letter;  ///< to those that are left
        Instant arrived{};
        Instant due{};
        Duration wait{};                   ///< before this try; zero for the first one
        int code = 0;                      ///< the last one
        std::vector<std::string> failed;   ///< in this try, for good
        std::vector<std::string> relayed;  ///< in this try, to a server without DSN
        bool sent_again = false;
    };
    using Entries = std::vector<Entry*>;

    bool breaks(std::string_view slug) const { return breaks_ == slug; }
    Entries due_together(std::vector<Entry>& entries);
    bool is_alone(const Entry& entry) const;
    void attempt(const Entries& batch);
    void send(const Entries& batch, std::size_t host);
    /// What became of it.
    void take(Entry& entry, const ReferenceClient::Codes& codes);
    /// What is to be done about those that are left.
    void settle(Entry& entry);
    bool drops(const Entry& entry) const;
    Duration wait_after(const Entry& entry) const;
    void change(Entry& entry);
    bool for_good(int code, const ReferenceClient::Codes& beside) const;
    /// About a letter, to its sender; `action` as RFC 3464 §2.3.3 has it.
    void give_notice(const Letter& letter, int code, std::string_view action);
    std::string notice_of(const Letter& letter, int code, std::string_view action);
    bool is_wanted(const Letter& letter, int code, std::string_view action) const;
    std::vector<engine::VirtualRun::Client> open_spares();
    void close_spares(const std::vector<engine::VirtualRun::Client>& spares);

    engine::VirtualRun& run_;
    ReferenceClient client_;
    QueueOptions options_;
    std::string_view breaks_;
    ReferenceNames* names_;  // null: the hosts are known beforehand
    int notices_ = 0;
    std::set<std::string> over_rate_;  // mailboxes that were refused with 450
    std::set<std::string> bad_;        // recipients that were refused with 550
};

}  // namespace fakemx::test
