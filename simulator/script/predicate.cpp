// What a predicate sees, and what it may answer.
#include "script/predicate.h"

#include <fmt/format.h>

#include "script/host.h"

namespace fakemx::script {

namespace {

void set(lua_State* L, const char* field, std::string_view text) {
    push(L, text);
    lua_setfield(L, -2, field);
}

void set(lua_State* L, const char* field, std::int64_t number) {
    lua_pushinteger(L, number);
    lua_setfield(L, -2, field);
}

std::int64_t seconds(Duration duration) {
    return std::chrono::floor<std::chrono::seconds>(duration).count();
}

/// Pushes a list of what `push_one` pushes for each element.
template <class Elements, class PushOne>
void push_list(lua_State* L, const Elements& elements, const PushOne& push_one) {
    lua_newtable(L);
    lua_Integer index = 0;
    for (const auto& element : elements) {
        push_one(element);
        lua_rawseti(L, -2, ++index);
    }
}

void push_attempts(lua_State* L, const oracle::Delivery& delivery, Duration round_gap) {
    const std::vector<oracle::Round> rounds = oracle::rounds_of(delivery, round_gap);
    lua_newtable(L);
    for (std::size_t round = 0; round < rounds.size(); ++round) {
        for (std::size_t i = rounds[round].first; i < rounds[round].last; ++i) {
            const oracle::Attempt& attempt = delivery.attempts[i];
            lua_createtable(L, 0, 10);
            set(L, "at", seconds(attempt.at - delivery.first_at()));
            set(L, "round", static_cast<std::int64_t>(round + 1));
            set(L, "host", attempt.host);
            set(L, "ip", attempt.sending_ip);
            set(L, "helo", attempt.helo);
            set(L, "stage", journal::stage_name(attempt.stage));
            set(L, "code", std::int64_t{attempt.code});
            set(L, "text", attempt.text);
            set(L, "outcome", journal::name(attempt.outcome));
            lua_pushboolean(L, attempt.taken ? 1 : 0);
            lua_setfield(L, -2, "taken");
            lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
        }
    }
}

void push_delivery(lua_State* L, const oracle::Delivery& delivery, const oracle::Context& context) {
    const oracle::Judgement& judgement = context.of(delivery);
    const Duration gap = context.policy.round_gap;
    lua_createtable(L, 0, 9);
    set(L, "recipient", delivery.recipient);
    set(L, "sender", delivery.mail_from);
    set(L, "id", delivery.identity);
    set(L, "fate", oracle::name(judgement.fate));
    set(L, "taken", std::int64_t{judgement.taken});
    push_list(L, oracle::waits_of(delivery, gap),
              [L](Duration wait) { lua_pushinteger(L, seconds(wait)); });
    lua_setfield(L, -2, "waits");
    push_list(L, judgement.findings,
              [L](const oracle::Finding& finding) { push(L, oracle::name(finding.wrong)); });
    lua_setfield(L, -2, "findings");
    push_attempts(L, delivery, gap);
    lua_setfield(L, -2, "attempts");
    push_list(L, delivery.notices, [L, &delivery](const oracle::Notice& notice) {
        lua_createtable(L, 0, 3);
        set(L, "at", seconds(notice.at - delivery.first_at()));
        set(L, "action", message::name(notice.action));
        set(L, "status", notice.status);
    });
    lua_setfield(L, -2, "notices");
}

struct Deliveries {
    const std::vector<const oracle::Delivery*>& selected;
    const oracle::Context& context;
};

// Runs inside the sandbox, so that what it takes counts against the budgets. Arguments: the function, the deliveries.
int show(lua_State* L) {
    const auto& shown = *static_cast<const Deliveries*>(lua_touserdata(L, 2));
    lua_settop(L, 1);
    push_list(L, shown.selected, [L, &shown](const oracle::Delivery* delivery) {
        push_delivery(L, *delivery, shown.context);
    });
    lua_call(L, 1, LUA_MULTRET);
    return lua_gettop(L);
}

std::optional<std::string> ask(Host& host, const DefinedHook& check, const Deliveries& shown) {
    auto thread = host.sandbox.borrow_thread();
    lua_State* const L = thread.lua();
    Meter meter = Meter::for_load(host.sandbox.budgets());
    lua_pushcfunction(L, show);
    lua_rawgeti(L, LUA_REGISTRYINDEX, check.ref);
    lua_pushlightuserdata(L, const_cast<Deliveries*>(&shown));
    const auto run = host.sandbox.resume(thread, 2, meter);
    if (run.progress == Sandbox::Progress::failed) return run.error.describe();
    const std::string place = fmt::format("{}:{}: ", check.place.file, check.place.line);
    if (run.progress == Sandbox::Progress::suspended) return place + "a check cannot wait";
    if (run.values == 1 && lua_isboolean(L, -1) && lua_toboolean(L, -1) != 0) return std::nullopt;
    if (run.values == 1 && lua_type(L, -1) == LUA_TSTRING) return std::string{string_at(L, -1)};
    return place + "the check gives true, or a text that says what is wrong";
}

}  // namespace

oracle::Predicate predicate(lua_State* L) {
    Host& host = Host::of(L);
    DefinedHook check;
    check.place = place_of_caller(L);
    check.ref = luaL_ref(L, LUA_REGISTRYINDEX);
    host.checks.push_back(check);
    return {[&host, check](const std::vector<const oracle::Delivery*>& selected,
                           const oracle::Context& context) {
        return ask(host, check, {selected, context});
    }};
}

}  // namespace fakemx::script
