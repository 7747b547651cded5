// A walk over everything that a function can reach, first come first served.
#include "script/constants.h"

#include <array>
#include <string>
#include <unordered_set>

#include "script/libraries.h"
#include "script/lua_api.h"
#include "script/outer_assignment.h"
#include "script/read_only.h"

namespace fakemx::script {

namespace {

constexpr const char* complaint =
    "this table was made while the profile was loading and is a constant now; keep what changes in "
    "mx.state";

class Walk {
public:
    // The function to begin with is on top of the stack; it is popped.
    explicit Walk(lua_State* L) : lua_(L) {
        lua_newtable(L);
        lua_insert(L, -2);
        queue_ = lua_gettop(L) - 1;
        note();
    }

    std::optional<ScriptError> run() {
        std::optional<ScriptError> error;
        for (lua_Integer at = 1; at <= noted_ && !error; ++at) {
            lua_rawgeti(lua_, queue_, at);
            error = visit();
            lua_settop(lua_, queue_);
        }
        // A table may have been visited before its metatable was.
        for (lua_Integer at = 1; at <= noted_; ++at) {
            if (lua_rawgeti(lua_, queue_, at) == LUA_TTABLE) follow_metatable(lua_, -1);
            lua_settop(lua_, queue_);
        }
        lua_settop(lua_, queue_ - 1);
        return error;
    }

private:
    bool is_iterator() const { return is_pairs_iterator(lua_, -1) || is_match_iterator(lua_, -1); }

    std::optional<ScriptError> visit() {
        if (lua_istable(lua_, -1)) return visit_table();
        if (lua_iscfunction(lua_, -1) == 0) return visit_function();
        return ScriptError{.message =
                               "an iterator made by pairs or string.gmatch while the profile "
                               "was loading moves on with every call, and what outlives a "
                               "call is constant; keep what changes in mx.state",
                           .file = {},
                           .line = 0,
                           .traceback = {}};
    }

    // Pops a value, and remembers it for a visit if it leads anywhere or has state of its own.
    void note() {
        const bool matters =
            lua_istable(lua_, -1) ||
            (lua_isfunction(lua_, -1) && (lua_iscfunction(lua_, -1) == 0 || is_iterator()));
        if (matters && seen_.insert(lua_topointer(lua_, -1)).second) {
            lua_rawseti(lua_, queue_, ++noted_);
        } else {
            lua_pop(lua_, 1);
        }
    }

    // The globals, the libraries and the interface guard themselves.
    bool guards_itself(int table) {
        if (is_read_only(lua_, table)) return true;
        lua_rawgeti(lua_, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
        const bool globals = lua_rawequal(lua_, table, -1) != 0;
        lua_pop(lua_, 1);
        if (globals) return true;
        if (lua_getmetatable(lua_, table) == 0) return false;
        lua_pushliteral(lua_, "__metatable");
        const bool ours = lua_rawget(lua_, -2) != LUA_TNIL;
        lua_pop(lua_, 2);
        return ours;
    }

    std::optional<ScriptError> visit_table() {
        const int table = lua_gettop(lua_);
        if (guards_itself(table)) return std::nullopt;
        if (lua_getmetatable(lua_, table) != 0) {
            if (auto error = check_metatable(lua_gettop(lua_))) return error;
            note();
        }
        lua_pushnil(lua_);
        while (lua_next(lua_, table) != 0) {
            note();
            lua_pushvalue(lua_, -1);
            note();
        }
        make_read_only(lua_, table, complaint);
        return std::nullopt;
    }

    // setmetatable refuses these; they could still have been put in afterwards.
    std::optional<ScriptError> check_metatable(int metatable) {
        constexpr std::array refused = {"__gc", "__mode", "__close"};
        for (const char* const name : refused) {
            lua_pushstring(lua_, name);
            const bool present = lua_rawget(lua_, metatable) != LUA_TNIL;
            lua_pop(lua_, 1);
            if (present) {
                return ScriptError{.message = std::string{name} + " is not available in a profile",
                                   .file = {},
                                   .line = 0,
                                   .traceback = {}};
            }
        }
        return std::nullopt;
    }

    std::optional<ScriptError> visit_function() {
        const int function = lua_gettop(lua_);
        if (const auto assignment = find_outer_assignment(lua_)) {
            return complaint_about(*assignment);
        }
        for (int upvalue = 1; lua_getupvalue(lua_, function, upvalue) != nullptr; ++upvalue) note();
        return std::nullopt;
    }

    ScriptError complaint_about(const OuterAssignment& assignment) {
        lua_Debug record;
        lua_pushvalue(lua_, -1);
        lua_getinfo(lua_, ">S", &record);
        return {.message = "'" + assignment.variable +
                           "' outlives this call, and what outlives a call is constant; keep what "
                           "changes in mx.state",
                .file = *record.source == '@' ? record.source + 1 : record.short_src,
                .line = assignment.line,
                .traceback = {}};
    }

    lua_State* lua_;
    int queue_;
    lua_Integer noted_ = 0;
    std::unordered_set<const void*> seen_;
};

}  // namespace

std::optional<ScriptError> make_constant(lua_State* L) {
    luaL_checkstack(L, 20, nullptr);
    return Walk{L}.run();
}

}  // namespace fakemx::script
