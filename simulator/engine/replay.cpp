// Call by call: do it, take what comes of it, compare.
#include "engine/replay.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "core/overloaded.h"
#include "core/text.h"
#include "engine/replayed_clients.h"

namespace fakemx::engine {

namespace {

// What a difference shows: enough to see where it is, not the whole session.
constexpr std::size_t events_before_max = 8;
constexpr std::size_t events_shown_max = 4;
constexpr std::size_t octets_shown_max = 200;

/// No journal speaks of instants outside the years that have four digits.
constexpr Instant earliest{std::chrono::seconds{-62'167'219'200}};
constexpr Instant latest{std::chrono::seconds{253'402'300'799}};

ReplayStuck damaged(const Call& call, std::string_view what) {
    return {fmt::format("the recording of the inputs is damaged: session {} at {}: {}",
                        number(call.session), format_instant(call.at), what)};
}

std::string shown(std::string_view octets) {
    return fmt::format("\"{}\"{}", escape_octets(octets.substr(0, octets_shown_max)),
                       octets.size() > octets_shown_max ? "…" : "");
}

std::string words_of(const Call& call, std::string_view octets) {
    return std::visit(
        Overloaded{
            [](const Opening& opening) {
                return fmt::format("{} connected", opening.endpoints.client);
            },
            [&](const Arrival& arrival) {
                return fmt::format("{} octets came: {}", arrival.octets, shown(octets));
            },
            [](const Trickle&) { return std::string{"a part of a TLS record came"}; },
            [](const InputEnd&) { return std::string{"the client said that it sends no more"}; },
            [](const Loss& loss) {
                return fmt::format("the connection was lost: {}", loss.reason);
            },
            [](const AllTaken&) { return std::string{"the client took the last octets"}; },
            [](const HandshakeDone&) { return std::string{"the TLS handshake was done"}; },
            [](const HandshakeFailed& failed) {
                return fmt::format("the TLS handshake failed: {}", failed.reason);
            },
            [](const TimeCame& came) {
                return fmt::format("it was time for what was due at {}", format_instant(came.due));
            },
            [](const Shutdown&) { return std::string{"the server was told to end"}; },
            [](const StateChange&) {
                return std::string{"what the profile remembers was changed from outside"};
            },
            [](const NameQuery& query) {
                return fmt::format("{} sent a query to the name server", query.client);
            },
        },
        call.what);
}

/// A client that takes what it is sent just as the recorded one did.
class Client final : public Transport {
public:
    /// Of the next call; see Call::blocked.
    void expect(std::uint32_t blocked) {
        blocked_ = blocked == 1;
        block_at_ = blocked > 1 ? blocked - 1 : 0;
        done_ = 0;
        octets_.clear();
    }

    void send(std::string_view octets) override {
        octets_ += octets;
        did();
    }
    bool flushed() const override { return !blocked_; }
    void upgrade_tls(const std::optional<smtp::HandshakeFault>&, std::string) override {
        upgrading = true;
        did();
    }
    void half_close() override { did(); }
    void read_on() override {}
    void close(smtp::Close::How) override {}

    const std::string& octets() const { return octets_; }
    /// What the name server answers.
    void answered(std::string_view octets) { octets_ += octets; }

    bool upgrading = false;

private:
    void did() {
        if (++done_ == block_at_) blocked_ = true;
    }

    std::string octets_;  // of the last call
    bool blocked_ = false;
    std::uint32_t block_at_ = 0;
    std::uint32_t done_ = 0;
};

class Replay final : public journal::Sink {
public:
    Replay(RecordedRun& recorded, const Profile& profile, Policy& policy,
           Simulator::Options options, journal::Sink* sink)
        : recorded_(recorded),
          profile_(profile),
          sink_(sink),
          clients_(recorded),
          simulator_(profile, policy, *this, std::move(options)) {}

    ReplayOutcome operator()() {
        while (true) {
            auto next = clients_.next();
            if (!next) return next.error();
            if (!*next) break;
            if (auto ended = step(**next)) return *std::move(ended);
        }
        simulator_.flush();
        if (auto more = rest_of_events()) return *std::move(more);
        // A server that goes down ends them all.
        if (recorded_.complete() && simulator_.sessions() != 0)
            return ReplayStuck{"the recording of the inputs is damaged: its end is missing"};
        return done_;
    }

    void write(journal::Batch batch) override {
        for (const journal::Event& event : batch.events) {
            std::string& json = sessions_[number(event.session)].got.emplace_back();
            append_json(json, event, journal::Form::full);
        }
        std::string_view recording = batch.inputs;
        for (Recorded record;
             reader_.next(recording, record) == RecordingReader::Progress::record;) {
            if (auto* call = std::get_if<Call>(&record)) calls_.push_back(std::move(*call));
        }
        if (sink_ != nullptr) sink_->write(std::move(batch));
    }

private:
    using Ended = std::optional<ReplayOutcome>;

    struct Seen {
        Client client;
        std::deque<std::string> expected;  // read and not compared
        std::deque<std::string> got;       // likewise
        std::deque<std::string> before;    // compared: the last ones
    };

    /// One call, or those of all sessions whose time came at once.
    Ended step(ReplayedClients::Next& next) {
        std::vector<Call> group{next.call};
        input_ = words_of(next.call, next.octets);
        if (next.call.at < earliest || next.call.at > latest)
            return damaged(next.call, "no instant of a journal");
        if (std::holds_alternative<TimeCame>(next.call.what)) {
            if (auto ended = gather(group)) return ended;
            if (auto ended = see_deadline(next.call)) return ended;
        }
        for (const Call& call : group) {
            const bool opening = std::holds_alternative<Opening>(call.what);
            const bool of_nobody = call.session == SessionId{};
            if (!opening && !of_nobody && !simulator_.alive(call.session))
                return damaged(call, "there is no such session");
            sessions_[number(call.session)].client.expect(call.blocked);
        }
        calls_.clear();
        if (auto ended = carry_out(next.call, next.octets)) return ended;
        simulator_.flush();
        return compare(group);
    }

    Ended gather(std::vector<Call>& group) {
        const auto belongs = [](const Call& call) {
            const auto* came = std::get_if<TimeCame>(&call.what);
            return came != nullptr && !came->first;
        };
        if (belongs(group.front())) return damaged(group.front(), "the middle of a moment");
        while (true) {
            const auto peeked = clients_.peek();
            if (!peeked) return ReplayOutcome{peeked.error()};
            if (*peeked == nullptr || !belongs(**peeked)) return std::nullopt;
            auto more = clients_.next();
            if (!more) return ReplayOutcome{more.error()};
            group.push_back((**more).call);
        }
    }

    Ended see_deadline(const Call& call) {
        const Instant due = std::get<TimeCame>(call.what).due;
        const auto now_due = simulator_.deadline();
        if (now_due == due) return std::nullopt;
        ReplayDifference difference = difference_at(call);
        difference.what = now_due ? fmt::format("then something was due at {}; now it is at {}",
                                                format_instant(due), format_instant(*now_due))
                                  : fmt::format("then something was due at {}; now nothing is",
                                                format_instant(due));
        return ReplayOutcome{std::move(difference)};
    }

    Ended carry_out(const Call& call, std::string_view octets) {
        const auto handle = [&](const smtp::Input& input) {
            simulator_.handle(call.at, call.session, input);
            return Ended{};
        };
        Client* client = &sessions_[number(call.session)].client;
        const auto shake_hands = [&](const smtp::Input& input) -> Ended {
            if (!std::exchange(client->upgrading, false))
                return damaged(call, "there is no TLS handshake");
            return handle(input);
        };
        return std::visit(
            Overloaded{
                [&](const Opening& opening) -> Ended { return open(call, opening, *client); },
                [&](const Arrival&) -> Ended {
                    if (client->upgrading) return damaged(call, "it is in a TLS handshake");
                    return handle(smtp::Received{octets});
                },
                [&](const Trickle&) -> Ended { return handle(smtp::Trickled{}); },
                [&](const InputEnd&) -> Ended { return handle(smtp::HalfClosed{}); },
                [&](const Loss& loss) -> Ended { return handle(smtp::Broken{loss.reason}); },
                [&](const AllTaken&) -> Ended { return handle(smtp::Drained{}); },
                [&](const HandshakeDone& done) -> Ended {
                    return shake_hands(smtp::TlsReady{done.facts});
                },
                [&](const HandshakeFailed& failed) -> Ended {
                    return shake_hands(smtp::TlsFailed{failed.facts, failed.reason, failed.reset});
                },
                [&](const TimeCame&) -> Ended { return simulator_.tick(call.at), Ended{}; },
                [&](const Shutdown&) -> Ended {
                    if (call.session != SessionId{}) return handle(smtp::ShutDown{});
                    return simulator_.shut_down_names(call.at), Ended{};
                },
                [&](const NameQuery& query) -> Ended {
                    simulator_.query(call.at, query, [client](std::string_view answer) {
                        client->answered(answer);
                    });
                    return std::nullopt;
                },
                [&](const StateChange& change) -> Ended {
                    if (auto changed = simulator_.change_state(call.at, change); !changed)
                        return damaged(call, changed.error().reason);
                    return std::nullopt;
                },
            },
            call.what);
    }

    Ended open(const Call& call, const Opening& opening, Client& client) {
        if (number(call.session) != simulator_.sessions_opened() + 1)
            return damaged(call, "sessions are not numbered in their order");
        if (opening.host >= profile_.hosts.size()) {
            return ReplayOutcome{ReplayStuck{
                fmt::format("session {} was with host number {} of the profile, which has {}",
                            number(call.session), opening.host + 1, profile_.hosts.size())}};
        }
        simulator_.open(call.at, opening.host, opening.endpoints, client);
        ++done_.sessions;
        return std::nullopt;
    }

    Ended compare(const std::vector<Call>& group) {
        for (std::size_t i = 0; i < std::max(group.size(), calls_.size()); ++i) {
            if (i >= group.size()) {
                // A killed server may not have written all that it did in this moment.
                const auto more = clients_.peek();
                if (!more) return ReplayOutcome{more.error()};
                if (*more == nullptr && !recorded_.complete()) return std::nullopt;
                ReplayDifference difference = difference_at(calls_[i]);
                difference.what = "it was not this session's time then; now it is";
                return difference;
            }
            const Call& then = group[i];
            if (i >= calls_.size() || calls_[i].session != then.session ||
                calls_[i].what != then.what) {
                ReplayDifference difference = difference_at(then);
                difference.what = "it was this session's time then; now it is not";
                return difference;
            }
            if (auto ended = compare(then, calls_[i])) return ended;
            ++done_.calls;
            done_.last = then.at;
            if (then.session != SessionId{} && !simulator_.alive(then.session))
                forget_when_compared(number(then.session));
        }
        return std::nullopt;
    }

    Ended compare(const Call& then, const Call& now) {
        if (auto ended = compare_events(then)) return ended;
        if (now.events != then.events) {
            ReplayDifference difference = difference_at(then);
            if (auto stuck =
                    show_expected(difference, then.events - std::min(then.events, now.events)))
                return stuck;
            difference.what =
                fmt::format("then {} events came of it, now {}", then.events, now.events);
            return difference;
        }
        if (now.output == then.output) return std::nullopt;
        ReplayDifference difference = difference_at(then);
        const std::string& octets = sessions_[number(then.session)].client.octets();
        difference.what =
            then.output == 0
                ? fmt::format("then nothing left for the client, now {}", shown(octets))
            : now.output == 0
                ? "then something left for the client, now nothing does"
                : fmt::format(
                      "the events are the same, and what left for the client is not; now it is {}",
                      shown(octets));
        return difference;
    }

    /// Those that the call gave, with those that the recorded run has next.
    Ended compare_events(const Call& call) {
        if (std::holds_alternative<StateChange>(call.what)) return std::nullopt;
        Seen& seen = sessions_[number(call.session)];
        while (!seen.got.empty()) {
            if (auto stuck = read_expected(number(call.session), 1)) return ReplayOutcome{*stuck};
            // A killed server has not written its last events.
            if (seen.expected.empty() && !recorded_.complete()) {
                seen.got.clear();
                return std::nullopt;
            }
            if (seen.expected.empty() || seen.expected.front() != seen.got.front()) {
                ReplayDifference difference = difference_at(call);
                if (auto stuck = show_expected(difference, seen.got.size())) return stuck;
                const std::size_t shown = std::min(seen.got.size(), events_shown_max);
                difference.got.assign(seen.got.begin(),
                                      seen.got.begin() + static_cast<std::ptrdiff_t>(shown));
                return difference;
            }
            seen.before.push_back(std::move(seen.got.front()));
            if (seen.before.size() > events_before_max) seen.before.pop_front();
            seen.expected.pop_front();
            seen.got.pop_front();
            ++done_.events;
        }
        return std::nullopt;
    }

    /// Until so many of them are there, if the recorded run has as many.
    std::optional<ReplayStuck> read_expected(std::uint64_t session, std::size_t many) {
        const auto& expected = sessions_[session].expected;
        while (expected.size() < many && !events_over_) {
            auto events = recorded_.next_events();
            if (!events) return ReplayStuck{events.error().message};
            if (!*events) {
                events_over_ = true;
            } else {
                auto& theirs = sessions_[(*events)->session].expected;
                std::move((*events)->json.begin(), (*events)->json.end(),
                          std::back_inserter(theirs));
            }
        }
        return std::nullopt;
    }

    /// So many of what the recorded run has next.
    Ended show_expected(ReplayDifference& difference, std::size_t many) {
        many = std::min(many, events_shown_max);
        if (auto stuck = read_expected(difference.session, many)) return ReplayOutcome{*stuck};
        const auto& expected = sessions_[difference.session].expected;
        const auto shown = static_cast<std::ptrdiff_t>(std::min(expected.size(), many));
        difference.expected.assign(expected.begin(), expected.begin() + shown);
        return std::nullopt;
    }

    ReplayDifference difference_at(const Call& call) {
        const auto& before = sessions_[number(call.session)].before;
        return {.at = call.at,
                .session = number(call.session),
                .input = input_,
                .before = {before.begin(), before.end()},
                .expected = {},
                .got = {},
                .what = {}};
    }

    /// A session that is over, with nothing left to compare.
    void forget_when_compared(std::uint64_t session) {
        const auto found = sessions_.find(session);
        if (found != sessions_.end() && found->second.expected.empty()) sessions_.erase(found);
    }

    /// Nothing more happens: has the recorded run more to say?
    Ended rest_of_events() {
        if (!recorded_.complete()) return std::nullopt;
        if (auto stuck = read_expected(0, 1)) return ReplayOutcome{*stuck};
        for (const auto& [session, seen] : sessions_) {
            if (seen.expected.empty()) continue;
            ReplayDifference difference =
                difference_at(Call{.at = done_.last, .session = SessionId{session}, .what = {}});
            difference.input = "the end of the recorded inputs";
            if (auto stuck = show_expected(difference, events_shown_max)) return stuck;
            return ReplayOutcome{std::move(difference)};
        }
        return std::nullopt;
    }

    RecordedRun& recorded_;
    const Profile& profile_;
    journal::Sink* sink_;
    ReplayedClients clients_;
    std::map<std::uint64_t, Seen> sessions_;  // outlive the simulator's conversations with them
    Simulator simulator_;
    RecordingReader reader_;
    std::vector<Call> calls_;  // as they came out this time
    std::string input_;
    bool events_over_ = false;
    ReplayedAlike done_;
};

}  // namespace

ReplayOutcome replay(RecordedRun& recorded, const Profile& profile, Policy& policy,
                     Simulator::Options options, journal::Sink* sink) {
    options.recorded = true;
    return Replay{recorded, profile, policy, std::move(options), sink}();
}

}  // namespace fakemx::engine
