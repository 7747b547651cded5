// mx.param.*: declaring parameters, and what a user sets.
#include "script/parameters.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"
#include "script/definition.h"
#include "script/host.h"
#include "script/read_only.h"

namespace fakemx::script {

namespace {

constexpr const char* parameter_metatable = "fakemx.Parameter";

enum class ParameterKind : std::uint8_t { integer, boolean, string, duration, ratio, choice };

constexpr std::array<std::string_view, 6> kind_names{"integer",  "boolean", "string",
                                                     "duration", "ratio",   "choice"};

/// The list of strings at `index`, copied: the profile could still change its own.
void push_choices(lua_State* L, int index, std::string_view complaint) {
    if (lua_type(L, index) != LUA_TTABLE) raise_here(L, complaint);
    const lua_Integer count = luaL_len(L, index);
    if (count < 1) raise_here(L, complaint);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= count; ++i) {
        if (lua_geti(L, index, i) != LUA_TSTRING) raise_here(L, complaint);
        lua_rawseti(L, -2, i);
    }
}

/// A parameter as declared: its kind, and as user values its default (or choices) and its description.
struct Declaration {
    ParameterKind kind;
};
constexpr int default_value = 1;
constexpr int doc_value = 2;
constexpr int set_value = 3;  // what the parameter stands for, once mx.profile has read it

int declare(lua_State* L) {
    const auto kind = static_cast<ParameterKind>(lua_tointeger(L, lua_upvalueindex(1)));
    const std::string_view kind_name = kind_names.at(static_cast<std::size_t>(kind));
    const auto refuse = [&](std::string_view wanted) {
        raise_here(L, fmt::format("mx.param.{} takes {} and a description", kind_name, wanted));
    };
    switch (kind) {
        case ParameterKind::integer:
            if (lua_isinteger(L, 1) == 0) refuse("a whole number as default");
            break;
        case ParameterKind::boolean:
            if (!lua_isboolean(L, 1)) refuse("true or false as default");
            break;
        case ParameterKind::string:
            if (lua_type(L, 1) != LUA_TSTRING) refuse("a string as default");
            break;
        case ParameterKind::duration: check_duration(L, 1); break;
        case ParameterKind::ratio:
            if (lua_type(L, 1) != LUA_TSTRING || !parse_ratio(string_at(L, 1)))
                refuse("a ratio such as \"1/50\" as default");
            break;
        case ParameterKind::choice:
            push_choices(L, 1,
                         "mx.param.choice takes a list of strings, the default first, and a "
                         "description");
            lua_replace(L, 1);
            break;
    }
    if (lua_type(L, 2) != LUA_TSTRING) refuse("a default");
    auto* made = static_cast<Declaration*>(lua_newuserdatauv(L, sizeof(Declaration), 3));
    *made = {.kind = kind};
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, default_value);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, doc_value);
    luaL_setmetatable(L, parameter_metatable);
    return 1;
}

/// A value that a parameter is given, as text, and who gives it: "--set", or a preset by its name.
struct Given {
    std::string name;
    std::string text;
    std::string by;
};

/// Pushes what this means for a parameter of this kind; raises an error where it fits not.
void push_setting(lua_State* L, int parameter, ParameterKind kind, const Given& given) {
    const std::string& text = given.text;
    const auto refuse = [&](std::string_view wanted) {
        raise_here(
            L, fmt::format("{} {}={}: the parameter takes {}", given.by, given.name, text, wanted));
    };
    switch (kind) {
        case ParameterKind::integer: {
            const bool negative = text.starts_with('-');
            const auto value = parse_decimal(std::string_view{text}.substr(negative ? 1 : 0));
            if (!value || *value > INT64_MAX) refuse("a whole number");
            lua_pushinteger(
                L, negative ? -static_cast<lua_Integer>(*value) : static_cast<lua_Integer>(*value));
            return;
        }
        case ParameterKind::boolean:
            if (text != "true" && text != "false") refuse("true or false");
            lua_pushboolean(L, text == "true" ? 1 : 0);
            return;
        case ParameterKind::string: push(L, text); return;
        case ParameterKind::duration:
            if (!parse_duration(text)) refuse("a duration such as 90s or 1h30m");
            push(L, text);
            return;
        case ParameterKind::ratio:
            if (!parse_ratio(text)) refuse("a ratio such as 1/50, 0 or 1");
            push(L, text);
            return;
        case ParameterKind::choice: {
            lua_getiuservalue(L, parameter, default_value);
            std::vector<std::string> choices;
            for (lua_Integer i = 1; i <= luaL_len(L, -1); ++i) {
                lua_geti(L, -1, i);
                choices.emplace_back(string_at(L, -1));
                lua_pop(L, 1);
            }
            lua_pop(L, 1);
            if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
                const std::vector<std::string_view> names{choices.begin(), choices.end()};
                refuse(fmt::format("one of {}{}", fmt::join(choices, ", "),
                                   did_you_mean(text, names)));
            }
            push(L, text);
            return;
        }
    }
}

