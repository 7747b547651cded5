// Virtual clients and the jump to the next deadline.
#include "engine/virtual_run.h"

#include <utility>

#include "core/assert.h"

namespace fakemx::engine {

class VirtualRun::Connection final : public Transport {
public:
    void send(std::string_view octets) override { received.append(octets); }
    bool flushed() const override { return true; }
    void upgrade_tls(std::string) override { upgrading = true; }
    void close(smtp::Close::How how) override { closed = how; }

    SessionId session{};
    std::string received;
    bool upgrading = false;
    std::optional<smtp::Close::How> closed;
};

VirtualRun::VirtualRun(Simulator& simulator, Instant epoch) : simulator_(simulator), now_(epoch) {}

VirtualRun::~VirtualRun() = default;

VirtualRun::Client VirtualRun::connect(std::size_t host, std::string address) {
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->session =
        simulator_.open(now_, host, {std::move(address), "127.0.0.1"}, *connections_.back());
    return connections_.size() - 1;
}

void VirtualRun::send(Client client, std::string_view octets) {
    FAKEMX_ASSERT(!connections_.at(client)->upgrading);
    simulator_.handle(now_, connections_.at(client)->session, smtp::Received{octets});
}

void VirtualRun::finish(Client client) {
    simulator_.handle(now_, connections_.at(client)->session, smtp::HalfClosed{});
}

void VirtualRun::finish_tls(Client client, const smtp::TlsFacts& facts) {
    const bool upgrading = std::exchange(connections_.at(client)->upgrading, false);
    FAKEMX_ASSERT(upgrading);
    simulator_.handle(now_, connections_.at(client)->session, smtp::TlsReady{facts});
}

void VirtualRun::fail_tls(Client client, std::string_view reason) {
    const bool upgrading = std::exchange(connections_.at(client)->upgrading, false);
    FAKEMX_ASSERT(upgrading);
    simulator_.handle(now_, connections_.at(client)->session,
                      smtp::TlsFailed{.facts = {}, .reason = reason});
}

void VirtualRun::reset(Client client) {
    simulator_.handle(now_, connections_.at(client)->session, smtp::Broken{"connection reset"});
}

std::string VirtualRun::received(Client client) {
    return std::exchange(connections_.at(client)->received, {});
}

std::optional<smtp::Close::How> VirtualRun::closed(Client client) const {
    return connections_.at(client)->closed;
}

void VirtualRun::advance(Duration duration) {
    const Instant target = now_ + duration;
    while (advance_to_next(target)) {
    }
    now_ = target;
    simulator_.tick(now_);
}

bool VirtualRun::advance_to_next(std::optional<Instant> horizon) {
    const auto next = simulator_.deadline();
    if (!next || (horizon && *next > *horizon)) return false;
    FAKEMX_ASSERT(*next >= now_);
    now_ = *next;
    simulator_.tick(now_);
    return true;
}

}  // namespace fakemx::engine
