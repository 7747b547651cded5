// The constructors under mx.expect. What a predicate is shown is in predicate.cpp.
#include "script/expectations.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/fields.h"
#include "script/host.h"
#include "script/parameters.h"
#include "script/predicate.h"
#include "script/read_only.h"

namespace fakemx::script {

namespace {

constexpr const char* expectation_metatable = "fakemx.Expectation";

/// In Lua an expectation is the number of one that the host keeps.
struct Handle {
    std::size_t index;
};

constexpr std::uint64_t count_max = std::numeric_limits<std::uint32_t>::max();

oracle::ExpectationKind read_attempts(lua_State* L) {
    oracle::AttemptsBetween made;
    const auto min = read_count(L, 1, "min", "min", count_max);
    made.max = read_count(L, 1, "max", "max", count_max);
    if (!min && !made.max) raise_here(L, "mx.expect.attempts needs min, max or both");
    made.min = min.value_or(0);
    if (made.max && *made.max < made.min) raise_here(L, "max is less than min");
    const auto of = read_text(L, 1, "of", "of").value_or("round");
    if (of != "round" && of != "attempt") raise_here(L, "of is round or attempt");
    if (of == "attempt") made.unit = oracle::Unit::attempt;
    return made;
}

oracle::ExpectationKind read_waits(lua_State* L) {
    const auto min = read_duration(L, 1, "min");
    const auto max = read_duration(L, 1, "max");
    const lua_Integer listed = luaL_len(L, 1);
    if ((listed > 0) == (min || max))
        raise_here(L, "mx.expect.waits takes min and max, or a list: { \"5m\", \"10m\" }");
    if (listed == 0) {
        if (min && max && *max < *min) raise_here(L, "max is less than min");
        return oracle::WaitsBetween{min.value_or(Duration::zero()), max};
    }
    oracle::WaitsAre made;
    for (lua_Integer i = 1; i <= listed; ++i) {
        lua_geti(L, 1, i);
        made.waits.push_back(check_duration(L, lua_gettop(L)));
        lua_pop(L, 1);
    }
    made.tolerance = read_duration(L, 1, "tolerance").value_or(Duration::zero());
    made.more_may_follow = read_boolean(L, 1, "more", "more").value_or(false);
    return made;
}

oracle::ExpectationKind read_gave_up(lua_State* L) {
    const auto after = read_duration(L, 1, "after");
    const auto before = read_duration(L, 1, "before");
    if (!after && !before) raise_here(L, "mx.expect.gave_up needs after, before or both");
    if (after && before && *before < *after) raise_here(L, "before is less than after");
    return oracle::GaveUpAfter{after.value_or(Duration::zero()), before};
}

oracle::ExpectationKind read_no_attempt_within(lua_State* L) {
    return oracle::NoAttemptWithin{read_duration(L, 1, "wait")};
}

oracle::ExpectationKind read_others_unaffected(lua_State* L) {
    const auto within = read_duration(L, 1, "within");
    if (!within) raise_here(L, "mx.expect.others_unaffected needs within");
    return oracle::OthersUnaffected{*within};
}

oracle::ExpectationKind read_duplicates(lua_State* L) {
    oracle::DuplicatesAtMost made;
    made.count = read_count(L, 1, "max", "max", count_max).value_or(0);
    made.count_reply_lost = read_boolean(L, 1, "reply_lost", "reply_lost").value_or(true);
    return made;
}

oracle::ExpectationKind read_notice(lua_State* L) {
    oracle::NoticeSent made;
    made.not_before = read_duration(L, 1, "after").value_or(Duration::zero());
    made.not_after = read_duration(L, 1, "before");
    if (made.not_after && *made.not_after < made.not_before)
        raise_here(L, "before is less than after");
    return made;
}

oracle::ExpectationKind read_same_identity(lua_State* L) {
    oracle::SameIdentity made;
    if (!push_given(L, 1, "ignore")) return made;
    const std::array<std::pair<std::string_view, bool*>, 6> parts{
        {{"helo", &made.helo},
         {"sending_ip", &made.sending_ip},
         {"mail_from", &made.mail_from},
         {"size", &made.size},
         {"body", &made.body},
         {"message_id", &made.message_id}}};
    std::vector<std::string_view> names;
    for (const auto& [name, flag] : parts) names.push_back(name);
    for (const std::string& ignored : read_strings(L, lua_gettop(L), "ignore")) {
        const auto found = std::find(names.begin(), names.end(), ignored);
        if (found == names.end()) {
            raise_here(L, fmt::format("ignore takes {}; not '{}'{}", fmt::join(names, ", "),
                                      ignored, did_you_mean(ignored, names)));
        }
        *parts.at(static_cast<std::size_t>(found - names.begin())).second = false;
    }
    lua_pop(L, 1);
    return made;
}

oracle::ExpectationKind read_that(lua_State* L) {
    if (!push_given(L, 1, "title")) raise_here(L, "mx.expect.that needs a title");
    lua_pop(L, 1);
    if (!push_given(L, 1, "check") || !lua_isfunction(L, -1))
        raise_here(L, "mx.expect.that needs check, a function of the deliveries");
    return predicate(L);
}

template <class Kind>
oracle::ExpectationKind plain(lua_State*) {
    return Kind{};
}

struct Constructor {
    std::string_view name;
    oracle::ExpectationKind (*read)(lua_State* L);
    /// Fields of expectation_group that it takes.
    std::vector<std::string_view> fields{};
    bool takes_list = false;
};

const std::array<Constructor, 12>& constructors() {
    static const std::array<Constructor, 12> all{{
        {"delivered_once", plain<oracle::DeliveredOnce>},
        {"attempts", read_attempts, {"min", "max", "of"}},
        {"waits", read_waits, {"min", "max", "tolerance", "more"}, true},
        {"gave_up", read_gave_up, {"after", "before"}},
        {"no_attempt_within", read_no_attempt_within, {"wait"}},
        {"never_after_5yz", plain<oracle::NeverAfter5yz>},
        {"others_unaffected", read_others_unaffected, {"within"}},
        {"duplicates", read_duplicates, {"max", "reply_lost"}},
        {"notice", read_notice, {"after", "before"}},
        {"not_bounced", plain<oracle::NotBounced>},
        {"same_identity", read_same_identity, {"ignore"}},
        {"that", read_that, {"check"}},
    }};
    return all;
}

/// Nothing but what this constructor takes stands in the table.
void check_fields_of(lua_State* L, const Constructor& constructor) {
    std::vector<std::string_view> known = constructor.fields;
    for (const Member& member : selection_group.members) known.push_back(member.name);
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
        if (constructor.takes_list && lua_isinteger(L, -2) != 0) continue;
        const std::string field{lua_type(L, -2) == LUA_TSTRING ? string_at(L, -2) : "?"};
        if (std::find(known.begin(), known.end(), field) != known.end()) continue;
        raise_here(L, fmt::format("mx.expect.{} has no field '{}'{}", constructor.name, field,
                                  did_you_mean(field, known)));
    }
}

int construct(lua_State* L) {
    const Constructor& constructor =
        constructors().at(static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(1))));
    Host& host = Host::of(L);
    if (!host.loading) raise_here(L, "expectations belong at the top of the file, in mx.scenario");
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_newtable(L);
        lua_replace(L, 1);
    }
    if (lua_type(L, 1) != LUA_TTABLE)
        raise_here(
            L, fmt::format("mx.expect.{0} takes a table: mx.expect.{0} {{ … }}", constructor.name));
    check_fields_of(L, constructor);
    if (host.expectations.size() >= limits::expectations_max)
        raise_here(L, fmt::format("a scenario may have {} expectations", limits::expectations_max));
    oracle::Expectation made{.title = {}, .kind = constructor.read(L), .selection = {}};
    made.title = read_text(L, 1, "title", "title").value_or("");
    made.selection.recipient = read_text(L, 1, "recipient", "recipient");
    made.selection.recipient_domain = read_text(L, 1, "domain", "domain");
    made.selection.sender = read_text(L, 1, "sender", "sender");
    auto* handle = static_cast<Handle*>(lua_newuserdatauv(L, sizeof(Handle), 0));
    *handle = {host.expectations.size()};
    host.expectations.push_back(std::move(made));
    luaL_setmetatable(L, expectation_metatable);
    return 1;
}

