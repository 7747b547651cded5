// Whole simulations against receivers of one line each: what a sender does when hosts refuse, fall silent, are
// busy or speak TLS, and that the same simulation repeats.
#include "senders/simulation.h"

#include <algorithm>

#include "senders/report.h"
#include "support/catch.h"
#include "support/ruled_policy.h"

namespace fakemx::senders::test {

namespace {

using fakemx::test::RuledPolicy;
using journal::Outcome;

struct Scene {
    Scene() {
        model.name = "model";
        model.retry = {{.base = 5min}};
        model.lifetime = 1h;
        model.messages_per_connection = 100;
        plan.messages = 1;
        plan.round_trip = 10ms;
        add_host("mx1.example");
    }

    engine::HostProfile& add_host(const std::string& name) {
        profile.hosts.emplace_back().options.name = name;
        return profile.hosts.back();
    }

    Result run() { return simulate(model, plan, profile, policy); }

    Model model;
    Plan plan;
    engine::Profile profile;
    RuledPolicy policy;
};

std::vector<std::uint16_t> hosts_of(const Result& result) {
    std::vector<std::uint16_t> hosts;
    for (const Asked& asked : result.asked) hosts.push_back(asked.host);
    return hosts;
}

const Answer& answer_of(const Result& result, std::size_t index) {
    return result.answers.at(result.asked.at(index).answer);
}

}  // namespace

TEST_CASE("messages are delivered, over as few connections as the model wants") {
    Scene scene;
    scene.plan.messages = 250;
    scene.model.connections = 1;
    const Result result = scene.run();
    CHECK(result.connections == 3);  // 100 messages each
    CHECK(result.connections_most == 1);
    CHECK(std::all_of(result.messages.begin(), result.messages.end(),
                      [](const auto& message) { return message.fate == Fate::accepted; }));
    CHECK(report_of(result, 0s).volumes.front().accepted == 250);
}

TEST_CASE("connections at once are limited, and grow with success") {
    Scene scene;
    scene.plan.messages = 200;
    scene.model.connections = 8;
    CHECK(scene.run().connections_most == 8);
    scene.model.connections_first = 2;
    CHECK(scene.run().connections_most == 8);
    // A host that refuses everybody at the door never becomes one that is known.
    scene.policy.set("connect", "defer");
    scene.plan.horizon = 1s;
    CHECK(scene.run().connections_most == 2);
}

TEST_CASE("a temporary refusal goes to the next host as far as the model wants") {
    Scene scene;
    scene.add_host("mx2.example");
    scene.add_host("mx3.example");
    scene.model.hosts_per_try = 2;
    scene.plan.horizon = 1min;
    const auto asked = [&](const char* hook, NextHost next) {
        scene.policy.set(hook, "450 4.2.0 Try later");
        scene.model.next_host = next;
        return hosts_of(scene.run());
    };
    using Hosts = std::vector<std::uint16_t>;
    SECTION("of the recipient") {
        CHECK(asked("rcpt", NextHost::recipient) == Hosts{0, 1});
        CHECK(asked("rcpt", NextHost::transaction) == Hosts{0});
    }
    SECTION("of the message") {
        CHECK(asked("message", NextHost::transaction) == Hosts{0, 1});
        CHECK(asked("message", NextHost::connection) == Hosts{0});
    }
    SECTION("of the connection") {
        CHECK(asked("connect", NextHost::connection) == Hosts{0, 1});
        CHECK(asked("connect", NextHost::never) == Hosts{0});
    }
}

TEST_CASE("a permanent refusal ends a message, and one at the door only if the model says so") {
    Scene scene;
    scene.policy.set("rcpt", "550 5.1.1 No such user");
    Result result = scene.run();
    CHECK(result.messages.front().fate == Fate::rejected);
    CHECK(result.asked.size() == 1);
    scene.policy.set("rcpt", "default");
    scene.policy.set("connect", "554 5.7.1 Go away");
    CHECK(scene.run().messages.front().fate == Fate::rejected);
    scene.model.bounces_at_greeting = false;
    result = scene.run();
    CHECK(result.messages.front().fate == Fate::expired);
    CHECK(result.messages.front().tries == 13);  // every five minutes for an hour
}

TEST_CASE("hosts that refuse, ignore or drop who connects") {
    Scene scene;
    scene.plan.horizon = 21min;
    scene.model.lifetime = Duration{24h};
    using engine::Connections;
    SECTION("refuse") {
        scene.profile.hosts[0].connections = Connections::refuse;
        const Result result = scene.run();
        CHECK(answer_of(result, 0).text == "connection refused");
        CHECK(result.asked.size() == 5);
    }
    SECTION("ignore: the greeting is waited for") {
        scene.profile.hosts[0].connections = Connections::ignore;
        const Result result = scene.run();
        CHECK(answer_of(result, 0).text == "timed out");
        CHECK(result.asked.at(1).at - result.start == Duration{10min});  // and then five minutes
    }
    SECTION("full: the connection is waited for") {
        scene.profile.hosts[0].connections = Connections::full;
        const Result result = scene.run();
        CHECK(answer_of(result, 0).text == "connection timed out");
        CHECK(result.asked.at(1).at - result.start == Duration{5min + 30s});
    }
}

TEST_CASE("a silent server costs the patience of the stage") {
    Scene scene;
    scene.model.lifetime = 1min;
    scene.policy.set("message", "silence");
    const Result result = scene.run();
    CHECK(answer_of(result, 0).text == "timed out");
    CHECK(answer_of(result, 0).stage == smtp::Hook::message);
    CHECK(result.messages.front().fate == Fate::expired);
    const Duration waited = result.messages.front().ended_at - result.start;
    CHECK(waited >= Duration{10min});
    CHECK(waited < Duration{10min + 1s});
}

TEST_CASE("a hook that sleeps is waited for, and so is a reply that drips") {
    Scene scene;
    scene.policy.set("rcpt", "sleep 90s default");
    scene.policy.set("message", "drip 1 1s 250 2.0.0 Ok");
    const Result result = scene.run();
    CHECK(result.messages.front().fate == Fate::accepted);
    CHECK(result.messages.front().ended_at - result.start > Duration{90s + 13s});
}

TEST_CASE("a reset in the middle loses the try, and another host takes the message") {
    Scene scene;
    scene.policy.set("message", "tries 1 reset");
    const Result result = scene.run();
    REQUIRE(result.asked.size() == 2);
    CHECK(result.asked[0].outcome == Outcome::lost);
    CHECK(answer_of(result, 0).text == "connection reset");
    CHECK(result.asked[1].outcome == Outcome::accepted);
}

TEST_CASE("a destination that cannot be reached is left alone") {
    Scene scene;
    scene.plan.messages = 100;
    scene.plan.horizon = 2min;
    scene.profile.hosts[0].connections = engine::Connections::refuse;
    scene.model.connections = 10;
    scene.model.lifetime = Duration{24h};
    SECTION("never, unless the model says so") {
        CHECK(scene.run().asked.size() == 100);
    }
    SECTION("after so many failures") {
        scene.model.dead_after = 3;
        scene.model.dead_for = 5min;
        const Result result = scene.run();
        // Those that were under way when the third one failed are failures as well.
        CHECK(result.asked.size() >= 3);
        CHECK(result.asked.size() <= 13);
        CHECK(result.held_back >= 87);
        CHECK(result.held_back + result.asked.size() == 100);
    }
    SECTION("after a cohort, and then again") {
        scene.model.dead_after = 1;
        scene.model.dead_counts = DeadCounts::cohorts;
        scene.model.connections_first = 5;
        scene.plan.horizon = 11min;
        const Result result = scene.run();
        CHECK(result.asked.size() <= 30);
        CHECK(result.held_back > 150);
    }
}

TEST_CASE("a whole queue waits together, and new mail wakes it") {
    Scene scene;
    scene.model.backoff = Backoff::queue;
    scene.model.connections = 1;
    scene.model.messages_per_connection = 1;
    scene.model.retry = {{.base = 60s, .factor = {2, 1}}};
    scene.plan.messages = 2;
    scene.plan.over = 200s;  // the second one comes at 100 s
    scene.plan.horizon = 170s;
    scene.plan.round_trip = 0s;
    scene.policy.set("message", "defer");
    const Result result = scene.run();
    std::vector<std::int64_t> at;
    for (const Asked& asked : result.asked) at.push_back((asked.at - result.start) / Duration{1s});
    CHECK(at == std::vector<std::int64_t>{0, 60, 100, 100, 160, 160});
}

TEST_CASE("it sends from as many addresses as it has") {
    Scene scene;
    scene.model.addresses = 3;
    // By the client's address: a chance that only depends on it.
    scene.policy.set("connect", "chance 1 2 450 4.7.1 Not from there");
    const auto accepted_at_try = [&](std::uint64_t seed) {
        scene.plan.seed = seed;
        return scene.run().messages.front().tries;
    };
    std::uint32_t most = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) most = std::max(most, accepted_at_try(seed));
    CHECK(most > 1);
}

