// What a profile builds while it loads stays as it is.
#include "script/constants.h"

#include <string>

#include "script/lua_api.h"
#include "script/outer_assignment.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// What is assigned outside the function that this chunk returns: "name:line", or nothing.
std::string assigned(std::string_view text) {
    lua_State* const L = luaL_newstate();
    REQUIRE(luaL_loadbufferx(L, text.data(), text.size(), "@chunk", "t") == LUA_OK);
    REQUIRE(lua_pcall(L, 0, 1, 0) == LUA_OK);
    const auto found = find_outer_assignment(L);
    lua_close(L);
    return found ? found->variable + ":" + std::to_string(found->line) : std::string{};
}

}  // namespace

TEST_CASE("assignments to outer variables are found in the bytecode") {
    CHECK(assigned("local n = 0\nreturn function()\n  n = n + 1\nend") == "n:3");
    CHECK(assigned("local n = 0 return function() return n end") == "");
    CHECK(assigned("return function() local n = 0 return function() n = n + 1 end end") == "");
    CHECK(assigned("local n\nreturn function()\n  return function()\n    n = 5\n  end\nend") ==
          "n:4");
    CHECK(assigned("local a, b\nreturn function()\n  local c\n  local function f() c = 1 end\n"
                   "  f()\n\n  b = 2\n  a = 1\nend") == "b:7");
    CHECK(
        assigned("local function make() local n = 0 return function() n = n + 1 return n end end\n"
                 "return make()") == "n:1");
    CHECK(assigned("local t = {} return function() t.x = 1 t[1] = 2 end") == "");
    CHECK(assigned("return function(a) a = 1 local b = a b = 2 for i = 1, 2 do b = i end end") ==
          "");
    CHECK(assigned(
              "local n\nreturn function()\n  local s = 'x' .. 1.5 .. 7 .. ('y'):rep(3)\n"
              "  n = { nil, true, false, 1e300, 'a long string of more than forty octets xxxx' }\n"
              "end") == "n:4");
    // Lines so far apart that the bytecode stores them whole.
    CHECK(assigned("local n\nreturn function()\n" + std::string(300, '\n') + "  n = 1\nend") ==
          "n:303");
    std::string long_function = "local n\nreturn function(x)\n";
    for (int i = 0; i < 400; ++i) long_function += "  x = x .. 'a'\n";
    CHECK(assigned(long_function + "  n = 1\nend") == "n:403");
}

TEST_CASE("a hook that would change a variable of the file is found when loading") {
    CHECK(loading(with_profile(
              "local count = 0\nfunction mx.on.connect(s)\n  count = count + 1\nend")) ==
          "mine.lua:4: 'count' outlives this call, and what outlives a call is constant; keep what "
          "changes in mx.state");
    CHECK_THAT(loading(with_profile(
                   "local cache\nlocal function get() cache = cache or {} return cache end\n"
                   "function mx.on.connect(s) return get()[1] end")),
               StartsWith("mine.lua:3: 'cache' outlives"));
    CHECK_THAT(loading(with_profile("local function counter() local n = 0 return function()\n"
                                    "n = n + 1 return n end end\nlocal next_one = counter()\n"
                                    "function mx.on.connect(s) return next_one() > 5 end")),
               StartsWith("mine.lua:3: 'n' outlives"));
    // While loading, and within one call, variables vary.
    CHECK(loading(
              with_profile("local n = 0 local function add() n = n + 1 end add() add()\n"
                           "function mx.on.connect(s) local m = n local function f() m = m + 1 end "
                           "f() if m ~= 3 then error 'x' end end")) == "loaded");
    CHECK(loading(with_profile("local helper\nfunction mx.on.connect(s) return helper() end\n"
                               "helper = function() end")) == "loaded");
}

TEST_CASE("what guards the globals and the interface cannot be taken off") {
    const auto refused = Contains("setmetatable: the table is protected");
    CHECK_THAT(loading(with_profile("setmetatable(_ENV, nil)")), refused);
    CHECK_THAT(loading(with_profile("setmetatable(mx.on, nil)")), refused);
    CHECK(loading(with_profile("assert(getmetatable(_ENV) == nil)")) == "loaded");
    CHECK(loading(with_profile("assert(getmetatable(mx.on) == nil)")) == "loaded");
}

TEST_CASE("an iterator that was begun while loading has state of its own") {
    const auto expected =
        Contains("an iterator made by pairs or string.gmatch while the profile was loading");
    for (const std::string made : {"pairs { 1, 2 }", "string.gmatch('a b', '%a')"}) {
        CAPTURE(made);
        CHECK_THAT(loading(with_profile("local following = " + made +
                                        "\nfunction mx.on.connect(s) following() end")),
                   StartsWith("mine.lua:3: ") && expected);
        CHECK_THAT(loading(with_profile("local t = { following = " + made +
                                        " }\nfunction mx.on.connect(s) t.following() end")),
                   expected);
        CHECK(loading(with_profile("for _ in " + made +
                                   " do end\nfunction mx.on.connect(s) for _ in " + made +
                                   " do end end")) == "loaded");
    }
}

