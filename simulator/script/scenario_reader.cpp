// mx.scenario{…}: from what the user declares to scenario::Scenario.
#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "core/words.h"
#include "script/expectations.h"
#include "script/fields.h"
#include "script/host.h"
#include "script/parameters.h"
#include "smtp/host.h"

namespace fakemx::script {

namespace {

bool is_control(char c) {
    return (c >= 0 && c < ' ') || c == 127;
}

/// A mailbox as far as it matters here: what MAIL and RCPT will be given. It may be an internationalized one (RFC 6531 §3.3).
void check_address(lua_State* L, std::string_view address, std::string_view what) {
    const std::size_t at = address.rfind('@');
    const bool fits = at != std::string_view::npos && at != 0 && at + 1 < address.size() &&
                      is_utf8(address) && std::none_of(address.begin(), address.end(), [](char c) {
                          return c == ' ' || is_control(c) || c == '<' || c == '>';
                      });
    if (!fits)
        raise_here(L, fmt::format("{} is an address such as \"ann@example.test\", not '{}'", what,
                                  printable(address)));
}

scenario::Letter read_letter(lua_State* L, int table) {
    const Fields fields{L, table, letter_group};
    scenario::Letter letter;
    if (!fields.given("from")) raise_here(L, "send needs from, the reverse path");
    fields.read("from", letter.from);
    if (!letter.from.empty()) check_address(L, letter.from, "from");
    if (!fields.push("to")) raise_here(L, "send needs to, one recipient or several");
    if (lua_type(L, -1) == LUA_TSTRING) {
        letter.to = {std::string{string_at(L, -1)}};
    } else {
        letter.to = read_strings(L, lua_gettop(L), "to");
    }
    lua_pop(L, 1);
    if (letter.to.empty()) raise_here(L, "to names no recipient");
    for (const std::string& recipient : letter.to) check_address(L, recipient, "to");
    fields.read("count", letter.count, 1, limits::letters_max);
    if (fields.push("size")) {
        letter.octets = read_size(L, lua_gettop(L), "size");
        lua_pop(L, 1);
    }
    fields.read("subject", letter.subject);
    if (std::any_of(letter.subject.begin(), letter.subject.end(),
                    [](char c) { return is_control(c); }))
        fields.refuse("subject", "is one line, without control characters");
    fields.read("host", letter.host);
    fields.read("header", letter.header);
    for (const std::string& line : letter.header) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || colon == 0 || line.find('\0') != std::string::npos)
            fields.refuse("header", "is a list of lines such as \"Bcc: ann@example.test\"");
    }
    if (fields.given("body")) {
        fields.read("body", letter.body.emplace());
        if (letter.octets != 0) fields.refuse("body", "and size do not go together");
    }
    return letter;
}

