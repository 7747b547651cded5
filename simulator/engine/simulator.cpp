// Sessions by number, their deadlines in one queue, and when the journal gets what they gather.
#include "engine/simulator.h"

#include <algorithm>
#include <limits>

#include "core/assert.h"
#include "core/overloaded.h"
#include "engine/zone_names.h"

namespace fakemx::engine {

namespace {

/// As the recording has it.
Call::What what_of(const smtp::Input& input) {
    return std::visit(
        Overloaded{
            [](const smtp::Connected&) -> Call::What { return Opening{}; },
            [](const smtp::Received& received) -> Call::What {
                return Arrival{received.octets.size()};
            },
            [](const smtp::Trickled&) -> Call::What { return Trickle{}; },
            [](const smtp::HalfClosed&) -> Call::What { return InputEnd{}; },
            [](const smtp::Broken& broken) -> Call::What {
                return Loss{std::string{broken.reason}};
            },
            [](const smtp::Drained&) -> Call::What { return AllTaken{}; },
            [](const smtp::TlsReady& ready) -> Call::What { return HandshakeDone{ready.facts}; },
            [](const smtp::TlsFailed& failed) -> Call::What {
                return HandshakeFailed{failed.facts, std::string{failed.reason}, failed.reset};
            },
            [](const smtp::Tick&) -> Call::What { return TimeCame{}; },
            [](const smtp::ShutDown&) -> Call::What { return Shutdown{}; },
        },
        input);
}

}  // namespace

Simulator::Simulator(const Profile& profile, Policy& policy, journal::Sink* sink, Options options)
    : profile_(profile),
      sink_(sink),
      options_(std::move(options)),
      rng_(options_.seed),
      recorder_(options_.recorded ? std::optional<Recorder>{std::in_place} : std::nullopt),
      shared_{.policy = policy,
              .hooks = policy.hooks(),
              .state = state_,
              .rng = rng_,
              .attempts = attempts_,
              .numbers = numbers_,
              .template_header = profile.template_header,
              .names = zone_names(profile.names),
              .journaled = sink != nullptr,
              .recorder = recorder_ ? &*recorder_ : nullptr} {
    FAKEMX_ASSERT(!profile.hosts.empty());
    FAKEMX_ASSERT(sink != nullptr || !recorder_);
    if (options_.zones) {
        names_.emplace(std::move(*options_.zones), policy, state_, rng_, shared_.recorder,
                       shared_.script_failures);
    }
}

Simulator::~Simulator() = default;

SessionId Simulator::open(Instant now, std::size_t host, Endpoints endpoints,
                          Transport& transport) {
    const smtp::HostOptions& options = profile_.hosts.at(host).options;
    const std::uint64_t id = ++opened_;
    std::optional<Opening> opening;
    if (recorder_) opening = Opening{host, endpoints};
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
    if (recorder_) recorder_->begin(SessionId{id}, conversation.held_input, {}, true);
    conversation.begin(now, full);
    if (recorder_) {
        recorder_->end(now, std::move(*opening), conversation.events_made(),
                       conversation.standing());
    }
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
    give(now, number(id), *found->second, input);
}

void Simulator::give(Instant now, std::uint64_t id, Conversation& conversation,
                     const smtp::Input& input, std::optional<TimeCame> came) {
    if (!recorder_) {
        conversation.handle(now, input);
        return after(conversation, id);
    }
    const auto* received = std::get_if<smtp::Received>(&input);
    const std::uint32_t events_before = conversation.events_made();
    recorder_->begin(SessionId{id}, conversation.held_input,
                     received != nullptr ? received->octets : std::string_view{},
                     conversation.flushed());
    conversation.handle(now, input);
    recorder_->end(now, came ? Call::What{*came} : what_of(input),
                   conversation.events_made() - events_before, conversation.standing());
    after(conversation, id);
}

std::size_t Simulator::input_octets_max(SessionId id) const {
    const auto found = conversations_.find(number(id));
    return found != conversations_.end() ? found->second->input_octets_max() : 0;
}

void Simulator::query(Instant now, NameQuery query, NameService::Respond respond) {
    if (!names_) return;
    names_->query(now, std::move(query), std::move(respond));
    const bool much = recorder_ && recorder_->size() >= limits::inputs_batch_octets;
    if (sink_ == nullptr || much || names_->events_waiting() >= limits::journal_batch_events) {
        journal::Batch batch;
        names_->take_journal(batch);
        if (sink_ != nullptr) write(std::move(batch));
    }
}

std::optional<Instant> Simulator::deadline(Instant horizon) {
    const auto of_sessions = session_deadline(horizon);
    const auto of_names = names_ ? names_->deadline() : std::nullopt;
    if (!of_sessions || !of_names) return of_sessions ? of_sessions : of_names;
    return std::min(*of_sessions, *of_names);
}

std::optional<Instant> Simulator::session_deadline(Instant horizon) {
    while (!due_.empty()) {
        const auto [at, id] = *due_.begin();
        if (at > horizon) return at;
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
    for (bool first = true;; first = false) {
        const auto at = deadline(now);
        if (!at || *at > now) return;
        // At the same instant names come first: who connects has looked them up.
        if (names_ && names_->deadline() == at) {
            names_->tick(now, first);
            continue;
        }
        const std::uint64_t id = due_.begin()->second;
        Conversation& conversation = *conversations_.at(id);
        queue(conversation, id, std::nullopt);
        give(now, id, conversation, smtp::Tick{}, TimeCame{*at, first});
    }
}

void Simulator::shut_down_names(Instant now) {
    if (names_) names_->shut_down(now);
}

void Simulator::shut_down(Instant now) {
    shut_down_names(now);
    std::vector<std::uint64_t> ids;
    ids.reserve(conversations_.size());
    for (const auto& [id, conversation] : conversations_) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (const std::uint64_t id : ids) handle(now, SessionId{id}, smtp::ShutDown{});
    flush();
}

void Simulator::after(Conversation& conversation, std::uint64_t id) {
    if (sink_ != nullptr) write_or_list(conversation, id);
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

/// What has come together in a conversation is written at once, or with that of others.
void Simulator::write_or_list(Conversation& conversation, std::uint64_t id) {
    const bool much = recorder_ && recorder_->size() >= limits::inputs_batch_octets;
    if (conversation.ended() || conversation.resting() || much ||
        conversation.events_waiting() >= limits::journal_batch_events) {
        journal::Batch batch;
        conversation.take_journal(batch);
        write(std::move(batch));
    } else if (!conversation.listed) {
        conversation.listed = true;
        unwritten_.push_back(id);
    }
}

void Simulator::flush() {
    if (sink_ == nullptr) return;
    journal::Batch batch;
    if (names_) names_->take_journal(batch);
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
    // What others have done since the last time is written as well: whatever is in the journal has its causes there.
    if (recorder_) batch.inputs = recorder_->take();
    if (!batch.empty()) sink_->write(std::move(batch));
}

Result<void, StateError> Simulator::change_state(Instant now, StateChange change) {
    std::optional<StateChange> done;
    if (recorder_) done = change;
    Result<void, StateError> result;
    std::visit(
        Overloaded{
            [&](StateForgotten& forgotten) {
                if (forgotten.key) {
                    state_.forget(forgotten.store, *forgotten.key);
                } else {
                    state_.forget(forgotten.store);
                }
            },
            [&](StatePut& put) { result = state_.put(std::move(put.entries)); },
            [&](StateReset&) { state_.reset(); },
            [&](StateRestored& restored) { result = state_.restore(std::move(restored.snapshot)); },
        },
        change);
    if (result && recorder_) recorder_->changed(now, std::move(*done));
    return result;
}

}  // namespace fakemx::engine
