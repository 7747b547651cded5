// Queries in virtual time: what the hook decides and when, what the journal hears of it, and that a replay does it once more.
#include "engine/name_service.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/limits.h"
#include "engine/name_zones.h"
#include "engine/simulator.h"
#include "support/catch.h"
#include "support/dns_wire.h"
#include "support/recorded.h"

using namespace fakemx;
using namespace fakemx::engine;
using namespace fakemx::test;
using Catch::Matchers::Contains;
using Kind = dns::Verdict::Kind;

namespace {

/// Answers every query by a function.
class NamePolicy final : public Policy {
public:
    using Answer = std::function<NameStep(const NameQuestion&, int resumed, Instant now)>;

    explicit NamePolicy(Answer answer) : answer_(std::move(answer)) {}

    HookSet hooks() const override { return {}; }
    std::unique_ptr<Consultation> consult(const Question&, StateStore&, const Rng&) override {
        return nullptr;
    }
    bool decides_names() const override { return answer_ != nullptr; }
    std::unique_ptr<NameConsultation> consult_on_name(const NameQuestion& question, StateStore&,
                                                      const Rng&) override {
        class Asked final : public NameConsultation {
        public:
            Asked(const NameQuestion& question, const Answer& answer)
                : question_(question), answer_(answer) {}
            NameStep resume(Instant now) override { return answer_(question_, resumed_++, now); }

        private:
            const NameQuestion& question_;
            const Answer& answer_;
            int resumed_ = 0;
        };
        return std::make_unique<Asked>(question, answer_);
    }

private:
    Answer answer_;
};

NameStep says(dns::Verdict verdict) {
    return {.outcome = std::move(verdict), .notes = {}};
}

Profile profile_of_one() {
    Profile profile;
    HostProfile& host = profile.hosts.emplace_back();
    host.options.name = "mx1.163.com";
    host.options.domains = {"163.com"};
    return profile;
}

/// A receiver with a name server.
class Names {
public:
    explicit Names(NamePolicy::Answer answer = nullptr)
        : profile_(profile_of_one()),
          policy_(std::move(answer)),
          simulator_(profile_, policy_, sink_, options()) {}

    /// What came back at once; empty: nothing yet.
    std::string ask(WireQuery query, dns::Transport transport = dns::Transport::udp) {
        auto& answer = answers_.emplace_back(std::make_unique<std::string>());
        simulator_.query(now_, {"192.0.2.9", transport, octets_of(query)},
                         [slot = answer.get()](std::string_view octets) { *slot += octets; });
        return last();
    }
    std::string last() const {
        return answers_.back()->empty() ? "" : answer_text(*answers_.back());
    }
    std::string answer(std::size_t index) const {
        return answers_.at(index)->empty() ? "" : answer_text(*answers_.at(index));
    }

    /// Each thing at its own instant.
    void advance(Duration by) {
        const Instant to = now_ + by;
        while (const auto next = simulator_.deadline()) {
            if (*next > to) break;
            now_ = std::max(now_, *next);
            simulator_.tick(now_);
        }
        now_ = to;
    }
    Instant now() const { return now_; }

    std::vector<std::string> events() {
        simulator_.flush();
        std::vector<std::string> all;
        for (const auto& events : sink_.events)
            all.insert(all.end(), events.json.begin(), events.json.end());
        return all;
    }
    void end() { simulator_.shut_down(now_); }
    std::string replayed(NamePolicy::Answer answer) {
        RecordedInMemory run{sink_};
        NamePolicy policy{std::move(answer)};
        return words_of(replay(run, profile_, policy, options(), nullptr));
    }

    RecordedSink sink_;

    Simulator::Options options() const {
        return {
            .seed = 1, .recorded = true, .zones = zones_of(profile_, {"127.0.0.2"}, "127.0.0.1")};
    }

private:
    Profile profile_;
    NamePolicy policy_;
    Instant now_ = default_epoch;
    std::vector<std::unique_ptr<std::string>> answers_;
    Simulator simulator_;
};

const std::string mx_answer =
    "NOERROR qr aa rd\n? 163.com. IN MX\n= 163.com. 3600 IN MX 10 mx1.163.com.\n"
    "+ mx1.163.com. 3600 IN A 127.0.0.2\n";
const std::string serv_fail = "SERVFAIL qr rd\n? 163.com. IN MX\n";
const WireQuery mx{.name = "163.com", .type = dns::Type::mx};

}  // namespace