engine::ParameterValue value_at(lua_State* L, int index, ParameterKind kind) {
    switch (kind) {
        case ParameterKind::integer: return std::int64_t{lua_tointeger(L, index)};
        case ParameterKind::boolean: return lua_toboolean(L, index) != 0;
        case ParameterKind::duration: return *parse_duration(string_at(L, index));
        case ParameterKind::ratio: return *parse_ratio(string_at(L, index));
        case ParameterKind::string:
        case ParameterKind::choice: break;
    }
    return std::string{string_at(L, index)};
}

struct Declared {
    ParameterKind kind;
    int index;  ///< on the stack
};

/// Pushes the declaration of a parameter.
Declared declaration_of(lua_State* L, int declared, const std::string& name) {
    lua_getfield(L, declared, name.c_str());
    const int parameter = lua_gettop(L);
    const auto* declaration =
        static_cast<const Declaration*>(luaL_testudata(L, parameter, parameter_metatable));
    if (declaration == nullptr)
        raise_here(
            L,
            fmt::format("params.{} is no parameter; write {} = mx.param.integer(…) or another kind",
                        name, name));
    return {declaration->kind, parameter};
}

/// Pushes the value of a parameter: the last one that is given, else its default.
void push_value(lua_State* L, int parameter, ParameterKind kind, const std::string& name,
                const std::vector<Given>& settings) {
    const auto set = std::find_if(settings.rbegin(), settings.rend(),
                                  [&](const Given& given) { return given.name == name; });
    if (set != settings.rend()) return push_setting(L, parameter, kind, *set);
    lua_getiuservalue(L, parameter, default_value);
    if (kind == ParameterKind::choice) lua_geti(L, -1, 1);
}

std::vector<Given> given_by_user(const Host& host) {
    std::vector<Given> settings;
    for (const auto& [name, text] : host.settings)
        settings.push_back({name, text, std::string{host.settings_flag}});
    return settings;
}

/// Where the tables of a call of mx.profile are on the stack, and what is known of them.
struct Presets {
    int declared;
    int presets;
    std::vector<std::string_view> names;  ///< of all parameters
    std::vector<Given> by_user;
};

bool gives(const std::vector<Given>& settings, const std::string& name) {
    return std::any_of(settings.begin(), settings.end(),
                       [&](const Given& given) { return given.name == name; });
}

void check_named(lua_State* L, const Presets& all, const std::string& by, const std::string& name) {
    if (std::find(all.names.begin(), all.names.end(), name) == all.names.end()) {
        raise_here(L, fmt::format("{} names '{}', which is no parameter{}", by, name,
                                  did_you_mean(name, all.names)));
    }
}

/// What the preset at the top of the stack sets.
std::vector<Given> read_preset(lua_State* L, const Presets& all, const std::string& preset) {
    const int fields = lua_gettop(L);
    if (lua_type(L, fields) != LUA_TTABLE)
        raise_here(L, fmt::format("{} is a table of parameters and values", preset));
    std::vector<Given> settings;
    for (const std::string& name : string_keys(L, fields, preset)) {
        check_named(L, all, preset, name);
        if (lua_getfield(L, all.presets, name.c_str()) != LUA_TNIL)
            raise_here(L, fmt::format("{} sets {}, which has presets itself", preset, name));
        lua_getfield(L, fields, name.c_str());
        push_text(L, -1);
        settings.push_back({name, std::string{string_at(L, -1)}, preset});
        const auto [kind, parameter] = declaration_of(L, all.declared, name);
        push_setting(L, parameter, kind, settings.back());
        lua_settop(L, fields);
    }
    return settings;
}

