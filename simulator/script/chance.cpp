// mx.chance, pick, between and token: addressed by the line of the profile, the keys, and how often
// that line was asked for these keys before.
#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/host.h"

namespace fakemx::script {

namespace {

// Finding how often something was decided before, and the draw itself.
constexpr std::uint64_t units_per_decision = 50;

/// The decision that the keys from argument `first_key` on stand for, at the line that asks.
std::uint64_t draw(lua_State* L, std::string_view what, int first_key, std::uint64_t bound) {
    Host& host = Host::of(L);
    Asking& asking = host.asked(L, what);
    const Place place = place_of_caller(L);
    // The name of the profile, or of the module, rather than its path: a run must not depend on where the file lies.
    const std::string* const module = host.modules.name_of(place.file);
    const std::string rule =
        fmt::format("{}:{}:{}", module != nullptr ? *module : host.profile.name, place.line, what);
    std::string key;
    for (int i = first_key; i <= lua_gettop(L); ++i) {
        key += check_key(L, i);
        key += '\0';
        if (key.size() > limits::state_text_octets_max) {
            raise_here(L, fmt::format("the keys of {} may have {} octets", what,
                                      limits::state_text_octets_max));
        }
    }
    Sandbox::of(L).charge(L, units_per_decision);
    const std::uint64_t earlier = asking.state.next_decision(rule, key);
    return asking.rng.below(bound, {.rule = rule, .key = key, .earlier = earlier});
}

std::int64_t check_count(lua_State* L, int index, std::string_view what) {
    if (lua_isinteger(L, index) == 0 || lua_tointeger(L, index) < 0) {
        raise_here(
            L, fmt::format(
                   "mx.chance takes whole numbers, such as mx.chance(1, 20, key); the {} is none",
                   what));
    }
    return lua_tointeger(L, index);
}

int chance(lua_State* L) {
    engine::Ratio ratio;
    int first_key = 3;
    if (lua_type(L, 1) == LUA_TSTRING) {
        first_key = 2;
        const auto parsed = parse_ratio(string_at(L, 1));
        if (!parsed)
            raise_here(
                L, fmt::format("'{}' is no ratio from 0 to 1; write \"1/20\"", string_at(L, 1)));
        ratio = *parsed;
    } else {
        ratio = {check_count(L, 1, "first"), check_count(L, 2, "second")};
        if (ratio.denominator == 0 || ratio.numerator > ratio.denominator) {
            raise_here(
                L, fmt::format("{} of {} cases is no chance", ratio.numerator, ratio.denominator));
        }
    }
    const std::uint64_t drawn =
        draw(L, "chance", first_key, static_cast<std::uint64_t>(ratio.denominator));
    lua_pushboolean(L, drawn < static_cast<std::uint64_t>(ratio.numerator) ? 1 : 0);
    return 1;
}

int pick(lua_State* L) {
    if (lua_type(L, 1) != LUA_TTABLE) raise_here(L, "mx.pick takes a list first");
    const lua_Integer count = luaL_len(L, 1);
    if (count < 1) raise_here(L, "mx.pick takes a list that is not empty");
    lua_geti(L, 1,
             static_cast<lua_Integer>(draw(L, "pick", 2, static_cast<std::uint64_t>(count))) + 1);
    return 1;
}

int between(lua_State* L) {
    const bool durations = lua_type(L, 1) == LUA_TSTRING;
    std::int64_t low = 0;
    std::int64_t high = 0;
    if (durations) {
        low = std::chrono::duration_cast<std::chrono::milliseconds>(check_duration(L, 1)).count();
        high = std::chrono::duration_cast<std::chrono::milliseconds>(check_duration(L, 2)).count();
    } else {
        int low_is_integer = 0;
        int high_is_integer = 0;
        low = lua_tointegerx(L, 1, &low_is_integer);
        high = lua_tointegerx(L, 2, &high_is_integer);
        if (low_is_integer == 0 || high_is_integer == 0) {
            raise_here(L, "mx.between takes two whole numbers or two durations");
        }
    }
    const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    if (low > high || span == UINT64_MAX) raise_here(L, "mx.between takes the lower bound first");
    const std::uint64_t value = static_cast<std::uint64_t>(low) + draw(L, "between", 3, span + 1);
    if (durations) {
        push(L, format_duration(std::chrono::milliseconds{static_cast<std::int64_t>(value)}));
    } else {
        lua_pushinteger(L, static_cast<lua_Integer>(value));
    }
    return 1;
}

int token(lua_State* L) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    int is_integer = 0;
    const lua_Integer length = lua_tointegerx(L, 1, &is_integer);
    if (is_integer == 0 || length < 1 || length > 256)
        raise_here(L, "mx.token takes a length from 1 to 256");
    // One decision for the whole text; its characters are decided by the number that comes out.
    const Rng characters{draw(L, "token", 2, UINT64_MAX)};
    std::string text;
    for (lua_Integer i = 0; i < length; ++i) {
        text += alphabet[characters.below(
            alphabet.size(),
            {.rule = "token", .key = {}, .earlier = static_cast<std::uint64_t>(i)})];
    }
    push(L, text);
    return 1;
}

}  // namespace

std::optional<engine::Ratio> parse_ratio(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto numerator = parse_decimal(text.substr(0, slash));
    const auto denominator = slash == std::string_view::npos
                                 ? std::optional<std::uint64_t>{1}
                                 : parse_decimal(text.substr(slash + 1));
    if (!numerator || !denominator || *denominator == 0 || *numerator > *denominator ||
        *denominator > INT64_MAX)
        return std::nullopt;
    return engine::Ratio{static_cast<std::int64_t>(*numerator),
                         static_cast<std::int64_t>(*denominator)};
}

void open_chance(lua_State* L) {
    bind(L, "chance", chance);
    bind(L, "pick", pick);
    bind(L, "between", between);
    bind(L, "token", token);
}

}  // namespace fakemx::script
