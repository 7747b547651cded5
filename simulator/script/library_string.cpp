// The string library: searching on top of our own pattern matcher, formatting without addresses, and
// the stock rest, charged for the octets it copies.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <string>

#include "core/text.h"
#include "script/libraries.h"
#include "script/lua_api.h"
#include "script/pattern.h"
#include "script/sandbox.h"

namespace fakemx::script {

namespace {

// A step is cheaper than an instruction.
constexpr std::uint64_t steps_per_unit = 4;
constexpr std::uint64_t string_octets_per_unit = 64;

using PatternPtr = std::shared_ptr<const Pattern>;

PatternPtr compiled(lua_State* L, std::string_view text, Pattern::Caret caret) {
    auto pattern = Sandbox::of(L).pattern(text, caret);
    if (!pattern) raise_here(L, pattern.error().message);
    return *pattern;
}

std::string shortened(std::string_view text) {
    constexpr std::size_t octets_shown_max = 60;
    if (text.size() <= octets_shown_max) return escape_octets(text);
    return escape_octets(text.substr(0, octets_shown_max)) + "...";
}

// One call's budget for matching. What it used is charged to the question when the call is over.
class Search {
public:
    Search(lua_State* L, std::string_view pattern)
        : lua_(L), text_(pattern), steps_{Sandbox::of(L).budgets().pattern_steps_max} {}

    bool matches_at(const Pattern& pattern, std::string_view subject, std::size_t start,
                    PatternMatch& match) {
        return judge(pattern.match_at(subject, start, steps_, match), subject);
    }

    bool find(const Pattern& pattern, std::string_view subject, std::size_t from,
              PatternMatch& match) {
        return judge(pattern.search(subject, from, steps_, match), subject);
    }

    bool take_step(std::string_view subject) {
        if (!steps_.take()) give_up(subject);
        return true;
    }

    void settle() {
        auto& sandbox = Sandbox::of(lua_);
        sandbox.charge(lua_, (sandbox.budgets().pattern_steps_max - steps_.left) / steps_per_unit);
    }

private:
    bool judge(Pattern::Outcome outcome, std::string_view subject) {
        if (outcome == Pattern::Outcome::out_of_steps) give_up(subject);
        return outcome == Pattern::Outcome::matched;
    }

    [[noreturn]] void give_up(std::string_view subject) {
        settle();
        raise_here(lua_, "the pattern '" + shortened(text_) + "' took more than " +
                             std::to_string(Sandbox::of(lua_).budgets().pattern_steps_max) +
                             " steps on a subject of " + std::to_string(subject.size()) +
                             " octets");
    }

    lua_State* lua_;
    std::string_view text_;
    Steps steps_;
};

void push_capture(lua_State* L, std::string_view subject, const Capture& capture) {
    if (capture.is_position) {
        lua_pushinteger(L, static_cast<lua_Integer>(capture.start) + 1);
    } else {
        push(L, subject.substr(capture.start, capture.length));
    }
}

void push_whole(lua_State* L, std::string_view subject, const PatternMatch& match) {
    push(L, subject.substr(match.start, match.end - match.start));
}

int push_captures(lua_State* L, const Pattern& pattern, std::string_view subject,
                  const PatternMatch& match) {
    const std::size_t count = pattern.capture_count();
    luaL_checkstack(L, static_cast<int>(count) + 1, "too many captures");
    for (std::size_t i = 0; i < count; ++i) push_capture(L, subject, match.captures[i]);
    return static_cast<int>(count);
}

int push_captures_or_whole(lua_State* L, const Pattern& pattern, std::string_view subject,
                           const PatternMatch& match) {
    if (pattern.capture_count() > 0) return push_captures(L, pattern, subject, match);
    push_whole(L, subject, match);
    return 1;
}

// Lua counts from 1, and from the end when negative. The result is an offset, perhaps past the end.
std::size_t start_offset(lua_State* L, int argument, std::size_t size) {
    const lua_Integer init = luaL_optinteger(L, argument, 1);
    if (init > 0) return static_cast<std::size_t>(init) - 1;
    if (init == 0 || init < -static_cast<lua_Integer>(size)) return 0;
    return size - static_cast<std::size_t>(-init);
}

int find_plain(lua_State* L, std::string_view subject, std::string_view text, std::size_t from) {
    // The library's search may look at every octet for every octet.
    Sandbox::of(L).charge(L, (subject.size() - from) / string_octets_per_unit *
                                 (1 + text.size() / string_octets_per_unit));
    const auto at = subject.find(text, from);
    if (at == std::string_view::npos) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, static_cast<lua_Integer>(at) + 1);
    const std::size_t end = at + text.size();
    lua_pushinteger(L, static_cast<lua_Integer>(end));
    return 2;
}

int find_or_match(lua_State* L, bool find) {
    const auto subject = check_string(L, 1);
    const auto text = check_string(L, 2);
    const std::size_t from = start_offset(L, 3, subject.size());
    if (from > subject.size()) {
        lua_pushnil(L);
        return 1;
    }
    const bool plain = find && (lua_toboolean(L, 4) != 0 ||
                                text.find_first_of("^$*+?.([%-") == std::string_view::npos);
    if (plain) return find_plain(L, subject, text, from);
    const PatternPtr pattern = compiled(L, text, Pattern::Caret::anchors);
    PatternMatch match;
    Search search{L, text};
    const bool found = search.find(*pattern, subject, from, match);
    search.settle();
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    if (!find) return push_captures_or_whole(L, *pattern, subject, match);
    lua_pushinteger(L, static_cast<lua_Integer>(match.start) + 1);
    lua_pushinteger(L, static_cast<lua_Integer>(match.end));
    return 2 + push_captures(L, *pattern, subject, match);
}

int find(lua_State* L) {
    return find_or_match(L, true);
}

int match(lua_State* L) {
    return find_or_match(L, false);
}

// Upvalues of the iterator: subject, pattern, where to go on, where the latest match ended (or -1).
int next_match(lua_State* L) {
    const auto subject = string_at(L, lua_upvalueindex(1));
    const auto text = string_at(L, lua_upvalueindex(2));
    const PatternPtr pattern = compiled(L, text, Pattern::Caret::is_literal);
    const lua_Integer latest_end = lua_tointeger(L, lua_upvalueindex(4));
    auto at = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(3)));
    Search search{L, text};
    PatternMatch match;
    for (; at <= subject.size(); ++at) {
        search.take_step(subject);
        if (!search.matches_at(*pattern, subject, at, match)) continue;
        const auto end = static_cast<lua_Integer>(match.end);
        if (end == latest_end) continue;
        search.settle();
        lua_pushinteger(L, end);
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return push_captures_or_whole(L, *pattern, subject, match);
    }
    search.settle();
    lua_pushinteger(L, static_cast<lua_Integer>(subject.size()) + 1);
    lua_replace(L, lua_upvalueindex(3));
    return 0;
}