/// What the preset sets that is chosen for this parameter.
std::vector<Given> read_choice(lua_State* L, const Presets& all, const std::string& choice) {
    const int top = lua_gettop(L);
    check_named(L, all, "presets", choice);
    const auto [kind, parameter] = declaration_of(L, all.declared, choice);
    if (kind != ParameterKind::choice)
        raise_here(L, fmt::format("presets: {} is no mx.param.choice", choice));
    push_value(L, parameter, kind, choice, all.by_user);
    const std::string chosen{string_at(L, -1)};
    lua_getfield(L, all.presets, choice.c_str());
    const int list = lua_gettop(L);
    if (lua_type(L, list) != LUA_TTABLE)
        raise_here(L, fmt::format("presets: {} is a table of its choices", choice));
    std::vector<Given> settings;
    for (const std::string& value : string_keys(L, list, choice)) {
        push_setting(L, parameter, kind, {choice, value, "presets:"});
        lua_getfield(L, list, value.c_str());
        auto set = read_preset(L, all, fmt::format("presets: {}={}", choice, value));
        if (value == chosen) settings = std::move(set);
        lua_settop(L, list);
    }
    lua_settop(L, top);
    return settings;
}

/// What the user has set, behind what the presets set that are chosen.
std::vector<Given> with_presets(lua_State* L, const Presets& all) {
    luaL_checkstack(L, LUA_MINSTACK, nullptr);
    if (lua_type(L, all.presets) != LUA_TTABLE) {
        raise_here(L,
                   "presets is a table: presets = { cause = { overload = { delay = \"30s\" } } }");
    }
    std::vector<Given> settings;
    for (const std::string& choice : string_keys(L, all.presets, "presets")) {
        for (Given& given : read_choice(L, all, choice)) {
            if (gives(all.by_user, given.name)) continue;
            if (gives(settings, given.name)) {
                raise_here(
                    L, fmt::format("{} sets {}, and so does another preset; say which value "
                                   "with {} {}=…",
                                   given.by, given.name, Host::of(L).settings_flag, given.name));
            }
            settings.push_back(std::move(given));
        }
    }
    settings.insert(settings.end(), all.by_user.begin(), all.by_user.end());
    return settings;
}

int unknown_kind(lua_State* L) {
    push_text(L, 2);
    raise_here(L, no_such_member(param_group, "kind", string_at(L, -1)));
}

}  // namespace

std::vector<std::string> string_keys(lua_State* L, int index, std::string_view what) {
    std::vector<std::string> keys;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            raise_here(L, fmt::format("{} has a field without a name", what));
        keys.emplace_back(string_at(L, -2));
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

void read_parameters(lua_State* L, Host& host, int declared, int presets, int values) {
    std::vector<std::string> names;
    if (!lua_isnil(L, declared)) {
        if (lua_type(L, declared) != LUA_TTABLE)
            raise_here(L, "params is a table: params = { name = mx.param.integer(…) }");
        names = string_keys(L, declared, "params");
    }
    const std::vector<std::string_view> known{names.begin(), names.end()};
    for (const auto& [name, text] : host.settings) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            raise_here(
                L, fmt::format("{} {}={}: the {} has no parameter '{}'{}", host.settings_flag, name,
                               text, host.kind, name, did_you_mean(name, known)));
        }
    }
    std::vector<Given> settings = given_by_user(host);
    if (presets != 0) settings = with_presets(L, {declared, presets, known, std::move(settings)});
    for (const std::string& name : names) {
        const auto& [kind, parameter] = declaration_of(L, declared, name);
        lua_getiuservalue(L, parameter, doc_value);
        const std::string doc{string_at(L, -1)};
        push_value(L, parameter, kind, name, settings);
        host.profile.parameters.push_back(
            {.name = name, .summary = doc, .value = value_at(L, -1, kind)});
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, parameter, set_value);
        lua_setfield(L, values, name.c_str());
        lua_settop(L, parameter - 1);
    }
}

bool push_given(lua_State* L, int table, const char* name) {
    const int type = lua_getfield(L, table, name);
    if (luaL_testudata(L, -1, parameter_metatable) != nullptr) {
        if (lua_getiuservalue(L, -1, set_value) == LUA_TNIL)
            raise_here(L, fmt::format("{} is a parameter that params does not list", name));
        lua_remove(L, -2);
        return true;
    }
    if (type == LUA_TNIL) lua_pop(L, 1);
    return type != LUA_TNIL;
}

void open_parameters(lua_State* L) {
    luaL_newmetatable(L, parameter_metatable);
    lua_pop(L, 1);

    lua_newtable(L);
    for (std::size_t i = 0; i < kind_names.size(); ++i) {
        lua_pushinteger(L, static_cast<lua_Integer>(i));
        lua_pushcclosure(L, declare, 1);
        lua_setfield(L, -2, std::string{kind_names.at(i)}.c_str());
    }
    guard(L, unknown_kind, "mx.param cannot be written");
    lua_setfield(L, -2, "param");
}

}  // namespace fakemx::script