TEST_CASE("a hook cannot change a table of the file") {
    const auto failure = [](const std::string& top, const std::string& body) {
        return ProfileFixture{with_profile(top + "\nfunction mx.on.connect(s) " + body + " end")}
            .failure()
            .message;
    };
    const auto expected = Contains("this table was made while the profile was loading");
    CHECK_THAT(failure("local seen = {}", "seen[s.ip] = true"),
               StartsWith("mine.lua:3: ") && expected);
    CHECK_THAT(failure("local seen = { n = 0 }", "seen.n = seen.n + 1"), expected);
    CHECK_THAT(failure("local list = { 1 }", "table.insert(list, 5)"), expected);
    CHECK_THAT(failure("local deep = { { {} } }", "deep[1][1].x = 5"), expected);
    CHECK_THAT(failure("local C = {} C.__index = C local o = setmetatable({}, C)", "o.x = 5"),
               expected);
    CHECK_THAT(failure("local C = {} C.__index = C local o = setmetatable({}, C)",
                       "getmetatable(o).x = 5"),
               expected);
    CHECK_THAT(
        failure("local keyed = { [{ 1 }] = 1 } local k = {} local u = { [k] = {} }", "u[k].x = 1"),
        expected);
    CHECK_THAT(failure("local function make() local t = {} return function(x) t.x = x end end\n"
                       "local put = make()",
                       "put(5)"),
               expected);
    CHECK_THAT(failure("local a = {} a.self = a", "a.self.self.x = 1"), expected);
    CHECK_THAT(failure("local t = { __n = 0 }", "t.__n = t.__n + 1"), expected);
    CHECK_THAT(failure("local C = {} C.__index = C", "C.__index = { x = s.ip }"), expected);
    CHECK_THAT(failure("local C = {} C.__index = C local o = setmetatable({}, C)",
                       "getmetatable(o).__index = { x = s.ip }"),
               expected);
    CHECK_THAT(failure("local C = setmetatable({}, { __call = function() end })",
                       "getmetatable(C).__call = nil"),
               expected);
}

TEST_CASE("functions that find fields never see what is behind a constant") {
    const std::string top =
        "local t = setmetatable({ n = 0 }, { __index = function(self, k)\n"
        "  if k == 'me' then return self end\n  if k == 'memo' then self.memo = 1 end\n"
        "  return k .. self.n\nend })\n";
    const auto failure = [&](const std::string& body) {
        return ProfileFixture{with_profile(top + "function mx.on.connect(s) " + body + " end")}
            .failure()
            .message;
    };
    const auto expected = Contains("this table was made while the profile was loading");
    CHECK_THAT(failure("t.me.n = t.me.n + 1"), expected);
    CHECK_THAT(failure("return t.memo"), expected);
    ProfileFixture mine{with_profile(
        top + "function mx.on.connect(s) return mx.reply(250, nil, t.x .. t.n .. t.me.y) end")};
    CHECK(mine.said() == "x00y0");
}

TEST_CASE("a class of the file makes objects in hooks") {
    // Whichever is found first: the object, its class, or what the class inherits from.
    for (const std::string order :
         {"object, Class, Base", "Base, Class, object", "Class, object, Base"}) {
        CAPTURE(order);
        ProfileFixture mine{with_profile(R"(
            local Base = { greeting = "hello" }
            Base.__index = Base
            local Class = setmetatable({}, Base)
            Class.__index = Class
            Class.__call = function(self, x) return self.n + x end
            Class.__eq = function(a, b) return a.n == b.n end
            Class.__len = function(self) return self.n end
            function Class.new(n) return setmetatable({ n = n }, Class) end
            local object = Class.new(4)
            local found = { )" + order + R"( }
            function mx.on.connect(s)
              local mine, other = Class.new(4), Class.new(5)
              assert(found)
              assert(mine == object and mine ~= other and #other == 5 and #object == 4)
              assert(getmetatable(mine) == Class and getmetatable(object) == Class)
              assert(getmetatable(Class) == Base)
              mine.n = 6
              return mx.reply(250, nil, mine.greeting .. object(1) .. mine(1) .. object.greeting)
            end)")};
        CHECK(mine.said() == "hello57hello");
        CHECK(mine.said() == "hello57hello");
    }
}

TEST_CASE("constants can be read in every way") {
    ProfileFixture mine{with_profile(R"(
        local labels = { ["a.example"] = "A", ["b.example"] = "B" }
        local list = { "x", "y", "z" }
        local Class = { limit = 3 }
        Class.__index = Class
        function Class:twice() return self.n * 2 + self.limit end
        local object = setmetatable({ n = 4 }, Class)
        function mx.on.connect(s)
          local keys = {}
          for k, v in pairs(labels) do keys[#keys + 1] = k .. v end
          local own = { table.unpack(list) }
          own[#own + 1] = object:twice()
          return mx.reply(250, nil, table.concat(keys, " ") .. " " .. table.concat(own, " ") .. " "
            .. labels["b.example"] .. #list .. tostring(labels.absent))
        end)")};
    CHECK(mine.said() == "a.exampleA b.exampleB x y z 11 B3nil");
    CHECK(mine.said() == "a.exampleA b.exampleB x y z 11 B3nil");
}

TEST_CASE("metatables are looked at again when the file has run") {
    CHECK_THAT(loading(with_profile("local mt = {} local t = setmetatable({}, mt) mt.__mode = 'k'\n"
                                    "function mx.on.connect(s) return t[1] end")),
               StartsWith("mine.lua:3: __mode is not available"));
}

}  // namespace fakemx::script::test
