// Virtual clients and the jump to the next deadline.
#include "engine/virtual_run.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"

namespace fakemx::engine {

class VirtualRun::Connection final : public Transport {
public:
    explicit Connection(std::vector<Connection*>& to_read) : reading_on(to_read) {}

    void send(std::string_view octets) override { segments.emplace_back(octets); }
    bool flushed() const override { return true; }
    void upgrade_tls(const std::optional<smtp::HandshakeFault>&, std::string) override {
        upgrading = true;
    }
    void half_close() override { half_closed = true; }
    void read_on() override {
        if (!unread.empty()) reading_on.push_back(this);
    }
    void close(smtp::Close::How how) override { closed = how; }

    std::vector<Connection*>& reading_on;
    SessionId session{};
    std::vector<std::string> segments;
    std::string unread;
    bool upgrading = false;
    bool half_closed = false;
    bool finished = false;
    std::optional<smtp::Close::How> closed;
};

VirtualRun::VirtualRun(Simulator& simulator, Instant epoch) : simulator_(simulator), now_(epoch) {}

VirtualRun::~VirtualRun() = default;

VirtualRun::Client VirtualRun::connect(std::size_t host, std::string address, std::string local) {
    connections_.push_back(std::make_unique<Connection>(reading_on_));
    connections_.back()->session =
        simulator_.open(now_, host, {std::move(address), std::move(local)}, *connections_.back());
    return connections_.size() - 1;
}

void VirtualRun::send(Client client, std::string_view octets) {
    Connection& connection = *connections_.at(client);
    FAKEMX_ASSERT(!connection.upgrading);
    if (!connection.unread.empty()) {
        connection.unread += octets;
        return;
    }
    connection.unread = octets;
    deliver(connection);
}

void VirtualRun::deliver(Connection& connection) {
    std::string_view left = connection.unread;
    while (!left.empty()) {
        const std::string_view part =
            left.substr(0, simulator_.input_octets_max(connection.session));
        if (part.empty()) break;
        left.remove_prefix(part.size());
        simulator_.handle(now_, connection.session, smtp::Received{part});
    }
    if (!simulator_.alive(connection.session)) left = {};
    connection.unread.erase(0, connection.unread.size() - left.size());
    if (left.empty() && connection.finished) {
        simulator_.handle(now_, connection.session, smtp::HalfClosed{});
    }
}

std::size_t VirtualRun::unread(Client client) const {
    return connections_.at(client)->unread.size();
}

void VirtualRun::finish(Client client) {
    Connection& connection = *connections_.at(client);
    connection.finished = true;
    if (connection.unread.empty()) deliver(connection);
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
    std::string octets;
    for (const std::string& segment : segments(client)) octets += segment;
    return octets;
}

std::vector<std::string> VirtualRun::segments(Client client) {
    return std::exchange(connections_.at(client)->segments, {});
}

std::optional<smtp::Close::How> VirtualRun::closed(Client client) const {
    return connections_.at(client)->closed;
}

bool VirtualRun::half_closed(Client client) const {
    return connections_.at(client)->half_closed;
}

void VirtualRun::advance(Duration duration) {
    const Instant target = now_ + duration;
    while (advance_to_next(target)) {
    }
    now_ = target;
    tick();
}

void VirtualRun::tick() {
    simulator_.tick(now_);
    for (Connection* connection : std::exchange(reading_on_, {})) deliver(*connection);
}

bool VirtualRun::advance_to_next(std::optional<Instant> horizon) {
    const auto next = simulator_.deadline();
    if (!next || (horizon && *next > *horizon)) return false;
    FAKEMX_ASSERT(*next >= now_);
    now_ = *next;
    tick();
    return true;
}

}  // namespace fakemx::engine
