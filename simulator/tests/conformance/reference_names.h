// How a sender finds and chooses hosts (RFC 5321 §5.1), in virtual time: it asks the name server of the receiver that it is to send to,
// and has a switch for each rule that breaks it and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/reference_client.h"
#include "core/random.h"
#include "dns/message.h"
#include "engine/profile.h"
#include "engine/simulator.h"
#include "engine/virtual_run.h"

namespace fakemx::test {

/// Of all hosts of a profile, where it says that they listen.
dns::Zones zones_of(const engine::Profile& profile);

class ReferenceNames {
public:
    ReferenceNames(engine::Simulator& simulator, engine::VirtualRun& run,
                   const engine::Profile& receiver, ClientOptions client, bool by_resolver,
                   std::string_view breaks)
        : simulator_(simulator),
          run_(run),
          receiver_(receiver),
          client_(std::move(client)),
          by_resolver_(by_resolver),
          breaks_(breaks) {}

    /// One try: the hosts of the domain of its recipients, one after the other. A code of its own where no host comes to speak.
    ReferenceClient::Codes deliver(ReferenceClient& client, const Letter& letter);

private:
    struct Answer {
        std::string rcode;  ///< empty: none came
        bool truncated = false;
        std::vector<std::vector<std::string>> records;  ///< type and data, in words
        std::chrono::seconds ttl{};
    };
    struct Host {
        unsigned preference = 0;
        std::string name;
    };
    struct Route {
        int code = 0;  ///< nothing can be tried, and what that means for the letter
        std::vector<Host> hosts{};
    };

    bool breaks(std::string_view slug) const { return breaks_ == slug; }
    Answer ask(const std::string& name, dns::Type type);
    Answer ask(const std::string& name, dns::Type type, dns::Transport transport);
    Route look_up(const std::string& domain);
    void arrange(std::vector<Host>& hosts);
    /// Nothing: it cannot be said now.
    std::optional<std::vector<std::string>> addresses(const std::string& name);
    /// Who takes connections there.
    std::optional<std::size_t> listener(const std::string& address) const;
    ReferenceClient::Codes try_hosts(ReferenceClient& client, const Letter& letter,
                                     std::vector<Host> hosts, const std::string& domain);

    engine::Simulator& simulator_;
    engine::VirtualRun& run_;
    const engine::Profile& receiver_;
    ClientOptions client_;
    bool by_resolver_;
    std::string_view breaks_;
    Rng rng_{1};
    std::uint64_t drawn_ = 0;
    std::map<std::string, Route> remembered_;
    std::map<std::pair<std::string, dns::Type>, std::pair<Instant, Answer>> resolved_;
    std::size_t tries_ = 0;
};

}  // namespace fakemx::test
