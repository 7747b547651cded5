// mx.reply and its kin, and the modifiers. Every one of them makes a new value.
#include "script/verdicts.h"

#include <algorithm>
#include <new>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/definition.h"
#include "script/host.h"

namespace fakemx::script {

namespace {

constexpr const char* metatable = "fakemx.Verdict";

const smtp::Verdict& check_verdict(lua_State* L, int index, std::string_view method) {
    const smtp::Verdict* verdict = to_verdict(L, index);
    if (verdict == nullptr) {
        raise_here(L, fmt::format("'{}' belongs behind a verdict, with a colon: mx.reply(…):{}(…)",
                                  method, method));
    }
    return *verdict;
}

void check_line(lua_State* L, std::string_view line) {
    if (line.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos) {
        raise_here(L, "the text of a reply has no line ends; give a list of lines, or use mx.raw");
    }
}

void check_size(lua_State* L, std::size_t octets) {
    if (octets > limits::reply_octets_max) {
        raise_here(L, fmt::format("a reply may have {} octets", limits::reply_octets_max));
    }
}

std::string_view check_text(lua_State* L, int index) {
    const std::string_view text = check_string(L, index);
    check_line(L, text);
    check_size(L, text.size());
    return text;
}

std::vector<std::string> check_lines(lua_State* L, int index) {
    if (lua_isnoneornil(L, index)) return {};
    if (lua_type(L, index) == LUA_TSTRING || lua_type(L, index) == LUA_TNUMBER) {
        const std::string line{check_text(L, index)};
        return {line};
    }
    if (lua_type(L, index) != LUA_TTABLE) {
        raise_here(L, fmt::format("mx.reply takes a text or a list of lines, not a {}",
                                  luaL_typename(L, index)));
    }
    std::vector<std::string> lines;
    std::size_t octets = 0;
    const lua_Integer count = luaL_len(L, index);
    for (lua_Integer i = 1; i <= count; ++i) {
        lua_geti(L, index, i);
        if (lua_type(L, -1) != LUA_TSTRING)
            raise_here(L, fmt::format("line {} of the reply is no string", i));
        lines.emplace_back(string_at(L, -1));
        check_line(L, lines.back());
        octets += lines.back().size() + 16;
        check_size(L, octets);
        lua_pop(L, 1);
    }
    return lines;
}

int reply(lua_State* L) {
    smtp::Reply made;
    int is_integer = 0;
    const lua_Integer code = lua_tointegerx(L, 1, &is_integer);
    if (is_integer == 0 || code < 100 || code > 999) {
        raise_here(L, "mx.reply takes a code of three digits first");
    }
    made.code = static_cast<int>(code);
    if (!lua_isnoneornil(L, 2)) {
        const std::string text{lua_type(L, 2) == LUA_TSTRING ? string_at(L, 2)
                                                             : std::string_view{}};
        made.enhanced = smtp::parse_enhanced_code(text);
        if (!made.enhanced) {
            raise_here(L, fmt::format("the second argument of mx.reply is an enhanced code such as "
                                      "\"4.3.2\", or nil; this is '{}'",
                                      lua_type(L, 2) == LUA_TSTRING ? text : luaL_typename(L, 2)));
        }
    }
    made.lines = check_lines(L, 3);
    push_verdict(L, {.answer = std::move(made)});
    return 1;
}

int standard(lua_State* L, smtp::Disposition disposition) {
    smtp::StandardAnswer answer{.disposition = disposition, .text = std::nullopt};
    if (!lua_isnoneornil(L, 1)) {
        answer.text = std::string{check_text(L, 1)};
    }
    push_verdict(L, {.answer = std::move(answer)});
    return 1;
}

int accept(lua_State* L) {
    return standard(L, smtp::Disposition::accept);
}
int defer(lua_State* L) {
    return standard(L, smtp::Disposition::defer);
}
int reject(lua_State* L) {
    return standard(L, smtp::Disposition::reject);
}

int raw(lua_State* L) {
    const std::string_view octets = check_string(L, 1);
    check_size(L, octets.size());
    push_verdict(L, {.answer = smtp::RawAnswer{std::string{octets}}});
    return 1;
}

int silence(lua_State* L) {
    push_verdict(L, {.answer = smtp::Silence{}, .ending = smtp::Ending::stay});
    return 1;
}

int close(lua_State* L) {
    push_verdict(L, {.answer = smtp::Silence{}, .ending = smtp::Ending::close});
    return 1;
}

int reset(lua_State* L) {
    push_verdict(L, {.answer = smtp::Silence{}, .ending = smtp::Ending::reset});
    return 1;
}

int half_close(lua_State* L) {
    push_verdict(L, {.answer = smtp::Silence{}, .ending = smtp::Ending::half_close});
    return 1;
}

// What leaves late leaves whole, or the pieces of two replies would mix.
void check_late(lua_State* L, const smtp::Verdict& verdict) {
    if (verdict.pacing.late && !verdict.pacing.pieces.empty())
        raise_here(L, "a reply that is :late leaves whole, without :drip or :slice");
}

int late(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "late");
    verdict.pacing.after = check_duration(L, 2);
    verdict.pacing.late = true;
    check_late(L, verdict);
    push_verdict(L, std::move(verdict));
    return 1;
}

int lost(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "lost");
    verdict.lost_after = lua_isnoneornil(L, 2) ? 0 : check_count(L, 2, ":lost");
    push_verdict(L, std::move(verdict));
    return 1;
}