int gmatch(lua_State* L) {
    const auto subject = check_string(L, 1);
    const auto text = check_string(L, 2);
    const std::size_t from = std::min(start_offset(L, 3, subject.size()), subject.size() + 1);
    compiled(L, text, Pattern::Caret::is_literal);  // a mistake shows here, not in the loop
    lua_settop(L, 2);
    lua_pushinteger(L, static_cast<lua_Integer>(from));
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

// The text that gsub makes. It lives outside the Lua heap until it is complete, so it is bounded here.
class Substitution {
public:
    Substitution(lua_State* L, const Pattern& pattern, std::string_view subject)
        : lua_(L), pattern_(pattern), subject_(subject) {}

    void append(std::string_view text) {
        const std::size_t limit = Sandbox::of(lua_).budgets().string_octets_max;
        if (text.size() > limit - std::min(limit, text_.size())) {
            raise_here(lua_, "string.gsub: the result is longer than " + std::to_string(limit) +
                                 " octets");
        }
        text_ += text;
    }

    void append_skipped(std::size_t from, std::size_t to) {
        append(subject_.substr(from, to - from));
    }

    // The replacement is argument 3 of gsub.
    void replace(const PatternMatch& match) {
        switch (lua_type(lua_, 3)) {
            case LUA_TFUNCTION: {
                lua_pushvalue(lua_, 3);
                const int count = push_captures_or_whole(lua_, pattern_, subject_, match);
                lua_call(lua_, count, 1);
                return append_value(match);
            }
            case LUA_TTABLE:
                if (pattern_.capture_count() > 0) {
                    push_capture(lua_, subject_, match.captures[0]);
                } else {
                    push_whole(lua_, subject_, match);
                }
                lua_gettable(lua_, 3);
                return append_value(match);
            default: return append_template(match);
        }
    }

    const std::string& text() const { return text_; }
    bool changed() const { return changed_; }

private:
    void append_value(const PatternMatch& match) {
        if (lua_toboolean(lua_, -1) == 0) {
            append_skipped(match.start, match.end);
        } else if (lua_isstring(lua_, -1) != 0) {
            append(string_at(lua_, -1));
            changed_ = true;
        } else {
            raise_here(
                lua_, std::string{"invalid replacement value (a "} + luaL_typename(lua_, -1) + ")");
        }
        lua_pop(lua_, 1);
    }

    void append_template(const PatternMatch& match) {
        const auto text = string_at(lua_, 3);
        std::size_t from = 0;
        while (true) {
            const auto percent = text.find('%', from);
            append(text.substr(from, std::min(percent, text.size()) - from));
            if (percent == std::string_view::npos) break;
            if (percent + 1 == text.size()) bad_template();
            append_reference(text[percent + 1], match);
            from = percent + 2;
        }
        changed_ = true;
    }

    void append_reference(char name, const PatternMatch& match) {
        if (name == '%') return append("%");
        if (!is_ascii_digit(name)) bad_template();
        const std::size_t count = pattern_.capture_count();
        const auto index = static_cast<std::size_t>(name - '0');
        if (index == 0 || (index == 1 && count == 0)) {
            return append_skipped(match.start, match.end);
        }
        if (index > count) {
            raise_here(lua_,
                       std::string{"invalid capture index %"} + name + " in replacement string");
        }
        const Capture& capture = match.captures[index - 1];
        if (capture.is_position) return append(std::to_string(capture.start + 1));
        append(subject_.substr(capture.start, capture.length));
    }

    [[noreturn]] void bad_template() {
        raise_here(lua_, "invalid use of '%' in replacement string");
    }

    lua_State* lua_;
    const Pattern& pattern_;
    std::string_view subject_;
    std::string text_;
    bool changed_ = false;
};

lua_Integer substitute(const Pattern& pattern, std::string_view subject, Search& search,
                       lua_Integer count_max, Substitution& result) {
    PatternMatch match;
    std::size_t at = 0;
    std::size_t copied = 0;
    auto latest_end = std::string_view::npos;
    lua_Integer count = 0;
    while (count < count_max) {
        search.take_step(subject);
        if (search.matches_at(pattern, subject, at, match) && match.end != latest_end) {
            ++count;
            result.append_skipped(copied, at);
            result.replace(match);
            at = copied = latest_end = match.end;
        } else if (at < subject.size()) {
            ++at;
        } else {
            break;
        }
        if (pattern.anchored()) break;
    }
    result.append_skipped(copied, subject.size());
    return count;
}

int gsub(lua_State* L) {
    const auto subject = check_string(L, 1);
    const auto text = check_string(L, 2);
    const int kind = lua_type(L, 3);
    luaL_argexpected(
        L,
        kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION || kind == LUA_TTABLE,
        3, "string/function/table");
    const auto count_max = luaL_optinteger(L, 4, static_cast<lua_Integer>(subject.size()) + 1);
    if (kind == LUA_TNUMBER) lua_tostring(L, 3);
    const PatternPtr pattern = compiled(L, text, Pattern::Caret::anchors);
    Search search{L, text};
    Substitution result{L, *pattern, subject};
    const lua_Integer count = substitute(*pattern, subject, search, count_max, result);
    search.settle();
    if (result.changed()) {
        push(L, result.text());
    } else {
        lua_pushvalue(L, 1);
    }
    lua_pushinteger(L, count);
    return 2;
}

int rep(lua_State* L) {
    const auto text = check_string(L, 1);
    const lua_Integer count = luaL_checkinteger(L, 2);
    const std::size_t separator = luaL_opt(L, check_string, 3, std::string_view{}).size();
    const std::size_t piece = text.size() + separator;
    const std::size_t limit = Sandbox::of(L).budgets().string_octets_max;
    if (piece == 0) {
        lua_pushliteral(L, "");  // the stock function would do that `count` times
        return 1;
    }
    if (count > 0 && static_cast<std::uint64_t>(count) > limit / piece + 1) {
        raise_here(L, "string.rep: the result is longer than " + std::to_string(limit) + " octets");
    }
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// The stock function does the formatting. Before it, arguments for %s are made text in our way.
int format(lua_State* L) {
    const auto text = check_string(L, 1);
    const int count = lua_gettop(L);
    int argument = 1;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') continue;
        if (++at == text.size() || text[at] == '%') continue;
        at = text.find_first_not_of("-+ #0123456789.", at);
        if (at == std::string_view::npos) break;  // the stock function says what is wrong
        ++argument;
        if (text[at] == 'p')
            raise_here(L, "string.format: %p is not available: addresses differ from run to run");
        if (text[at] != 's' || argument > count) continue;
        push_text(L, argument);
        lua_replace(L, argument);
    }
    Sandbox::of(L).charge(L, text.size() / string_octets_per_unit);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void take_with(lua_State* L, const char* name, lua_CFunction wrapper) {
    lua_getfield(L, -2, name);
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
}

}  // namespace

bool is_match_iterator(lua_State* L, int index) {
    return lua_tocfunction(L, index) == next_match;
}

void push_string_library(lua_State* L) {
    constexpr luaL_Reg ours[] = {
        {"find", find}, {"gmatch", gmatch}, {"gsub", gsub}, {"match", match}, {nullptr, nullptr},
    };
    lua_newtable(L);
    take_stock(L, {"byte", "char", "len", "sub"});
    take_charged(L, {"lower", "reverse", "upper"});
    take_with(L, "format", format);
    take_with(L, "rep", rep);
    luaL_setfuncs(L, ours, 0);
}

}  // namespace fakemx::script