TEST_CASE("names: what a profile says already is answered") {
    Profile profile = profile_of_one();
    for (const char* name : {"mx2.163.com", "other.test"}) {
        HostProfile& host = profile.hosts.emplace_back();
        host.options.name = name;
        host.options.domains = {"163.com", "126.com"};
    }
    profile.hosts.emplace_back().options.name = "any.test";
    profile.names[*dns::Name::parse("126.com")].data = {
        {dns::Type::mx, dns::Exchange{0, dns::Name{}}}};
    profile.names[*dns::Name::parse("other.test")].data = {
        {dns::Type::cname, *dns::Name::parse("mx2.163.com")}};
    const dns::Zones zones =
        zones_of(profile, {"127.0.0.2", "::1", "127.0.0.2", "unix:/tmp/x"}, "0.0.0.0");
    const auto asked = [&](std::string_view name, dns::Type type) {
        const auto answer =
            zones.look_up({.name = dns::Name::parse(name).value(), .type = type}, Rng{1});
        const dns::Query query{.name = *dns::Name::parse(name), .type = type};
        return answer_text(dns::write_answer(query, answer, dns::Transport::tcp).octets);
    };
    CHECK_THAT(asked("163.com", dns::Type::mx), Contains("= 163.com. 3600 IN MX 10 mx1.163.com.\n"
                                                         "= 163.com. 3600 IN MX 20 mx2.163.com.\n"
                                                         "= 163.com. 3600 IN MX 30 other.test.\n"));
    CHECK_THAT(asked("126.com", dns::Type::mx), Contains("= 126.com. 3600 IN MX 0 .\n"));
    CHECK_THAT(asked("mx1.163.com", dns::Type::a), Contains("IN A 127.0.0.2\n"));
    CHECK_THAT(asked("mx2.163.com", dns::Type::aaaa), Contains("IN AAAA ::1\n"));
    CHECK_THAT(asked("other.test", dns::Type::aaaa), Contains("= other.test. 3600 IN CNAME mx2"));
    CHECK_THAT(asked("any.test", dns::Type::a), Contains("REFUSED"));
    CHECK_THAT(asked("2.0.0.127.in-addr.arpa", dns::Type::ptr), Contains("PTR mx1.163.com.\n"));
    CHECK_THAT(asked("163.com", dns::Type::ns),
               Contains("NS ns.163.com.\n+ ns.163.com. 3600 IN A 127.0.0.1\n"));
}

TEST_CASE("names: without a hook the zones answer") {
    Names names;
    CHECK(names.ask(mx) == mx_answer);
    CHECK(names.ask({.name = "163.COM", .type = dns::Type::mx}, dns::Transport::tcp)
              .starts_with("NOERROR qr aa rd\n? 163.COM. IN MX\n"));
    CHECK(names.ask({.name = "example.test"}) == "REFUSED qr rd\n? example.test. IN A\n");
    CHECK(names.ask({.name = "a", .flags = 0x8000}).empty());
    CHECK(names.ask({.name = "a", .flags = 0x1000}) == "NOTIMPL qr\n");
    CHECK(
        names.events() ==
        std::vector<std::string>{
            R"({"session":0,"number":1,"at":"2026-01-01T00:00:00Z","event":"query","name":"163.com","type":"MX","client":"192.0.2.9","transport":"udp","rcode":"NOERROR","answers":1,"ttl":3600,"records":["MX 10 mx1.163.com"]})",
            R"({"session":0,"number":2,"at":"2026-01-01T00:00:00Z","event":"query","name":"163.com","type":"MX","client":"192.0.2.9","transport":"tcp","rcode":"NOERROR","answers":1,"ttl":3600,"records":["MX 10 mx1.163.com"]})",
            R"({"session":0,"number":3,"at":"2026-01-01T00:00:00Z","event":"query","name":"example.test","type":"A","client":"192.0.2.9","transport":"udp","rcode":"REFUSED"})",
            R"({"session":0,"number":4,"at":"2026-01-01T00:00:00Z","event":"query","client":"192.0.2.9","transport":"udp","rcode":"NOTIMP"})"});
    names.end();
    CHECK(names.replayed(nullptr) == "alike");
}

TEST_CASE("names: the hook is told what is asked and how often, and decides") {
    std::vector<std::string> told;
    const auto answer = [&](const NameQuestion& question, int, Instant) {
        told.push_back(fmt::format("{} {} {} {} {}", question.name, question.type, question.client,
                                   question.transport, question.count));
        return says(
            {.kind = question.type == "MX" && question.count <= 2 ? Kind::serv_fail : Kind::zones});
    };
    Names names{answer};
    CHECK(names.ask(mx) == serv_fail);
    CHECK(names.ask({.name = "mx1.163.com"}).starts_with("NOERROR"));
    CHECK(names.ask({.name = "163.Com", .type = dns::Type::mx}).starts_with("SERVFAIL"));
    CHECK(names.ask(mx) == mx_answer);
    CHECK(told ==
          std::vector<std::string>{"163.com MX 192.0.2.9 udp 1", "mx1.163.com A 192.0.2.9 udp 1",
                                   "163.com MX 192.0.2.9 udp 2", "163.com MX 192.0.2.9 udp 3"});
    CHECK_THAT(names.events()[0], Contains(R"("rcode":"SERVFAIL","scripted":true})"));
    names.end();
    CHECK(names.replayed(answer) == "alike");
    CHECK_THAT(names.replayed(nullptr), Contains("SERVFAIL"));
}