// The verdict at `index`, as something said unasked.
smtp::Verdict check_follow_up(lua_State* L, int index, std::string_view method) {
    const smtp::Verdict* verdict = to_verdict(L, index);
    if (verdict == nullptr) {
        raise_here(L, fmt::format(":{} takes a verdict such as mx.reply(…) second", method));
    }
    if (verdict->in_body || verdict->handshake)
        raise_here(L, fmt::format("the verdict in :{} has no :in_body or :handshake", method));
    return *verdict;
}

int and_then(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "and_then");
    if (verdict.and_then)
        raise_here(L,
                   ":and_then stands once behind a verdict; put the next one behind its own "
                   "verdict: a:and_then(\"1s\", b:and_then(\"1s\", c))");
    const Duration wait = check_duration(L, 2);
    verdict.and_then = std::make_shared<const smtp::FollowUp>(
        smtp::FollowUp{.wait = wait, .verdict = check_follow_up(L, 3, "and_then")});
    push_verdict(L, std::move(verdict));
    return 1;
}

int in_body(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "in_body");
    const std::uint32_t octets = check_count(L, 2, ":in_body");
    verdict.in_body = std::make_shared<const smtp::FollowUp>(
        smtp::FollowUp{.octets = octets, .verdict = check_follow_up(L, 3, "in_body")});
    push_verdict(L, std::move(verdict));
    return 1;
}

int stop_reading(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "stop_reading");
    const auto duration = optional_duration(L, 2);
    if (duration && *duration <= Duration::zero())
        raise_here(L, ":stop_reading takes a duration longer than 0s, or none: for ever");
    verdict.reading = smtp::Reading{.every = duration.value_or(Duration{})};
    push_verdict(L, std::move(verdict));
    return 1;
}

int handshake(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "handshake");
    const std::string_view text = lua_type(L, 2) == LUA_TSTRING ? string_at(L, 2) : "";
    const auto& names = smtp::handshake_fault_names;
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) {
        raise_here(L, fmt::format(":handshake takes one of {}{}", fmt::join(names, ", "),
                                  did_you_mean(text, names)));
    }
    verdict.handshake =
        smtp::HandshakeFault{.kind = static_cast<smtp::HandshakeFault::Kind>(found - names.begin()),
                             .octets = lua_isnoneornil(L, 3) ? 0 : check_count(L, 3, ":handshake")};
    push_verdict(L, std::move(verdict));
    return 1;
}

int because(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "because");
    const std::string_view cause = check_string(L, 2);
    if (cause.size() > limits::note_octets_max)
        raise_here(L, fmt::format(":because takes {} octets", limits::note_octets_max));
    verdict.cause = cause;
    push_verdict(L, std::move(verdict));
    return 1;
}

int after(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "after");
    verdict.pacing.after = check_duration(L, 2);
    verdict.pacing.late = false;
    push_verdict(L, std::move(verdict));
    return 1;
}

std::uint32_t check_octets(lua_State* L, int index, std::string_view method) {
    int is_integer = 0;
    const lua_Integer octets = lua_tointegerx(L, index, &is_integer);
    if (is_integer == 0 || octets < 1 ||
        octets > static_cast<lua_Integer>(limits::reply_octets_max)) {
        raise_here(L, fmt::format(":{} takes a number of octets, at least 1", method));
    }
    return static_cast<std::uint32_t>(octets);
}

void check_fields(lua_State* L, std::string_view method,
                  std::initializer_list<std::string_view> known) {
    if (lua_type(L, 2) != LUA_TTABLE) {
        raise_here(L,
                   fmt::format(":{} takes a table, such as :{}", method,
                               method == "slice"
                                   ? std::string{"slice { 3, 10 }"}
                                   : fmt::format("{} {{ octets = 1, every = \"1s\" }}", method)));
    }
    for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TNUMBER && method == "slice") continue;
        const std::string name{lua_type(L, -2) == LUA_TSTRING ? string_at(L, -2)
                                                              : luaL_typename(L, -2)};
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            const std::vector<std::string_view> names{known};
            raise_here(
                L, fmt::format(":{} has no field '{}'{}", method, name, did_you_mean(name, names)));
        }
    }
}

int drip(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "drip");
    check_fields(L, "drip", {"octets", "every"});
    lua_getfield(L, 2, "octets");
    verdict.pacing.pieces = {check_octets(L, -1, "drip")};
    lua_getfield(L, 2, "every");
    verdict.pacing.every = check_duration(L, -1);
    verdict.pacing.repeat_last_piece = true;
    check_late(L, verdict);
    push_verdict(L, std::move(verdict));
    return 1;
}

