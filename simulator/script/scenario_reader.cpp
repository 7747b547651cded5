// mx.scenario{…}: from what the user declares to scenario::Scenario.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/expectations.h"
#include "script/fields.h"
#include "script/host.h"
#include "script/parameters.h"
#include "smtp/host.h"

namespace fakemx::script {

namespace {

/// A mailbox as far as it matters here: what MAIL and RCPT will be given.
void check_address(lua_State* L, std::string_view address, std::string_view what) {
    const std::size_t at = address.rfind('@');
    const bool fits = at != std::string_view::npos && at != 0 && at + 1 < address.size() &&
                      std::all_of(address.begin(), address.end(), [](char c) {
                          return c > ' ' && c != '<' && c != '>' && c != 127;
                      });
    if (!fits)
        raise_here(L, fmt::format("{} is an address such as \"ann@example.test\", not '{}'", what,
                                  address));
}

scenario::Letter read_letter(lua_State* L, int table) {
    check_fields(L, table, letter_group);
    scenario::Letter letter;
    const auto from = read_text(L, table, "from", "from");
    if (!from) raise_here(L, "send needs from, the reverse path");
    letter.from = *from;
    if (!letter.from.empty()) check_address(L, letter.from, "from");
    if (!push_given(L, table, "to")) raise_here(L, "send needs to, one recipient or several");
    if (lua_type(L, -1) == LUA_TSTRING) {
        letter.to = {std::string{string_at(L, -1)}};
    } else {
        letter.to = read_strings(L, lua_gettop(L), "to");
    }
    lua_pop(L, 1);
    if (letter.to.empty()) raise_here(L, "to names no recipient");
    for (const std::string& recipient : letter.to) check_address(L, recipient, "to");
    letter.count = static_cast<std::uint32_t>(
        read_count(L, table, "count", "count", limits::letters_max).value_or(1));
    if (push_given(L, table, "size")) {
        letter.octets = read_size(L, lua_gettop(L), "size");
        lua_pop(L, 1);
    }
    letter.subject = read_text(L, table, "subject", "subject").value_or("");
    return letter;
}

void read_letters(lua_State* L, int table, scenario::Scenario& made) {
    if (!push_given(L, table, "send")) return;
    const int send = lua_gettop(L);
    if (lua_type(L, send) != LUA_TTABLE)
        raise_here(L, "send is a table: send = { from = \"a@b.test\", to = \"c@d.test\" }");
    if (luaL_len(L, send) == 0) {
        made.send.push_back(read_letter(L, send));
    }
    for (lua_Integer i = 1; i <= luaL_len(L, send); ++i) {
        if (lua_geti(L, send, i) != LUA_TTABLE) raise_here(L, "send is a table, or a list of them");
        made.send.push_back(read_letter(L, lua_gettop(L)));
        lua_pop(L, 1);
    }
    std::uint64_t letters = 0;
    for (const scenario::Letter& letter : made.send) letters += letter.count;
    if (letters > limits::letters_max)
        raise_here(L, fmt::format("send makes {} messages; at most {} are possible", letters,
                                  limits::letters_max));
    lua_pop(L, 1);
}

/// Values as --set takes them.
void read_settings(lua_State* L, int table, scenario::Scenario& made) {
    if (!push_given(L, table, "params")) return;
    const int params = lua_gettop(L);
    if (lua_type(L, params) != LUA_TTABLE)
        raise_here(L, "params is a table: params = { tries = 2 }");
    if (made.profile.empty())
        raise_here(L,
                   "params is for the profile of another file; this one's own are set by --set, "
                   "and have their defaults in mx.profile");
    for (const std::string& name : string_keys(L, params, "params")) {
        lua_getfield(L, params, name.c_str());
        if (lua_type(L, -1) == LUA_TBOOLEAN) {
            made.params.emplace_back(name, lua_toboolean(L, -1) != 0 ? "true" : "false");
        } else if (lua_type(L, -1) == LUA_TSTRING || lua_isinteger(L, -1) != 0) {
            lua_pushvalue(L, -1);
            made.params.emplace_back(name, lua_tostring(L, -1));
            lua_pop(L, 1);
        } else {
            raise_here(L,
                       fmt::format("params.{} is a string, a whole number, true or false", name));
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void read_judge(lua_State* L, int table, oracle::Policy& policy) {
    if (!push_given(L, table, "judge")) return;
    const int judge = lua_gettop(L);
    if (lua_type(L, judge) != LUA_TTABLE)
        raise_here(L, "judge is a table: judge = { retry_after = \"15m\" }");
    check_fields(L, judge, judge_group);
    policy.retry_after = read_duration(L, judge, "retry_after");
    policy.heed_hints =
        read_boolean(L, judge, "heed_hints", "judge.heed_hints").value_or(policy.heed_hints);
    policy.give_up_min = read_duration(L, judge, "give_up_min").value_or(policy.give_up_min);
    policy.give_up_max = read_duration(L, judge, "give_up_max");
    policy.notice_within = read_duration(L, judge, "notice_within").value_or(policy.notice_within);
    policy.round_gap = read_duration(L, judge, "round_gap").value_or(policy.round_gap);
    lua_pop(L, 1);
}

std::vector<std::string> read_list(lua_State* L, int table, const char* field) {
    if (!push_given(L, table, field)) return {};
    std::vector<std::string> texts = read_strings(L, lua_gettop(L), field);
    if (texts.empty()) raise_here(L, fmt::format("{} is empty", field));
    lua_pop(L, 1);
    return texts;
}

void read_end(lua_State* L, int table, scenario::Scenario& made) {
    if (const auto over = read_text(L, table, "over", "over")) {
        const auto found =
            std::find(scenario::over_names.begin(), scenario::over_names.end(), *over);
        if (found == scenario::over_names.end()) {
            raise_here(L, fmt::format("over is one of {}{}", fmt::join(scenario::over_names, ", "),
                                      did_you_mean(*over, scenario::over_names)));
        }
        made.over = static_cast<scenario::Over>(found - scenario::over_names.begin());
    }
    made.horizon = read_duration(L, table, "horizon");
    if (made.horizon && *made.horizon <= Duration::zero())
        raise_here(L, "horizon is longer than 0s");
    if (const auto watch = read_duration(L, table, "watch")) {
        if (made.over != scenario::Over::settled)
            raise_here(L, "watch belongs to over = \"settled\"");
        made.watch = *watch;
    }
    if (const auto status = read_count(L, table, "exit_status", "exit_status", 255)) {
        if (made.over != scenario::Over::command)
            raise_here(L, "exit_status belongs to over = \"command\"");
        made.exit_status = static_cast<int>(*status);
    }
}

int declare_scenario(lua_State* L) {
    Host& host = Host::of(L);
    if (!host.loading) raise_here(L, "mx.scenario belongs at the top of the file, outside hooks");
    if (host.scenario) raise_here(L, "mx.scenario is called once");
    if (lua_type(L, 1) != LUA_TTABLE) raise_here(L, "mx.scenario takes a table");
    check_fields(L, 1, scenario_group);
    scenario::Scenario made;
    made.name = host.profile.name;
    made.summary = read_text(L, 1, "summary", "summary").value_or("");
    if (made.summary.empty())
        raise_here(L, "mx.scenario needs a summary, one line for `fakemx list scenarios`");
    made.profile = read_text(L, 1, "profile", "profile").value_or("");
    read_settings(L, 1, made);
    made.seed = read_count(L, 1, "seed", "seed", std::numeric_limits<std::int64_t>::max());
    made.clock = read_text(L, 1, "clock", "clock").value_or("");
    made.epoch = read_text(L, 1, "epoch", "epoch").value_or("");
    made.state = read_text(L, 1, "state", "state").value_or("");
    read_letters(L, 1, made);
    made.command = read_list(L, 1, "command");
    read_end(L, 1, made);
    made.notices = read_list(L, 1, "notices");
    for (const std::string& domain : made.notices) {
        if (!smtp::is_domain(domain))
            raise_here(L, fmt::format("'{}' in notices is no domain", domain));
    }
    read_judge(L, 1, made.policy);
    made.policy.sender_domains = made.notices;
    made.expect = read_expectations(L, 1);
    host.scenario = std::move(made);
    return 0;
}

}  // namespace

void open_scenario(lua_State* L) {
    bind(L, "scenario", declare_scenario);
    open_expectations(L);
}

}  // namespace fakemx::script