TEST_CASE("names: answers wait by the clock that they are given") {
    const auto answer = [](const NameQuestion& question, int resumed, Instant now) -> NameStep {
        if (question.name == "sleepy.163.com" && resumed < 2)
            return {.outcome = Sleep{now + 2s}, .notes = {"asleep"}};
        if (question.name == "late.163.com") return says({.kind = Kind::nx_domain, .after = 3s});
        if (question.name == "never.163.com") return says({.kind = Kind::silence, .after = 1s});
        return says({});
    };
    Names names{answer};
    CHECK(names.ask({.name = "sleepy.163.com"}).empty());
    CHECK(names.ask({.name = "late.163.com"}).empty());
    CHECK(names.ask({.name = "never.163.com"}).empty());
    CHECK(names.ask(mx) == mx_answer);
    names.advance(3s - 1us);
    CHECK(names.answer(1).empty());
    names.advance(1us);
    CHECK(names.answer(1).starts_with("NXDOMAIN qr aa"));
    names.advance(1s);
    CHECK(names.answer(0).starts_with("NXDOMAIN qr aa"));
    CHECK(names.answer(2).empty());
    std::string events;
    for (const std::string& event : names.events()) events += event + '\n';
    CHECK_THAT(events, Contains(R"("event":"note","hook":"query","text":"asleep"})"));
    CHECK_THAT(events, Contains(R"("name":"never.163.com","type":"A","client":"192.0.2.9",)"
                                R"("transport":"udp","after":"1s","scripted":true})"));
    CHECK_THAT(events, Contains(R"("rcode":"NXDOMAIN","after":"3s","scripted":true})"));
    CHECK_THAT(events, Contains(R"("rcode":"NXDOMAIN","after":"4s"})"));
    names.end();
    CHECK(names.replayed(answer) == "alike");
}

TEST_CASE("names: whoever waits at the end gets no answer") {
    const auto answer = [](const NameQuestion&, int, Instant now) -> NameStep {
        return {.outcome = Sleep{now + 1h}, .notes = {}};
    };
    Names names{answer};
    CHECK(names.ask(mx).empty());
    names.advance(1s);
    names.end();
    CHECK(names.last().empty());
    CHECK(names.events().size() == 1);
    CHECK_THAT(names.events()[0], Contains(R"("transport":"udp","after":"1s"})"));
    CHECK(names.replayed(answer) == "alike");
}

TEST_CASE("names: a hook that fails gives SERVFAIL") {
    const auto answer = [](const NameQuestion&, int, Instant) -> NameStep {
        return {.outcome = ScriptError{"a.lua:1: no", "a.lua", 1, "trace"}, .notes = {}};
    };
    Names names{answer};
    CHECK(names.ask(mx) == serv_fail);
    CHECK_THAT(names.events()[0],
               Contains(R"("event":"script_failed","hook":"query","message":"a.lua:1: no")"));
    names.end();
    CHECK(names.replayed(answer) == "alike");
}

TEST_CASE("names: more queries than can wait get SERVFAIL") {
    Names names{[](const NameQuestion&, int, Instant now) -> NameStep {
        return {.outcome = Sleep{now + 1h}, .notes = {}};
    }};
    for (std::size_t i = 0; i < limits::dns_queries_waiting_max; ++i)
        REQUIRE(names.ask(mx).empty());
    CHECK(names.ask(mx) == serv_fail);
    names.advance(1h);
    CHECK(names.answer(0).empty());
}

TEST_CASE("names: a replay shows what a query gets that it did not get then") {
    const auto first = [](const NameQuestion&, int, Instant) { return says({}); };
    Names names{first};
    names.ask(mx);
    names.end();
    // The same number of records, and another one of them.
    const std::string words = names.replayed([](const NameQuestion&, int, Instant) {
        return says({.kind = Kind::records,
                     .records = {.data = {{dns::Type::mx,
                                           dns::Exchange{10, *dns::Name::parse("mx2.163.com")}}}}});
    });
    CHECK_THAT(words, Contains("scripted"));
    const std::string late = names.replayed([](const NameQuestion&, int, Instant now) -> NameStep {
        return {.outcome = Sleep{now + 1s}, .notes = {}};
    });
    CHECK(late != "alike");
}
