// A simulator behind real sockets on 127.0.0.1, in a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/simulator.h"
#include "net/clock.h"
#include "net/server.h"
#include "net/tls_hosts.h"
#include "support/blocking_client.h"

namespace fakemx::test {

/// A policy in a few lines: asked with the question, how often it was resumed, and the time.
class ScriptedPolicy final : public engine::Policy {
public:
    using Answer = std::function<engine::Step(const engine::Question&, int resumed, Instant now)>;

    ScriptedPolicy(engine::HookSet hooks, Answer answer)
        : hooks_(hooks), answer_(std::move(answer)) {}

    engine::HookSet hooks() const override { return hooks_; }
    std::unique_ptr<engine::Consultation> consult(const engine::Question& question,
                                                  engine::StateStore&, const Rng&) override;

private:
    engine::HookSet hooks_;
    Answer answer_;
};

/// Hooks by name.
engine::HookSet hooks(std::initializer_list<smtp::Hook> which);

/// A reply as a hook gives it.
engine::Step reply(int code, std::string text);
engine::Step sleep_until(Instant until);

/// Keeps what it is given. Another thread may look only when the server is down.
class KeepingSink final : public journal::Sink {
public:
    void write(journal::Batch batch) override { batches.push_back(std::move(batch)); }

    /// The canonical events of one session, a line each.
    std::string canonical(std::uint64_t session) const;
    /// How the session ended; empty where it has not.
    std::string ended(std::uint64_t session) const;

    std::vector<journal::Batch> batches;
};

struct Setup {
    engine::HookSet hooks{};
    ScriptedPolicy::Answer answer{};
    std::vector<std::string> hosts{"mx.fakemx.test"};
    std::uint32_t speed = 1;  ///< of the clock
    /// Out of reach, whatever the speed: a slow machine must not look like an idle client.
    Duration idle_timeout = std::chrono::days{3650};
    std::size_t sessions_max = 1000;
    net::Server::Waits waits{};
    std::string address = "127.0.0.1";
    engine::TlsOptions tls{};  ///< of every host
    bool starttls = false;     ///< offered beside the other extensions
    bool implicit_tls = false;
    std::vector<IpNetwork> proxy_peers{};
    net::Reception reception{};
    std::optional<smtp::HandshakeFault> handshake{};
    std::optional<std::size_t> hold_back_at{};
    std::string path{};  ///< of a socket in the file system that the first host listens on as well
};

/// Serves from the constructor to stop().
class Served {
public:
    explicit Served(Setup setup = {});
    ~Served();

    std::uint16_t port(std::size_t host = 0) const { return ports_.at(host); }
    Client client(std::size_t host = 0) { return Client{port(host), address_}; }

    /// Shuts down and waits for the end.
    void stop();
    /// Blocks until the server has reported some trouble.
    std::string trouble();
    const std::vector<std::string>& troubles() const { return troubles_; }
    std::string ca_pem() const { return tls_->ca_pem(); }
    /// A client that has said EHLO and STARTTLS to its 220.
    Client starting_tls(std::size_t host = 0);

    KeepingSink sink;

private:
    engine::Profile profile_;
    ScriptedPolicy policy_;
    std::unique_ptr<net::Clock> clock_;
    std::unique_ptr<engine::Simulator> simulator_;
    std::unique_ptr<net::TlsHosts> tls_;
    std::string address_;
    std::vector<std::uint16_t> ports_;
    std::vector<std::string> troubles_;
    int troubles_pipe_[2]{-1, -1};
    std::unique_ptr<net::Server> server_;
    std::thread thread_;
};

/// How often `part` stands in `text`.
std::size_t count(std::string_view text, std::string_view part);

/// Stops the server; what the journal has of the handshake of the first session, "" without one.
std::string tls_event(Served& served);

}  // namespace fakemx::test