void read_letters(lua_State* L, const Fields& fields, scenario::Scenario& made) {
    constexpr std::string_view form =
        "is a table, or a list of tables: send = { from = \"a@b.test\", to = \"c@d.test\" }";
    if (!fields.push_table("send", form)) return;
    const int send = lua_gettop(L);
    lua_rawgeti(L, send, 1);
    const bool is_list = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (!is_list) {
        made.send.push_back(read_letter(L, send));
    } else {
        const lua_Integer letters = check_list(L, send, "send", form);
        for (lua_Integer i = 1; i <= letters; ++i) {
            if (lua_rawgeti(L, send, i) != LUA_TTABLE) fields.refuse("send", form);
            made.send.push_back(read_letter(L, lua_gettop(L)));
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
    std::uint64_t letters = 0;
    std::uint64_t octets = 0;
    for (const scenario::Letter& letter : made.send) {
        letters += letter.count;
        octets += letter.count * (letter.octets + letter.body.value_or("").size());
    }
    if (letters > limits::letters_max)
        raise_here(L, fmt::format("send makes {} messages; at most {} are possible", letters,
                                  limits::letters_max));
    if (octets > limits::message_octets_max)
        raise_here(L, fmt::format("send makes {} octets of messages; at most {} are possible",
                                  octets, limits::message_octets_max));
}

/// Values as --set takes them.
void read_settings(lua_State* L, const Fields& fields, scenario::Scenario& made) {
    if (!fields.push_table("params", "is a table: params = { tries = 2 }")) return;
    const int params = lua_gettop(L);
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

void read_judge(lua_State* L, const Fields& declared, oracle::Policy& policy) {
    if (!declared.push_table("judge", "is a table: judge = { retry_after = \"15m\" }")) return;
    const Fields fields{L, lua_gettop(L), judge_group, "judge."};
    fields.read("retry_after", policy.retry_after);
    fields.read("heed_hints", policy.heed_hints);
    fields.read("give_up_min", policy.give_up_min);
    fields.read("give_up_max", policy.give_up_max);
    if (policy.give_up_max && *policy.give_up_max < policy.give_up_min)
        fields.refuse("give_up_max", fmt::format("is less than judge.give_up_min, which is {}",
                                                 format_duration(policy.give_up_min)));
    fields.read("notice_within", policy.notice_within);
    fields.read("round_gap", policy.round_gap);
    lua_pop(L, 1);
}

void read_list(const Fields& fields, const char* field, std::vector<std::string>& texts) {
    fields.read(field, texts);
    if (texts.empty() && fields.given(field)) fields.refuse(field, "is empty");
}

void read_clock(const Fields& fields, scenario::Scenario& made) {
    fields.read("clock", made.clock);
    if (fields.given("clock")) {
        constexpr std::array<std::string_view, 3> names{"real", "stepped", "shared"};
        const bool is_scaled =
            made.clock.starts_with('x') &&
            parse_decimal(std::string_view{made.clock}.substr(1)).value_or(0) != 0;
        if (!is_scaled && std::find(names.begin(), names.end(), made.clock) == names.end())
            fields.refuse("clock", fmt::format("is one of {} and xN, such as x60, not '{}'{}",
                                               fmt::join(names, ", "), printable(made.clock),
                                               did_you_mean(made.clock, names)));
    }
    fields.read("epoch", made.epoch);
    if (fields.given("epoch") && parse_instant(made.epoch).value_or(Instant::min()) < Instant{})
        fields.refuse("epoch", fmt::format("is an instant since 1970 such as "
                                           "2026-01-01T00:00:00Z, not '{}'",
                                           printable(made.epoch)));
}

void read_command(const Fields& fields, scenario::Scenario& made) {
    read_list(fields, "command", made.command);
    for (const std::string& word : made.command) {
        if (word.find('\0') != std::string::npos)
            fields.refuse("command", "has a word with a NUL, which no command can be given");
    }
    if (!made.command.empty() && made.command.front().empty())
        fields.refuse("command", "begins with the name of a program");
}

void read_end(const Fields& fields, scenario::Scenario& made) {
    fields.read("over", scenario::over_names, made.over);
    fields.read("horizon", made.horizon, false);
    if (fields.given("watch") && made.over != scenario::Over::settled)
        fields.refuse("watch", "belongs to over = \"settled\"");
    fields.read("watch", made.watch);
    if (fields.given("exit_status") && made.over != scenario::Over::command)
        fields.refuse("exit_status", "belongs to over = \"command\"");
    fields.read("exit_status", made.exit_status, 0, 255);
}

int declare_scenario(lua_State* L) {
    Host& host = Host::of(L);
    if (!host.loading) raise_here(L, "mx.scenario belongs at the top of the file, outside hooks");
    if (host.scenario) raise_here(L, "mx.scenario is called once");
    if (lua_type(L, 1) != LUA_TTABLE) raise_here(L, "mx.scenario takes a table");
    const Fields fields{L, 1, scenario_group};
    scenario::Scenario made;
    made.name = host.profile.name;
    fields.read("summary", made.summary);
    if (made.summary.empty())
        raise_here(L, "mx.scenario needs a summary, one line for `fakemx list scenarios`");
    fields.read("profile", made.profile);
    read_settings(L, fields, made);
    fields.read("seed", made.seed, 0, std::numeric_limits<std::int64_t>::max());
    read_clock(fields, made);
    fields.read("state", made.state);
    read_letters(L, fields, made);
    read_command(fields, made);
    read_end(fields, made);
    read_list(fields, "notices", made.notices);
    for (const std::string& domain : made.notices) {
        if (!smtp::is_domain(domain))
            raise_here(L, fmt::format("'{}' in notices is no domain", domain));
    }
    read_judge(L, fields, made.policy);
    made.policy.sender_domains = made.notices;
    made.expect = read_expectations(L, fields);
    read_list(fields, "exercises", made.exercises);
    read_list(fields, "senders", made.senders);
    fields.read("names", made.needs_names);
    host.scenario = std::move(made);
    return 0;
}

}  // namespace

void open_scenario(lua_State* L) {
    bind(L, "scenario", declare_scenario);
    open_expectations(L);
}

}  // namespace fakemx::script
