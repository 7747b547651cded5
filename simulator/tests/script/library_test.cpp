// The library functions that differ from the stock ones: order, text, sorting, tables that cannot change.
#include <string>

#include "script/libraries.h"
#include "script/lua_api.h"
#include "script/read_only.h"
#include "support/catch.h"
#include "tests/script/sandbox_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr const char* keys_of = R"lua(
local function keys(t)
  local seen = {}
  for k, v in pairs(t) do seen[#seen + 1] = tostring(k) .. "=" .. tostring(v) end
  return table.concat(seen, " ")
end
)lua";

// Stands for a host that makes a table constant.
int freeze(lua_State* L) {
    make_read_only(L, 1, "it is a constant");
    lua_settop(L, 1);
    return 1;
}

}  // namespace

TEST_CASE("pairs goes through numbers, then strings, then booleans") {
    SandboxFixture lua;
    const auto run = [&](const std::string& text) { return lua.result(keys_of + text); };
    CHECK(run("return keys({ z = 1, a = 2, [10] = 3, [2] = 4, [1.5] = 5, [true] = 6, "
              "[false] = 7, Z = 8, [''] = 9, [-1] = 10 })") ==
          "-1=10 1.5=5 2=4 10=3 =9 Z=8 a=2 z=1 false=7 true=6");
    CHECK(run("return keys({ 'a', 'b', 'c' })") == "1=a 2=b 3=c");
    CHECK(run("return keys({})") == "");
    CHECK(run("return keys({ [math.mininteger] = 1, [math.maxinteger] = 2, [math.huge] = 3, "
              "[-math.huge] = 4, [2^53 + 0.0] = 5, [0.5] = 6 })") ==
          "-inf=4 -9223372036854775808=1 0.5=6 9007199254740992=5 9223372036854775807=2 inf=3");
    CHECK(run("return keys({ ['a\\0b'] = 1, ['a'] = 2, ['a\\xff'] = 3 })") ==
          "a=2 " + std::string("a\0b", 3) + "=1 a\xff=3");
}

TEST_CASE("pairs bears removal and change in its loop") {
    SandboxFixture lua;
    CHECK(lua.result("local t = { a = 1, b = 2, c = 3 } local n = 0 "
                     "for k in pairs(t) do t.b = nil t[k] = 5 n = n + 1 end return n") == "2");
    CHECK(lua.result("local t = { 1, 2, 3, 4 } local n = {} "
                     "for k, v in pairs(t) do t[2] = nil n[#n + 1] = v end "
                     "return table.concat(n, ' ')") == "1 3 4");
    CHECK(lua.result("local t = { 1, 2, 3 } for k in pairs(t) do t[k] = nil end return next(t)") ==
          "nil");
}

TEST_CASE("keys without an order cannot be iterated over") {
    SandboxFixture lua;
    CHECK(lua.result("for k in pairs({ [{}] = 1 }) do end") ==
          "profile.lua:1: iterating over a table with a key that is a table: only numbers, strings "
          "and booleans have an order");
    CHECK_THAT(lua.result("return next({ [print] = 1 })"), Contains("a key that is a function"));
    CHECK_THAT(lua.result("pairs(5)"), Contains("table expected, got number"));
    CHECK_THAT(lua.result("pairs()"), Contains("bad argument #1"));
}

TEST_CASE("next goes the same way as pairs") {
    SandboxFixture lua;
    CHECK(lua.result("local t = { b = 1, a = 2, [1] = 3 } local seen = {} local k, v = next(t) "
                     "while k do seen[#seen + 1] = k .. '=' .. v k, v = next(t, k) end "
                     "return table.concat(seen, ' ')") == "1=3 a=2 b=1");
    CHECK(lua.result("return next({})") == "nil");
    CHECK(lua.result("local n = 0 for k in next, { 1, 2, x = 3 } do n = n + 1 end return n") ==
          "3");
}

TEST_CASE("__pairs is respected") {
    SandboxFixture lua;
    CHECK(lua.result("local t = setmetatable({}, { __pairs = function(t) "
                     "return function(_, k) if not k then return 1, 'x' end end, t, nil end }) "
                     "for k, v in pairs(t) do return k, v end") == "1 x");
}