TEST_CASE("STARTTLS and TLS from the first octet") {
    Scene scene;
    smtp::HostOptions& host = scene.profile.hosts[0].options;
    SECTION("offered") {
        host.extensions.push_back({smtp::Extension::starttls, "STARTTLS"});
        CHECK(scene.run().messages.front().fate == Fate::accepted);
        CHECK(std::any_of(scene.policy.asked.begin(), scene.policy.asked.end(),
                          [](const auto& asked) { return asked.hook == smtp::Hook::starttls; }));
    }
    SECTION("implicit") {
        host.implicit_tls = true;
        CHECK(scene.run().messages.front().fate == Fate::accepted);
    }
    SECTION("a handshake that goes wrong") {
        host.extensions.push_back({smtp::Extension::starttls, "STARTTLS"});
        host.handshake = smtp::HandshakeFault{.kind = smtp::HandshakeFault::Kind::close};
        const Result result = scene.run();
        CHECK(answer_of(result, 0).text == "TLS handshake failed");
        CHECK(result.messages.front().fate == Fate::expired);
    }
}

TEST_CASE("LMTP is spoken where the host speaks it") {
    Scene scene;
    scene.profile.hosts[0].options.lmtp = true;
    CHECK(scene.run().messages.front().fate == Fate::accepted);
}