int read_slowly(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "read_slowly");
    check_fields(L, "read_slowly", {"octets", "every"});
    lua_getfield(L, 2, "octets");
    lua_getfield(L, 2, "every");
    verdict.reading =
        smtp::Reading{.octets = check_octets(L, -2, "read_slowly"), .every = check_duration(L, -1)};
    push_verdict(L, std::move(verdict));
    return 1;
}

int slice(lua_State* L) {
    smtp::Verdict verdict = check_verdict(L, 1, "slice");
    check_fields(L, "slice", {"octets"});
    verdict.pacing.pieces.clear();
    verdict.pacing.every = {};
    verdict.pacing.repeat_last_piece = lua_getfield(L, 2, "octets") != LUA_TNIL;
    if (verdict.pacing.repeat_last_piece) {
        verdict.pacing.pieces.push_back(check_octets(L, -1, "slice"));
    } else {
        const lua_Integer count = luaL_len(L, 2);
        if (count < 1 || count > static_cast<lua_Integer>(limits::reply_pieces_max)) {
            raise_here(L, ":slice takes the sizes of the segments, such as :slice { 3, 10 }");
        }
        for (lua_Integer i = 1; i <= count; ++i) {
            lua_geti(L, 2, i);
            verdict.pacing.pieces.push_back(check_octets(L, -1, "slice"));
            lua_pop(L, 1);
        }
    }
    check_late(L, verdict);
    push_verdict(L, std::move(verdict));
    return 1;
}

int then(lua_State* L, std::string_view method, smtp::Ending ending) {
    smtp::Verdict verdict = check_verdict(L, 1, method);
    verdict.ending = ending;
    push_verdict(L, std::move(verdict));
    return 1;
}

int then_close(lua_State* L) {
    return then(L, "then_close", smtp::Ending::close);
}
int then_reset(lua_State* L) {
    return then(L, "then_reset", smtp::Ending::reset);
}
int then_half_close(lua_State* L) {
    return then(L, "then_half_close", smtp::Ending::half_close);
}
int then_cut(lua_State* L) {
    return then(L, "then_cut", smtp::Ending::cut);
}
int then_stay(lua_State* L) {
    return then(L, "then_stay", smtp::Ending::stay);
}

// The octets that a verdict holds outside the Lua heap, where no collector sees them.
std::size_t octets_of(const smtp::Verdict& verdict) {
    std::size_t octets =
        verdict.cause.size() + verdict.pacing.pieces.size() * sizeof(std::uint32_t);
    if (const auto* reply = std::get_if<smtp::Reply>(&verdict.answer)) {
        for (const std::string& line : reply->lines) octets += line.size() + sizeof(std::string);
    } else if (const auto* raw = std::get_if<smtp::RawAnswer>(&verdict.answer)) {
        octets += raw->octets.size();
    } else if (const auto* own = std::get_if<smtp::StandardAnswer>(&verdict.answer)) {
        octets += own->text.value_or(std::string{}).size();
    }
    for (const auto& follow_up : {verdict.and_then, verdict.in_body}) {
        if (follow_up) octets += sizeof(smtp::FollowUp) + octets_of(follow_up->verdict);
    }
    return octets;
}

int collect(lua_State* L) {
    static_cast<smtp::Verdict*>(lua_touserdata(L, 1))->~Verdict();
    return 0;
}

}  // namespace

void push_verdict(lua_State* L, smtp::Verdict verdict) {
    constexpr std::size_t octets_per_unit = 64;
    const std::size_t outside = octets_of(verdict);
    Sandbox::of(L).charge(L, 1 + outside / octets_per_unit);
    // A block as large as all that the verdict holds: the budget counts it, and the collector knows
    // what there is to win. Its tail is never touched.
    void* memory = lua_newuserdatauv(L, sizeof(smtp::Verdict) + outside, 0);
    new (memory) smtp::Verdict{std::move(verdict)};
    luaL_setmetatable(L, metatable);
}

const smtp::Verdict* to_verdict(lua_State* L, int index) {
    return static_cast<const smtp::Verdict*>(luaL_testudata(L, index, metatable));
}

void open_verdicts(lua_State* L) {
    bind(L, "reply", reply);
    bind(L, "accept", accept);
    bind(L, "defer", defer);
    bind(L, "reject", reject);
    bind(L, "raw", raw);
    bind(L, "silence", silence);
    bind(L, "close", close);
    bind(L, "reset", reset);
    bind(L, "half_close", half_close);

    define_object_type(L, {.metatable = metatable,
                           .name = "verdict",
                           .group = verdict_group,
                           .methods = {{"after", after},
                                       {"drip", drip},
                                       {"slice", slice},
                                       {"then_close", then_close},
                                       {"then_reset", then_reset},
                                       {"then_stay", then_stay},
                                       {"then_half_close", then_half_close},
                                       {"then_cut", then_cut},
                                       {"late", late},
                                       {"lost", lost},
                                       {"and_then", and_then},
                                       {"in_body", in_body},
                                       {"stop_reading", stop_reading},
                                       {"read_slowly", read_slowly},
                                       {"handshake", handshake},
                                       {"because", because}},
                           .write_complaint = "a verdict cannot be changed; a modifier such as "
                                              ":after gives a new one",
                           .collect = collect});
}

}  // namespace fakemx::script
