// What profiles remember: kinds, times to live, windows, bounds.
#include "engine/state_store.h"

#include <limits>

#include "core/limits.h"
#include "support/catch.h"
#include "support/effort.h"

using namespace fakemx;
using engine::StateStore;
using engine::StateValue;

namespace {

const Instant t0 = default_epoch;
constexpr auto forever = std::nullopt;

}  // namespace

TEST_CASE("a counter counts, and its time to live counts from the first addition") {
    StateStore state;
    CHECK(*state.add("s", "k", 1, 10s, t0) == 1);
    CHECK(*state.add("s", "k", 2, 10s, t0 + 9s) == 3);
    CHECK(*state.get("s", "k", t0 + 9s) == StateValue{std::int64_t{3}});
    CHECK(*state.add("s", "k", 1, 10s, t0 + 10s - Duration{1}) == 4);
    CHECK(*state.add("s", "k", 1, 10s, t0 + 10s) == 1);
    CHECK(*state.add("s", "k", -5, 10s, t0 + 10s) == -4);
    CHECK(*state.add("other", "k", 1, forever, t0) == 1);
}

TEST_CASE("a counter that would overflow keeps its count") {
    StateStore state;
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    CHECK(*state.add("s", "k", most, forever, t0) == most);
    CHECK(state.add("s", "k", 1, forever, t0).has_error());
    CHECK(*state.get("s", "k", t0) == StateValue{most});
    CHECK(*state.add("s", "k", -1, forever, t0) == most - 1);
}

TEST_CASE("a value is set anew, with a new time to live or none") {
    StateStore state;
    CHECK_FALSE(state.get("s", "k", t0)->has_value());
    CHECK(state.set("s", "k", std::string{"v"}, 10s, t0).has_value());
    CHECK(*state.get("s", "k", t0 + 10s - Duration{1}) == StateValue{std::string{"v"}});
    CHECK_FALSE(state.get("s", "k", t0 + 10s)->has_value());
    CHECK(state.set("s", "k", true, 10s, t0).has_value());
    CHECK(state.set("s", "k", false, forever, t0 + 5s).has_value());
    CHECK(*state.get("s", "k", t0 + 1000h) == StateValue{false});
    // A time to live beyond the end of time does not overflow.
    CHECK(state.set("s", "k", true, Duration::max(), t0).has_value());
    CHECK(state.get("s", "k", t0)->has_value());
}

TEST_CASE("a hit is in the window while it is less than the window old") {
    StateStore state;
    CHECK(*state.hit("s", "k", 10s, t0) == 1);
    CHECK(*state.hit("s", "k", 10s, t0) == 2);
    CHECK(*state.hit("s", "k", 10s, t0 + 10s - Duration{1}) == 3);
    CHECK(*state.hits("s", "k", 10s, t0 + 10s) == 1);
    CHECK(*state.hit("s", "k", 10s, t0 + 10s) == 2);
    CHECK(*state.hits("s", "k", 1s, t0 + 12s) == 0);
    CHECK(*state.hits("s", "none", 1s, t0) == 0);
    // Windows of two lengths over the same hits.
    CHECK(*state.hit("s", "two", 1min, t0) == 1);
    CHECK(*state.hit("s", "two", 1s, t0 + 30s) == 1);
    CHECK(*state.hits("s", "two", 1min, t0 + 30s) == 2);
}