int unknown_expectation(lua_State* L) {
    push_text(L, 2);
    raise_here(L, no_such_member(expect_group, "expectation", string_at(L, -1)));
}

}  // namespace

std::vector<oracle::Expectation> read_expectations(lua_State* L, int table) {
    std::vector<oracle::Expectation> made;
    if (!push_given(L, table, "expect")) return made;
    const int list = lua_gettop(L);
    if (lua_type(L, list) != LUA_TTABLE)
        raise_here(L, "expect is a list: expect = { mx.expect.delivered_once() }");
    const Host& host = Host::of(L);
    for (lua_pushnil(L); lua_next(L, list) != 0; lua_pop(L, 1)) {
        if (lua_isinteger(L, -2) == 0)
            raise_here(L, "expect is a list of what mx.expect.… gives, without names");
    }
    for (lua_Integer i = 1; i <= luaL_len(L, list); ++i) {
        lua_geti(L, list, i);
        const auto* handle =
            static_cast<const Handle*>(luaL_testudata(L, -1, expectation_metatable));
        if (handle == nullptr) {
            raise_here(L, fmt::format("expect holds what mx.expect.… gives, not a {}",
                                      luaL_typename(L, -1)));
        }
        made.push_back(host.expectations.at(handle->index));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return made;
}

void open_expectations(lua_State* L) {
    static const Group no_methods{"an expectation", "fakemx.Expectation", {}};
    define_object_type(L, {.metatable = expectation_metatable,
                           .name = "expectation",
                           .group = no_methods,
                           .methods = {},
                           .write_complaint = "an expectation cannot be changed"});
    lua_newtable(L);
    for (std::size_t i = 0; i < constructors().size(); ++i) {
        lua_pushinteger(L, static_cast<lua_Integer>(i));
        lua_pushcclosure(L, construct, 1);
        lua_setfield(L, -2, std::string{constructors().at(i).name}.c_str());
    }
    guard(L, unknown_expectation, "mx.expect cannot be written");
    lua_setfield(L, -2, "expect");
}

}  // namespace fakemx::script