TEST_CASE("no address is ever seen") {
    SandboxFixture lua;
    CHECK(lua.result("return tostring({}), tostring(print), tostring(function() end)") ==
          "table function function");
    CHECK(lua.result("return string.format('%s %s|%-8s|%10s', {}, print, {}, true)") ==
          "table function|table   |      true");
    CHECK(lua.result("return string.format('%p', {})") ==
          "profile.lua:1: string.format: %p is not available: addresses differ from run to run");
    CHECK_THAT(lua.result("return string.format('%5p', {})"), Contains("%p is not available"));
    CHECK_THAT(lua.result("return string.format('%q', {})"), Contains("value has no literal form"));
    CHECK(lua.result("return tostring(setmetatable({}, { __name = 'Greylist' }))") == "Greylist");
    CHECK(lua.result(
              "return tostring(setmetatable({}, { __tostring = function() return 'T' end }))") ==
          "T");
    CHECK(lua.result("return string.format('%s', setmetatable({}, { __tostring = function() "
                     "return 'T' end }))") == "T");
    CHECK_THAT(
        lua.result("return tostring(setmetatable({}, { __tostring = function() return {} end }))"),
        Contains("'__tostring' must return a string"));
    CHECK_THAT(lua.result("error(setmetatable({}, {}))"), !Contains("0x"));
    CHECK_THAT(lua.result("local t = {} return t .. 'x'"), !Contains("0x"));
    CHECK_THAT(lua.result("return #print"), !Contains("0x"));
}

TEST_CASE("string.format is otherwise the stock one") {
    SandboxFixture lua;
    CHECK(lua.result("return string.format('%d %5.2f %x %q %c %% %i %g', 3, 2.5, 255, 'a\\n', 65, "
                     "7, 1e20)") == "3  2.50 ff \"a\\\n\" A % 7 1e+20");
    CHECK_THAT(lua.result("return string.format('%d', 'x')"),
               Contains("number expected, got string"));
    CHECK_THAT(lua.result("return string.format('%s')"), Contains("bad argument #2"));
    CHECK_THAT(lua.result("return string.format('%y', 1)"), Contains("invalid conversion"));
    CHECK_THAT(lua.result("return string.format('%', 1)"), Contains("invalid conversion"));
    CHECK(lua.result("return ('%s=%s'):format('a', nil)") == "a=nil");
}