TEST_CASE("a profile that fails is told") {
    Scene scene;
    scene.policy.set("message", "fail");
    const Result result = scene.run();
    CHECK(result.script_failures == 13);
    CHECK_FALSE(result.script_failure.empty());
}

TEST_CASE("a simulation repeats with its seed") {
    const auto run = [](std::uint64_t seed) {
        Scene scene;
        scene.plan.messages = 300;
        scene.plan.over = 10min;
        scene.plan.seed = seed;
        scene.model.retry = {{.base = 60s, .spread = 20s}};
        scene.policy.set("message", "tries 3 450 4.2.0 Try later");
        std::vector<Instant> ends;
        for (const MessageResult& message : scene.run().messages) ends.push_back(message.ended_at);
        return ends;
    };
    CHECK(run(7) == run(7));
    CHECK(run(7) != run(8));
}

TEST_CASE("volumes add up") {
    Scene scene;
    scene.plan.messages = 400;
    scene.plan.over = 2h;
    scene.policy.set("rcpt", "tries 2 450 4.2.0 Try later");
    const Result result = scene.run();
    const Report report = report_of(result, 7min);
    std::uint64_t attempted = 0;
    std::uint64_t accepted = 0;
    for (const Volume& volume : report.volumes) {
        CHECK(volume.attempted ==
              volume.accepted + volume.deferred + volume.rejected + volume.lost);
        attempted += volume.attempted;
        accepted += volume.accepted;
    }
    CHECK(attempted == result.asked.size());
    CHECK(attempted == 1200);
    CHECK(accepted == 400);
    CHECK(report.volumes.back().queued == 0);
    CHECK(report.tries.front() == 3);
    CHECK(report.delivery_times.front() >= Duration{10min});
    REQUIRE(report.limits.size() == 1);
    CHECK(report.limits.front().asked == 800);
    CHECK(report.limits.front().messages == 400);
}

TEST_CASE("what changes from reply to reply is left out of its shape") {
    CHECK(shape_of("DT:SPM 163 zwqz-mx-mta-g7-3,_____wAbc--.123S2 1767225600,please try again "
                   "15min later") == "DT:SPM 163 … try again 15min later");
    CHECK(shape_of("5.1.1 <u17@163.com>: no such user") == "5.1.1 … no such user");
    CHECK(shape_of("4.7.1 Greylisted, try again after 5m") ==
          "4.7.1 Greylisted, try again after 5m");
    CHECK(shape_of("").empty());
}

}  // namespace fakemx::senders::test
