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

oracle::ExpectationKind read_attempts(lua_State* L, const Fields& fields) {
    oracle::AttemptsBetween made;
    if (!fields.given("min") && !fields.given("max"))
        raise_here(L, "mx.expect.attempts needs min, max or both");
    fields.read("min", made.min, 0, count_max);
    fields.read("max", made.max, 0, count_max);
    if (made.max && *made.max < made.min) fields.refuse("max", "is less than min");
    constexpr std::array<std::string_view, 2> units{"round", "attempt"};
    fields.read("of", units, made.unit);
    return made;
}

oracle::ExpectationKind read_waits(lua_State* L, const Fields& fields) {
    constexpr std::string_view form = "takes min and max, or a list: { \"5m\", \"10m\" }";
    const lua_Integer listed = check_list(L, 1, "mx.expect.waits", form, true);
    const bool bounded = fields.given("min") || fields.given("max");
    if ((listed > 0) == bounded) raise_here(L, fmt::format("mx.expect.waits {}", form));
    if (bounded) {
        for (const char* name : {"tolerance", "more"}) {
            if (fields.given(name)) fields.refuse(name, "belongs to a list of waits");
        }
        oracle::WaitsBetween made;
        fields.read("min", made.min);
        fields.read("max", made.max);
        if (made.max && *made.max < made.min) fields.refuse("max", "is less than min");
        return made;
    }
    oracle::WaitsAre made;
    for (lua_Integer i = 1; i <= listed; ++i) {
        lua_rawgeti(L, 1, i);
        made.waits.push_back(check_duration(L, lua_gettop(L), fmt::format("wait {}", i)));
        lua_pop(L, 1);
    }
    fields.read("tolerance", made.tolerance);
    fields.read("more", made.more_may_follow);
    return made;
}

/// Fields `after` and `before`, which may not be the other way round.
void read_span(const Fields& fields, Duration& after, std::optional<Duration>& before) {
    fields.read("after", after);
    fields.read("before", before);
    if (before && *before < after) fields.refuse("before", "is less than after");
}

oracle::ExpectationKind read_gave_up(lua_State* L, const Fields& fields) {
    if (!fields.given("after") && !fields.given("before"))
        raise_here(L, "mx.expect.gave_up needs after, before or both");
    oracle::GaveUpAfter made;
    read_span(fields, made.min, made.max);
    return made;
}

oracle::ExpectationKind read_no_attempt_within(lua_State*, const Fields& fields) {
    oracle::NoAttemptWithin made;
    fields.read("wait", made.wait, false);
    return made;
}

oracle::ExpectationKind read_others_unaffected(lua_State* L, const Fields& fields) {
    if (!fields.given("within")) raise_here(L, "mx.expect.others_unaffected needs within");
    if (!fields.given("recipient") && !fields.given("domain") && !fields.given("sender"))
        raise_here(L,
                   "mx.expect.others_unaffected needs to know which deliveries fail: recipient, "
                   "domain or sender");
    oracle::OthersUnaffected made;
    fields.read("within", made.within);
    return made;
}

oracle::ExpectationKind read_duplicates(lua_State*, const Fields& fields) {
    oracle::DuplicatesAtMost made;
    fields.read("max", made.count, 0, count_max);
    fields.read("reply_lost", made.count_reply_lost);
    return made;
}

oracle::ExpectationKind read_notice(lua_State*, const Fields& fields) {
    oracle::NoticeSent made;
    read_span(fields, made.not_before, made.not_after);
    return made;
}

oracle::ExpectationKind read_same_identity(lua_State* L, const Fields& fields) {
    oracle::SameIdentity made;
    std::vector<std::string> all_ignored;
    fields.read("ignore", all_ignored);
    const std::array<std::pair<std::string_view, bool*>, 6> parts{
        {{"helo", &made.helo},
         {"sending_ip", &made.sending_ip},
         {"mail_from", &made.mail_from},
         {"size", &made.size},
         {"body", &made.body},
         {"message_id", &made.message_id}}};
    std::vector<std::string_view> names;
    names.reserve(parts.size());
    for (const auto& [name, flag] : parts) names.push_back(name);
    for (const std::string& ignored : all_ignored) {
        const auto found = std::find(names.begin(), names.end(), ignored);
        if (found == names.end()) {
            raise_here(L, fmt::format("ignore takes {}; not '{}'{}", fmt::join(names, ", "),
                                      ignored, did_you_mean(ignored, names)));
        }
        *parts.at(static_cast<std::size_t>(found - names.begin())).second = false;
    }
    return made;
}

oracle::ExpectationKind read_that(lua_State* L, const Fields& fields) {
    if (!fields.given("title")) raise_here(L, "mx.expect.that needs a title");
    if (!fields.push("check") || !lua_isfunction(L, -1))
        raise_here(L, "mx.expect.that needs check, a function of the deliveries");
    return predicate(L);
}

template <class Kind>
oracle::ExpectationKind plain(lua_State*, const Fields&) {
    return Kind{};
}

struct Constructor {
    std::string_view name;
    oracle::ExpectationKind (*read)(lua_State* L, const Fields& fields);
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
    const Fields fields{L, 1};
    oracle::Expectation made{.title = {}, .kind = constructor.read(L, fields), .selection = {}};
    fields.read("title", made.title);
    fields.read("recipient", made.selection.recipient);
    fields.read("domain", made.selection.recipient_domain);
    fields.read("sender", made.selection.sender);
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

std::vector<oracle::Expectation> read_expectations(lua_State* L, const Fields& fields) {
    std::vector<oracle::Expectation> made;
    if (!fields.push("expect")) return made;
    const int list = lua_gettop(L);
    const lua_Integer expectations =
        check_list(L, list, "expect",
                   "is a list of what mx.expect.… gives, without names: expect = { "
                   "mx.expect.delivered_once() }");
    const Host& host = Host::of(L);
    for (lua_Integer i = 1; i <= expectations; ++i) {
        lua_rawgeti(L, list, i);
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