TEST_CASE("sorting is stable and survives a comparison that contradicts itself") {
    SandboxFixture lua;
    CHECK(lua.result("local t = { 5, 2, 8, 1, 9, 3 } table.sort(t) return table.concat(t, ' ')") ==
          "1 2 3 5 8 9");
    CHECK(lua.result("local t = { 'b', 'a', 'C' } table.sort(t, function(a, b) return a > b end) "
                     "return table.concat(t, ' ')") == "b a C");
    CHECK(lua.result(R"(
        local t = {}
        for i = 1, 500 do t[i] = { key = i * 7 % 5, at = i } end
        table.sort(t, function(a, b) return a.key < b.key end)
        for i = 2, 500 do
          local a, b = t[i - 1], t[i]
          if a.key > b.key or (a.key == b.key and a.at > b.at) then return 'wrong' end
        end
        return 'stable')") == "stable");
    CHECK(lua.result("local t = {} for i = 1, 300 do t[i] = i end "
                     "table.sort(t, function() return true end) return #t") == "300");
    CHECK_THAT(lua.result("table.sort({ 1, 'x' })"), Contains("attempt to compare"));
    CHECK(lua.result("local t = { 3, 1, 2 } pcall(table.sort, t, function() error('x') end) "
                     "return table.concat(t, ' ')") == "3 1 2");
    CHECK_THAT(lua.result("table.sort({ 1, 2 }, 5)"), Contains("function expected"));
}

TEST_CASE("the rest of the libraries works") {
    SandboxFixture lua;
    CHECK(lua.result("local t = { 1, 2 } table.insert(t, 3) table.insert(t, 1, 0) "
                     "table.remove(t, 2) return table.concat(t, ',')") == "0,2,3");
    CHECK(lua.result("return table.unpack(table.pack(1, nil, 3), 1, 3)") == "1 nil 3");
    CHECK(lua.result("return table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ' ')") == "1 1 2 3");
    CHECK_THAT(lua.result("table.insert({}, 5, 1)"), Contains("position out of bounds"));
    CHECK_THAT(lua.result("return ('x'):upper():lower():rep(3):reverse():sub(2):byte(1)"),
               Contains("120"));
    CHECK(lua.result("return math.max(1, 5), math.floor(2.5), math.type(1)") == "5 2 integer");
    CHECK(lua.result("local n = 0 for p, c in utf8.codes('h\\u{e9}') do n = n + c end return n") ==
          "337");
    CHECK(lua.result("return select('#', 1, 2), select(2, 'a', 'b'), tonumber('0x10'), "
                     "tonumber('z', 36), type(nil)") == "2 b 16 35 nil");
    CHECK_THAT(lua.result("return tonumber({})"), Contains("nil"));
    CHECK_THAT(lua.result("string.rep()"), StartsWith("profile.lua:1: bad argument #1 to 'rep'"));
    CHECK_THAT(lua.result("('x'):rep({})"), Contains("bad argument"));
}

TEST_CASE("a constant can be read like any table") {
    SandboxFixture lua;
    lua_pushcfunction(lua.sandbox.main(), freeze);
    lua.sandbox.define_global("freeze");
    const auto run = [&](const std::string& text) {
        return lua.result(std::string{keys_of} +
                          "local t = { 10, 20, 30, x = { y = 1 } } "
                          "local same = t freeze(t) " +
                          text);
    };
    CHECK(run("return t[1], t.x.y, #t, t.absent, t == same, type(t), next(t)") ==
          "10 1 3 nil true table 1 10");
    CHECK(run("return keys(t)") == "1=10 2=20 3=30 x=table");
    CHECK(run("local n = 0 for i, v in ipairs(t) do n = n + v end return n") == "60");
    CHECK(run("return table.concat(t, ' ')") == "10 20 30");
    CHECK(run("return table.unpack(t)") == "10 20 30");
    CHECK(run("return #table.move(t, 1, 3, 1, {})") == "3");
    CHECK(run("return getmetatable(t)") == "nil");
    CHECK(run("freeze(t) return t[2]") == "20");
    for (const char* const write : {"t[1] = 5", "t.x = nil", "t.new = 1", "table.insert(t, 1)",
                                    "table.remove(t)", "table.move({ 1 }, 1, 1, 1, t)"}) {
        CHECK_THAT(run(write), Contains("it is a constant"));
    }
    CHECK_THAT(run("table.sort(t)"), Contains("sort a copy"));
    CHECK_THAT(run("setmetatable(t, {})"), Contains("constant"));
    CHECK(run("t.x.y = 2 return t.x.y") == "2");
}

TEST_CASE("a constant keeps its metatable, and can be one") {
    SandboxFixture lua;
    lua_pushcfunction(lua.sandbox.main(), freeze);
    lua.sandbox.define_global("freeze");
    const std::string object =
        "local C = { limit = 3 } C.__index = C function C:f() return self.x + self.limit end "
        "C.__add = function(a, b) return a.x + b.x end C.__call = function(self, n) return n end "
        "C.__tostring = function(self) return 'C' .. self.x end C.__eq = function() return true "
        "end "
        "local t = setmetatable({ x = 1 }, C) freeze(C) freeze(t) ";
    CHECK(lua.result(object +
                     "return t:f(), t + t, t(9), tostring(t), getmetatable(t) == C, t.limit") ==
          "4 2 9 C1 true 3");
    CHECK(lua.result(object + "local u = setmetatable({ x = 5 }, C) return u:f(), u + t, u == t") ==
          "8 6 true");
    CHECK_THAT(lua.result(object + "t.x = 2"), Contains("it is a constant"));
    CHECK_THAT(lua.result(object + "C.limit = 2"), Contains("it is a constant"));
    CHECK_THAT(lua.result(object + "C.__mode = 'k'"), Contains("it is a constant"));
    CHECK(lua.result("local t = freeze(setmetatable({ 1 }, { __len = function() return 7 end })) "
                     "return #t") == "7");
    CHECK(
        lua.result("local t = freeze(setmetatable({}, { __index = function(_, k) return k end })) "
                   "return t.any, t[5]") == "any 5");
}

}  // namespace fakemx::script::test
