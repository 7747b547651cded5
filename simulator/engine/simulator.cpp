// Sessions by number, their deadlines in one queue, and when the journal gets what they gather.
#include "engine/simulator.h"

#include <algorithm>
#include <limits>

#include "core/assert.h"

namespace fakemx::engine {

Simulator::Simulator(const Profile& profile, Policy& policy, journal::Sink& sink, Options options)
    : profile_(profile),
      sink_(sink),
      options_(std::move(options)),
      rng_(options_.seed),
      shared_{.policy = policy,
              .hooks = policy.hooks(),
              .state = state_,
              .rng = rng_,
              .attempts = attempts_,
              .numbers = numbers_} {
    FAKEMX_ASSERT(!profile.hosts.empty());
}

Simulator::~Simulator() = default;

SessionId Simulator::open(Instant now, std::size_t host, Endpoints endpoints,
                          Transport& transport) {
    const smtp::HostOptions& options = profile_.hosts.at(host).options;
    const std::uint64_t id = ++opened_;
    smtp::SessionFacts facts;
    facts.id = SessionId{id};
    facts.host = options.name;
    facts.client = std::move(endpoints.client);
    facts.local = std::move(endpoints.local);
    facts.connected_at = now;
    const smtp::PeerTrust trust = trust_in(facts.client);
    const bool full = conversations_.size() >= options_.sessions_max;
    auto& conversation =
        *conversations_
             .emplace(id, std::make_unique<Conversation>(shared_, options, std::move(facts), trust,
                                                         transport))
             .first->second;
    conversation.begin(now, full);
    after(conversation, id);
    return SessionId{id};
}

smtp::PeerTrust Simulator::trust_in(const std::string& peer) const {
    if (options_.xclient_peers.empty() && options_.proxy_peers.empty()) return {};
    // A link-local address comes with its zone.
    const auto address = IpAddress::parse(std::string_view{peer}.substr(0, peer.find('%')));
    const auto within = [&](const std::vector<IpNetwork>& networks) {
        return address && std::any_of(networks.begin(), networks.end(), [&](const auto& network) {
                   return network.contains(*address);
               });
    };
    using Xclient = smtp::PeerTrust::Xclient;
    smtp::PeerTrust trust;
    trust.proxy = within(options_.proxy_peers);
    if (!options_.xclient_peers.empty())
        trust.xclient = within(options_.xclient_peers) ? Xclient::taken : Xclient::refused;
    return trust;
}

void Simulator::handle(Instant now, SessionId id, const smtp::Input& input) {
    const auto found = conversations_.find(number(id));
    if (found == conversations_.end()) return;
    found->second->handle(now, input);
    after(*found->second, number(id));
}

std::size_t Simulator::input_octets_max(SessionId id) const {
    const auto found = conversations_.find(number(id));
    return found != conversations_.end() ? found->second->input_octets_max() : 0;
}

std::optional<Instant> Simulator::deadline() {
    while (!due_.empty()) {
        const auto [at, id] = *due_.begin();
        Conversation& conversation = *conversations_.at(id);
        const auto actual = conversation.deadline();
        if (actual == at) return at;
        queue(conversation, id, actual);
    }
    return std::nullopt;
}

void Simulator::queue(Conversation& conversation, std::uint64_t id, std::optional<Instant> at) {
    if (conversation.queued_at) due_.erase({*conversation.queued_at, id});
    conversation.queued_at = at;
    if (at) due_.emplace(*at, id);
}

void Simulator::tick(Instant now) {
    while (true) {
        const auto at = deadline();
        if (!at || *at > now) return;
        const std::uint64_t id = due_.begin()->second;
        Conversation& conversation = *conversations_.at(id);
        queue(conversation, id, std::nullopt);
        conversation.handle(now, smtp::Tick{});
        after(conversation, id);
    }
}

void Simulator::shut_down(Instant now) {
    std::vector<std::uint64_t> ids;
    ids.reserve(conversations_.size());
    for (const auto& [id, conversation] : conversations_) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (const std::uint64_t id : ids) handle(now, SessionId{id}, smtp::ShutDown{});
    flush();
}

void Simulator::after(Conversation& conversation, std::uint64_t id) {
    if (conversation.ended() || conversation.resting() ||
        conversation.events_waiting() >= limits::journal_batch_events) {
        journal::Batch batch;
        conversation.take_journal(batch);
        write(std::move(batch));
    } else if (!conversation.listed) {
        conversation.listed = true;
        unwritten_.push_back(id);
    }
    const bool awaited = !conversation.ended() && conversation.awaited();
    if (std::exchange(conversation.counted_awaited, awaited) != awaited)
        awaited ? ++awaited_ : --awaited_;
    if (conversation.ended()) {
        queue(conversation, id, std::nullopt);
        conversations_.erase(id);
        return;
    }
    const auto deadline = conversation.deadline();
    if (deadline && (!conversation.queued_at || *deadline < *conversation.queued_at)) {
        queue(conversation, id, deadline);
    }
}

void Simulator::flush() {
    journal::Batch batch;
    for (const std::uint64_t id : unwritten_) {
        const auto found = conversations_.find(id);
        if (found == conversations_.end()) continue;
        found->second->listed = false;
        found->second->take_journal(batch);
    }
    unwritten_.clear();
    write(std::move(batch));
}

void Simulator::write(journal::Batch batch) {
    if (!batch.empty()) sink_.write(std::move(batch));
}

}  // namespace fakemx::engine