TEST_CASE("a window does not remember more than it must, and no more than the bound") {
    StateStore state;
    for (int n = 0; n < test::times(300'000); ++n) {
        REQUIRE(*state.hit("s", "k", 1s, t0 + n * 1ms) == std::min(n + 1, 1000));
    }
    for (std::size_t n = 0; n < limits::state_members_max; ++n) {
        REQUIRE(state.hit("s", "full", 1h, t0).has_value());
    }
    CHECK(state.hit("s", "full", 1h, t0).has_error());
    CHECK(state.hit("s", "full", 1h, t0 + 1h).has_value());
}

TEST_CASE("a set has its members once") {
    StateStore state;
    CHECK(*state.include("s", "k", "a", 10s, t0) == 1);
    CHECK(*state.include("s", "k", "a", 10s, t0) == 1);
    CHECK(*state.include("s", "k", "b", 10s, t0 + 5s) == 2);
    CHECK(*state.includes("s", "k", "b", t0 + 5s));
    CHECK_FALSE(*state.includes("s", "k", "c", t0 + 5s));
    CHECK_FALSE(*state.includes("s", "none", "c", t0));
    CHECK(*state.size("s", "k", t0 + 5s) == 2);
    CHECK(*state.size("s", "k", t0 + 10s) == 0);
    for (std::size_t n = 0; n < limits::state_members_max; ++n) {
        REQUIRE(state.include("s", "full", std::to_string(n), forever, t0).has_value());
    }
    CHECK(state.include("s", "full", "one more", forever, t0).has_error());
    CHECK(*state.include("s", "full", "7", forever, t0) ==
          static_cast<std::int64_t>(limits::state_members_max));
}

TEST_CASE("a mark remembers its first moment, exactly") {
    StateStore state;
    CHECK_FALSE(*state.marked_for("s", "k", 0s, t0));
    CHECK(*state.mark("s", "k", 1h, t0));
    CHECK_FALSE(*state.mark("s", "k", 1h, t0 + 1min));
    CHECK_FALSE(*state.marked_for("s", "k", 5min, t0 + 5min - Duration{1}));
    CHECK(*state.marked_for("s", "k", 5min, t0 + 5min));
    CHECK(*state.mark("s", "k", 1h, t0 + 1h));
    CHECK_FALSE(*state.marked_for("s", "k", 1s, t0 + 1h));
}

TEST_CASE("a key holds one kind of thing, and says which") {
    StateStore state;
    REQUIRE(state.add("s", "counter", 1, forever, t0).has_value());
    REQUIRE(state.set("s", "value", true, forever, t0).has_value());
    REQUIRE(state.include("s", "set", "m", forever, t0).has_value());
    REQUIRE(state.hit("s", "window", 1h, t0).has_value());
    REQUIRE(state.mark("s", "mark", forever, t0).has_value());
    for (const char* key : {"counter", "value", "set", "window", "mark"}) {
        CAPTURE(key);
        const std::string kind = key;
        const std::string reason = "this key already holds a " + kind;
        const auto refused = [&](const auto& result) {
            return result.has_error() && result.error().reason == reason;
        };
        CHECK(refused(state.add("s", key, 1, forever, t0)) == (kind != "counter"));
        CHECK(refused(state.set("s", key, true, forever, t0)) == (kind != "value"));
        CHECK(refused(state.get("s", key, t0)) == (kind != "value" && kind != "counter"));
        CHECK(refused(state.include("s", key, "m", forever, t0)) == (kind != "set"));
        CHECK(refused(state.includes("s", key, "m", t0)) == (kind != "set"));
        CHECK(refused(state.size("s", key, t0)) == (kind != "set"));
        CHECK(refused(state.hit("s", key, 1h, t0)) == (kind != "window"));
        CHECK(refused(state.hits("s", key, 1h, t0)) == (kind != "window"));
        CHECK(refused(state.mark("s", key, forever, t0)) == (kind != "mark"));
        CHECK(refused(state.marked_for("s", key, 1h, t0)) == (kind != "mark"));
    }
    CHECK(state.entries() == 5);
    state.forget("s", "counter");
    state.forget("s", "none");
    state.forget("none", "k");
    CHECK(state.entries() == 4);
    CHECK(state.include("s", "counter", "now a set", forever, t0).has_value());
    state.reset();
    CHECK(state.entries() == 0);
    CHECK_FALSE(state.get("s", "value", t0)->has_value());
}

TEST_CASE("keys, members and texts are bounded") {
    StateStore state;
    const std::string longest(limits::state_text_octets_max, 'x');
    const std::string longer = longest + 'x';
    CHECK(state.set("s", longest, longest, forever, t0).has_value());
    CHECK(state.set("s", longer, true, forever, t0).has_error());
    CHECK(state.set("s", "k", longer, forever, t0).has_error());
    CHECK(state.set(longer, "k", true, forever, t0).has_error());
    CHECK(state.include("s", "m", longer, forever, t0).has_error());
    CHECK(state.add("s", longer, 1, forever, t0).has_error());
    CHECK(state.hit("s", longer, 1s, t0).has_error());
    CHECK(state.entries() == 1);
}

TEST_CASE("what nobody looks at any more is swept away, stores and all") {
    StateStore state;
    for (int n = 0; n < test::times(200'000); ++n) {
        const std::string key = std::to_string(n);
        const Instant now = t0 + n * 1s;
        REQUIRE(state.add("store " + key, key, 1, 10s, now).has_value());
        REQUIRE(state.hit("windows", key, 10s, now).has_value());
        REQUIRE(state.entries() <= 1024);
    }
}

TEST_CASE("at the bound a new key is an error, until something has expired") {
    if (!test::thorough) return;  // a million keys
    StateStore state;
    for (std::size_t n = 0; n < limits::state_keys_max; ++n) {
        const Duration ttl = n < 600'000 ? Duration{1h} : Duration{10h};
        if (!state.add("s", std::to_string(n), 1, ttl, t0).has_value()) FAIL(n);
    }
    CHECK(state.add("s", "one more", 1, forever, t0).has_error());
    CHECK(*state.add("s", "7", 1, forever, t0) == 2);  // a key that is there is no new one
    CHECK(state.add("s", "one more", 1, forever, t0 + 30min).has_error());
    CHECK(state.add("s", "one more", 1, forever, t0 + 2h).has_value());
    CHECK(state.entries() == 400'001);
}

TEST_CASE("decisions are counted per rule and key; those asked longest ago are forgotten") {
    StateStore state;
    CHECK(state.next_decision("a:1", "k") == 0);
    CHECK(state.next_decision("a:1", "k") == 1);
    CHECK(state.next_decision("a:1", "l") == 0);
    CHECK(state.next_decision("a:2", "k") == 0);
    CHECK(state.next_decision("a:1", "k") == 2);
    for (std::size_t n = 0; n + 1 < limits::decisions_kept; ++n) {
        state.next_decision("b", std::to_string(n));
    }
    CHECK(state.next_decision("a:1", "k") == 3);
    CHECK(state.next_decision("a:2", "k") == 0);  // forgotten, begins anew
}

namespace {

/// One entry of each kind, and a decision of chance.
StateStore with_everything() {
    StateStore state;
    REQUIRE(state.add("counts", "a", 3, 10s, t0).has_value());
    REQUIRE(state.set("values", "a", std::string{"text"}, forever, t0).has_value());
    REQUIRE(state.set("values", "b", true, 20s, t0).has_value());
    REQUIRE(state.include("sets", "a", "one", forever, t0).has_value());
    REQUIRE(state.include("sets", "a", "two", forever, t0).has_value());
    REQUIRE(state.hit("windows", "a", 1h, t0).has_value());
    REQUIRE(state.hit("windows", "a", 5min, t0 + 1s).has_value());
    REQUIRE(state.mark("marks", "a", forever, t0 + 2s).has_value());
    state.next_decision("mine.lua:7", "a");
    state.next_decision("mine.lua:7", "a");
    return state;
}

}  // namespace

TEST_CASE("a snapshot holds everything that is remembered, in order, and nothing that is over") {
    const StateStore state = with_everything();
    const engine::StateSnapshot snapshot = state.snapshot(t0 + 5s);
    using Entries = std::vector<engine::StateEntry>;
    CHECK(snapshot.entries ==
          Entries{{"counts", "a", engine::StateCounter{3}, t0 + 10s},
                  {"marks", "a", engine::StateMark{t0 + 2s}, forever},
                  {"sets", "a", engine::StateMembers{"one", "two"}, forever},
                  {"values", "a", StateValue{std::string{"text"}}, forever},
                  {"values", "b", StateValue{true}, t0 + 20s},
                  {"windows", "a", engine::StateWindow{{t0, t0 + 1s}, 1h}, forever}});
    CHECK(snapshot.decisions ==
          std::vector<engine::ChanceCount>{{std::string{"mine.lua:7\0a", 12}, 2}});
    CHECK(state.snapshot(t0 + 10s).entries.size() == 5);
    CHECK(state.snapshot(t0 + 20s).entries.size() == 4);
}

TEST_CASE("what is restored from a snapshot goes on as the original does") {
    StateStore original = with_everything();
    StateStore restored;
    REQUIRE(restored.add("other", "k", 1, forever, t0).has_value());
    REQUIRE(restored.restore(original.snapshot(t0 + 5s)).has_value());
    CHECK(restored.snapshot(t0 + 5s) == original.snapshot(t0 + 5s));
    CHECK(restored.entries() == original.entries());
    for (StateStore* state : {&original, &restored}) {
        CHECK(*state->add("counts", "a", 1, 10s, t0 + 9s) == 4);
        CHECK(*state->add("counts", "a", 1, 10s, t0 + 10s) == 1);
        CHECK(*state->hits("windows", "a", 1h, t0 + 1h) == 1);
        CHECK(*state->marked_for("marks", "a", 58s, t0 + 1min));
        CHECK(*state->include("sets", "a", "two", forever, t0) == 2);
        CHECK(state->next_decision("mine.lua:7", "a") == 2);
        CHECK(state->next_decision("mine.lua:8", "a") == 0);
    }
    CHECK(restored.snapshot(t0) == original.snapshot(t0));
}

TEST_CASE("entries are put in whatever was there, all of them or none") {
    StateStore state = with_everything();
    const auto before = state.snapshot(t0);
    const std::string long_text(limits::state_text_octets_max + 1, 'x');
    const std::vector<engine::StateEntry> wrong{
        {"s", long_text, engine::StateCounter{1}, forever},
        {"s", "k", StateValue{long_text}, forever},
        {"s", "k", engine::StateMembers{long_text}, forever},
        {"s", "k", engine::StateWindow{{t0 + 1s, t0}, 1h}, forever},
        {"s", "k", engine::StateWindow{std::vector<Instant>(limits::state_members_max + 1, t0), 1h},
         forever},
    };
    for (const engine::StateEntry& entry : wrong) {
        const auto refused = state.put({{"fine", "k", engine::StateCounter{1}, forever}, entry});
        CHECK(refused.has_error());
        CHECK(state.snapshot(t0) == before);
    }
    const auto put = state.put({{"counts", "a", engine::StateMark{t0}, forever},
                                {"new", "k", engine::StateCounter{7}, t0 + 1s},
                                {"new", "k", engine::StateCounter{8}, t0 + 1s}});
    REQUIRE(put.has_value());
    CHECK(state.entries() == before.entries.size() + 1);
    CHECK(*state.marked_for("counts", "a", 0s, t0));
    CHECK(*state.get("new", "k", t0) == StateValue{std::int64_t{8}});
    CHECK_FALSE(state.get("new", "k", t0 + 1s)->has_value());

    using Decisions = std::vector<engine::ChanceCount>;
    CHECK(state.restore({{}, Decisions{{"a", 0}}}).has_error());
    CHECK(state.restore({{}, Decisions{{"a", 1}, {"a", 2}}}).has_error());
    CHECK(state.entries() == before.entries.size());
}

TEST_CASE("a store can be forgotten as a whole") {
    StateStore state = with_everything();
    const std::size_t before = state.entries();
    state.forget("values");
    state.forget("nowhere");
    CHECK(state.entries() == before - 2);
    CHECK_FALSE(state.get("values", "a", t0)->has_value());
    CHECK(*state.get("counts", "a", t0) == StateValue{std::int64_t{3}});
}
