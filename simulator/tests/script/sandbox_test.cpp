// What a profile's code may not do, and what it is told when it tries.
#include "script/sandbox.h"

#include <string>

#include "script/lua_api.h"
#include "script/read_only.h"
#include "support/catch.h"
#include "tests/script/sandbox_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

Budgets small_budgets() {
    Budgets budgets;
    budgets.question_instructions_max = 100'000;
    budgets.question_memory_octets_max = std::size_t{2} << 20;
    budgets.string_octets_max = std::size_t{256} << 10;
    return budgets;
}

}  // namespace

TEST_CASE("names that were left out say what there is instead") {
    SandboxFixture lua;
    CHECK(lua.result("local x = 1\nos.execute('rm')") ==
          "profile.lua:2: os is not available in a profile: time is mx.now, waiting is mx.sleep, "
          "and a profile starts no programs");
    CHECK_THAT(lua.result("io.open('x')"), StartsWith("profile.lua:1: io is not available"));
    CHECK_THAT(
        lua.result("math.random(6)"),
        StartsWith("profile.lua:1: math.random is not available in a profile: use mx.chance"));
    CHECK_THAT(lua.result("return _G"), Contains("use 'local'"));
    for (const char* const name :
         {"os",      "io",          "package",     "debug",           "coroutine",
          "load",    "loadfile",    "dofile",      "loadstring",      "collectgarbage",
          "rawset",  "rawget",      "rawequal",    "rawlen",          "xpcall",
          "warn",    "string.dump", "string.pack", "math.randomseed", "math.sin",
          "math.log"}) {
        CHECK_THAT(
            lua.result("return " + std::string{name}),
            StartsWith("profile.lua:1: " + std::string{name} + " is not available in a profile"));
    }
}

TEST_CASE("unknown names propose the nearest") {
    SandboxFixture lua;
    CHECK(lua.result("return tostrin(1)") ==
          "profile.lua:1: unknown global 'tostrin'; did you mean 'tostring'?");
    CHECK(lua.result("\n\nreturn string.fnd('a', 'b')") ==
          "profile.lua:3: string has no field 'fnd'; did you mean 'find'?");
    CHECK(lua.result("return ('x'):uper()") ==
          "profile.lua:1: string has no field 'uper'; did you mean 'upper'?");
    CHECK(lua.result("return utterly") == "profile.lua:1: unknown global 'utterly'");
    CHECK(lua.result("return string[1]") == "profile.lua:1: string has no field of type number");
    lua.sandbox.hint_for_global = [](std::string_view name) {
        return name == "reply" ? std::string{"; did you mean mx.reply?"} : std::string{};
    };
    CHECK(lua.result("return reply(450)") ==
          "profile.lua:1: unknown global 'reply'; did you mean mx.reply?");
}

TEST_CASE("a profile has no globals of its own") {
    SandboxFixture lua;
    CHECK(
        lua.result("local a\nb = 1") ==
        "profile.lua:2: 'b' would be a global, and a profile has none of its own: write 'local b'");
    CHECK_THAT(lua.result("function f() end"), Contains("write 'local f'"));
    CHECK_THAT(lua.result("string = {}"), Contains("write 'local string'"));
    CHECK_THAT(lua.result("return pcall(function() b = 1 end)"),
               StartsWith("false profile.lua:1:"));
}

TEST_CASE("libraries are read-only") {
    SandboxFixture lua;
    CHECK(lua.result("string.upper = nil") == "profile.lua:1: string is read-only");
    CHECK(lua.result("table.shuffle = print") == "profile.lua:1: table is read-only");
    CHECK(lua.result("return getmetatable('')") == "nil");
    CHECK(lua.result("return getmetatable(string)") == "nil");
    CHECK_THAT(lua.result("setmetatable(string, {})"), Contains("constant"));
    CHECK_THAT(lua.result("table.insert(math, 1)"), Contains("math is read-only"));
    CHECK_THAT(lua.result("local n = {} for k in pairs(utf8) do n[#n + 1] = k end "
                          "return table.concat(n, ',')"),
               Contains("char,charpattern,codepoint,codes,len,offset"));
}

TEST_CASE("metatables do nothing behind a profile's back") {
    SandboxFixture lua;
    for (const char* const name : {"__gc", "__mode", "__close", "__metatable"}) {
        CHECK(lua.result("setmetatable({}, { " + std::string{name} + " = 'k' })") ==
              "profile.lua:1: " + std::string{name} + " is not available in a profile");
    }
    CHECK(lua.result("local C = {} C.__index = C function C:f() return self.x end "
                     "return setmetatable({ x = 5 }, C):f()") == "5");
    CHECK(lua.result("local C = {} return getmetatable(setmetatable({}, C)) == C") == "true");
    CHECK_THAT(lua.result("setmetatable({}, 5)"), Contains("nil or table expected"));
    CHECK_THAT(lua.result("setmetatable('', {})"), Contains("table expected"));
}

TEST_CASE("only text is loaded") {
    SandboxFixture lua;
    const Outcome outcome = lua.run("\x1bLua");
    CHECK(outcome.progress == Sandbox::Progress::failed);
    CHECK_THAT(outcome.error.message, Contains("attempt to load a binary chunk"));
    CHECK(outcome.error.file == "profile.lua");
}

TEST_CASE("syntax errors have a place") {
    SandboxFixture lua;
    const Outcome outcome = lua.run("local x = 1\nif x then\n", "profiles/own.lua");
    CHECK(outcome.error.file == "profiles/own.lua");
    CHECK(outcome.error.line == 3);
    CHECK(outcome.error.message == "'end' expected (to close 'if' at line 2) near <eof>");
}

TEST_CASE("errors have a place and a traceback") {
    SandboxFixture lua;
    const Outcome outcome = lua.run("local function f(t)\n  return t.x.y\nend\nlocal v = f({})\n");
    CHECK(outcome.error.file == "profile.lua");
    CHECK(outcome.error.line == 2);
    CHECK(outcome.error.message == "attempt to index a nil value (field 'x')");
    CHECK_THAT(outcome.error.traceback, Contains("profile.lua:2: in upvalue 'f'") ||
                                            Contains("profile.lua:2: in local 'f'"));
    CHECK_THAT(outcome.error.traceback,
               Contains("profile.lua:4: in main chunk") || Contains("profile.lua:4: in function"));

    CHECK(lua.result("\nerror('no')") == "profile.lua:2: no");
    CHECK(lua.result("\nerror('no', 0)") == "profile.lua:2: no");
    CHECK(lua.result("\nassert(false, 'must be')") == "profile.lua:2: must be");
    CHECK(lua.result("\nerror({})") ==
          "profile.lua:2: an error was raised with a table for a message");
    CHECK(lua.result("error()") == "profile.lua:1: an error was raised with a nil for a message");
    CHECK(lua.result("local function check(x) error('wrong x', 2) end\ncheck(1)") ==
          "profile.lua:2: wrong x");
    CHECK(lua.result("error('127.0.0.1:25: refused', 0)") ==
          "profile.lua:1: 127.0.0.1:25: refused");
}

TEST_CASE("the message of an error is bounded, and so is looking for its place") {
    SandboxFixture lua;
    const Outcome outcome = lua.run("\nerror((':'):rep(1000000), 0)");
    CHECK(outcome.error.line == 2);
    CHECK(outcome.error.message.size() < 3000);
}

TEST_CASE("a long file name is shown in full") {
    SandboxFixture lua;
    const std::string file = "profiles/" + std::string(100, 'x') + ".lua";
    const Outcome outcome = lua.run("\nerror('no')", file);
    CHECK(outcome.error.file == file);
    CHECK(outcome.error.line == 2);
    CHECK(outcome.error.message == "no");
    CHECK(lua.run("if", file).error.file == file);
}

TEST_CASE("an endless loop ends") {
    SandboxFixture lua{small_budgets()};
    const std::string expected =
        "this question used up its 100000 instructions; is there a loop without an end?";
    CHECK_THAT(lua.result("local n = 0\nwhile true do\n  n = n + 1\nend"), Contains(expected));
    CHECK_THAT(lua.result("\nwhile true do end"), StartsWith("profile.lua:2: "));
    CHECK_THAT(lua.result("local function f() return f() end\nreturn f()"), Contains(expected));
    CHECK_THAT(
        lua.result("repeat local x = setmetatable({}, { __index = function() end }).x until x"),
        Contains(expected));
}

TEST_CASE("pcall cannot swallow a used-up budget") {
    SandboxFixture lua{small_budgets()};
    const Outcome once =
        lua.run("local ok = pcall(function()\n while true do end\nend)\nreturn ok");
    CHECK(once.progress == Sandbox::Progress::failed);
    CHECK_THAT(once.error.message, Contains("used up its 100000 instructions"));
    CHECK(once.error.line == 2);
    CHECK(lua.run("while true do pcall(function() while true do end end) end").progress ==
          Sandbox::Progress::failed);
    CHECK(lua.run("local function f() pcall(f) while true do end end f()").progress ==
          Sandbox::Progress::failed);
    CHECK(lua.run("pcall(pcall, pcall, function() while true do end end)").progress ==
          Sandbox::Progress::failed);
    CHECK(lua.run("pcall(string.gsub, 'x', 'x', function() while true do end end)").progress ==
          Sandbox::Progress::failed);
    CHECK(lua.run("pcall(table.sort, {3, 2, 1}, function() while true do end end)").progress ==
          Sandbox::Progress::failed);
    // Ordinary errors are still caught.
    CHECK(lua.result("return pcall(error, 'x')") == "false x");
    CHECK(lua.result("return pcall(function(...) return ... end, 1, 2)") == "true 1 2");
    CHECK(lua.result("return select('#', pcall(error))") == "2");
}

TEST_CASE("a memory bomb is defused") {
    Budgets budgets;
    budgets.question_memory_octets_max = std::size_t{2} << 20;
    SandboxFixture lua{budgets};
    const std::string expected = "this question needed more than 2 MiB of memory";
    const char* const bomb = "local t = {}\nfor i = 1, 1e9 do\n  t[i] = { i }\nend";
    const Outcome outcome = lua.run(bomb);
    CHECK(outcome.progress == Sandbox::Progress::failed);
    CHECK(outcome.error.message == expected);
    CHECK(outcome.error.file == "profile.lua");
    CHECK(outcome.error.line == 3);
    CHECK_THAT(outcome.error.traceback, Contains("profile.lua:3"));

    const Outcome caught = lua.run(
        "local ok = pcall(function()\n local t = {}\n for i = 1, 1e9 do\n  t[i] = { i }\n end\n"
        "end)\nreturn ok");
    CHECK(caught.progress == Sandbox::Progress::failed);
    CHECK(caught.error.message == expected);
    CHECK(caught.error.line == 4);

    // It was only that question's memory.
    CHECK(lua.result("return 1 + 1") == "2");
    CHECK(lua.result("local t = {} for i = 1, 1000 do t[i] = { i } end return #t") == "1000");
}

TEST_CASE("strings are bounded") {
    SandboxFixture lua{small_budgets()};
    CHECK(lua.result("\nlocal s = 'x'\nwhile true do s = s .. s end") ==
          "profile.lua:3: a string grew longer than 262144 octets");
    CHECK(lua.result("return string.rep('x', 1e9)") ==
          "profile.lua:1: string.rep: the result is longer than 262144 octets");
    CHECK(lua.result("return string.rep('xy', 1e9, ', ')") ==
          "profile.lua:1: string.rep: the result is longer than 262144 octets");
    CHECK(lua.result("return #string.rep('x', 1000), #string.rep('', 1e9), #('ab'):rep(2, '-'), "
                     "('x'):rep(-1)") == "1000 0 5 ");
    // Ten megabytes, whatever steps the buffer grows in.
    CHECK_THAT(lua.result("local s, t = ('x'):rep(10000), {} for i = 1, 1000 do t[i] = s end "
                          "return table.concat(t)"),
               Contains("this question needed more than 2 MiB of memory"));
    CHECK_THAT(
        lua.result("return pcall(function() local s = 'x' while true do s = s .. s end end)"),
        StartsWith("profile.lua:1: a string grew longer"));
    CHECK_THAT(lua.result("local s = ('x'):rep(10000) return (s:gsub('x', s))"),
               Contains("string.gsub: the result is longer than 262144 octets"));
    // Copying counts as work.
    CHECK_THAT(lua.result("local s = ('x'):rep(200000) for i = 1, 1e6 do local t = s .. i end"),
               Contains("most of them for copying long strings"));
    CHECK_THAT(
        lua.result("local s = ('x'):rep(200000) for i = 1, 1e6 do local t = utf8.len(s) end"),
        Contains("used up its 100000 instructions"));
}

TEST_CASE("the whole profile's memory is bounded") {
    Budgets budgets;
    budgets.memory_octets_max = std::size_t{1} << 20;
    SandboxFixture lua{budgets};
    CHECK(lua.result("local t = {} for i = 1, 1e6 do t[i] = { i } end") ==
          "profile.lua:1: the profile needed more than 1 MiB of memory, questions that are asleep "
          "included");
}

TEST_CASE("deep recursion is an error") {
    SandboxFixture lua;
    CHECK_THAT(lua.result("local function f() return 1 + f() end return f()"),
               Contains("stack overflow") || Contains("memory"));
    CHECK_THAT(lua.result("local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) "
                          "return t[k + 1] end return t[1]"),
               Contains("overflow") || Contains("memory"));
    CHECK_THAT(lua.result("return ('x'):gsub('x', function(s) "
                          "local function f(s) return (s:gsub('x', f)) end return f(s) end)"),
               Contains("overflow"));
    CHECK(lua.result("return 1") == "1");
}

TEST_CASE("work in C is work") {
    SandboxFixture lua{small_budgets()};
    const auto expected = Contains("used up its 100000 instructions");
    CHECK_THAT(lua.result("table.move({}, 1, 1e15, 2)"), expected);
    CHECK_THAT(lua.result("return table.concat({}, '', 1, 1e15)"), expected);
    CHECK_THAT(lua.result("return table.concat(setmetatable({}, { __len = function() "
                          "return 1e15 // 1 | 0 end, __index = function() return '' end }))"),
               expected);
    CHECK_THAT(lua.result("local t = {} for i = 1, 5000 do t[i] = i end "
                          "while true do table.insert(t, 1, 0) table.remove(t, 1) end"),
               expected);
    CHECK_THAT(lua.result("local t = {} for i = 1, 5000 do t[i] = i end "
                          "while true do table.sort(t) end"),
               expected);
    CHECK_THAT(lua.result("local t = {} for i = 1, 5000 do t[i] = i end "
                          "while true do next(t, 4000) end"),
               expected);
    CHECK_THAT(lua.result("return table.unpack({}, 1, 1e8)"), expected);
}

TEST_CASE("a pattern cannot run long") {
    Budgets budgets;
    budgets.pattern_steps_max = 50'000;
    SandboxFixture lua{budgets};
    CHECK(lua.result("local s = ('a'):rep(200)\nreturn s:find('a*a*a*a*b')") ==
          "profile.lua:2: the pattern 'a*a*a*a*b' took more than 50000 steps on a subject of 200 "
          "octets");
    const auto expected = Contains("took more than 50000 steps");
    CHECK_THAT(lua.result("return ('a'):rep(300):match('.-.-.-.-b')"), expected);
    CHECK_THAT(lua.result("return ('a'):rep(300):gsub('a*a*a*a*b', '')"), expected);
    CHECK_THAT(lua.result("for x in ('a'):rep(300):gmatch('a*a*a*a*b') do end"), expected);
    CHECK_THAT(lua.result("return ('('):rep(100000):find('%b()')"), expected);
    // An error like any other; but the work done counts.
    CHECK_THAT(lua.result("return pcall(string.find, ('a'):rep(200), 'a*a*a*a*b')"),
               StartsWith("false profile.lua:1: the pattern") || StartsWith("false the pattern"));
    CHECK_THAT(lua.result("while true do pcall(string.find, ('a'):rep(200), 'a*a*a*a*b') end"),
               Contains("used up its 1000000 instructions"));
}

TEST_CASE("the meter outlives a sleep") {
    SandboxFixture lua{small_budgets()};
    lua_pushcfunction(lua.sandbox.main(), [](lua_State* L) { return lua_yield(L, 0); });
    lua.sandbox.define_global("pause");
    auto thread = lua.sandbox.borrow_thread();
    REQUIRE_FALSE(lua.sandbox.load(thread.lua(), "profile.lua",
                                   "while true do pause() for i = 1, 10000 do end end"));
    Meter meter = Meter::for_question(lua.sandbox.budgets());
    int sleeps = 0;
    auto run = lua.sandbox.resume(thread, 0, meter);
    for (; run.progress == Sandbox::Progress::suspended; ++sleeps) {
        // Another question in between has a budget of its own.
        CHECK(lua.result("for i = 1, 20000 do end return 'fine'") == "fine");
        run = lua.sandbox.resume(thread, 0, meter);
    }
    CHECK(run.progress == Sandbox::Progress::failed);
    CHECK_THAT(run.error.message, Contains("used up its 100000 instructions"));
    CHECK(sleeps > 3);
    CHECK(sleeps < 20);
}

TEST_CASE("sleeping works through pcall and not through C callbacks") {
    SandboxFixture lua;
    lua_pushcfunction(lua.sandbox.main(), [](lua_State* L) { return lua_yield(L, 0); });
    lua.sandbox.define_global("pause");
    CHECK(lua.run("return pcall(function() pause() error('x') end)").progress ==
          Sandbox::Progress::suspended);
    CHECK_THAT(lua.result("table.sort({2, 1}, function() pause() end)"),
               Contains("attempt to yield across a C-call boundary"));

    auto thread = lua.sandbox.borrow_thread();
    REQUIRE_FALSE(lua.sandbox.load(thread.lua(), "profile.lua",
                                   "return pcall(function() pause() error('x') end)"));
    Meter meter = Meter::for_question(lua.sandbox.budgets());
    REQUIRE(lua.sandbox.resume(thread, 0, meter).progress == Sandbox::Progress::suspended);
    const auto run = lua.sandbox.resume(thread, 0, meter);
    CHECK(SandboxFixture::outcome(thread.lua(), run).values ==
          std::vector<std::string>{"false", "profile.lua:1: x"});
}

TEST_CASE("threads are used again, in the middle of a sleep too") {
    SandboxFixture lua;
    lua_pushcfunction(lua.sandbox.main(), [](lua_State* L) { return lua_yield(L, 0); });
    lua.sandbox.define_global("pause");
    lua_State* first = nullptr;
    for (const char* const text :
         {"pause()", "return 1, 2, 3", "if", "return pcall(function() pause() end)"}) {
        auto thread = lua.sandbox.borrow_thread();
        if (first == nullptr) first = thread.lua();
        CHECK(thread.lua() == first);
        CHECK(lua_gettop(thread.lua()) == 0);
        if (lua.sandbox.load(thread.lua(), "profile.lua", text)) continue;
        Meter meter = Meter::for_question(lua.sandbox.budgets());
        CHECK(lua.sandbox.resume(thread, 0, meter).progress != Sandbox::Progress::failed);
    }
    CHECK_THAT(lua.result("while true do end"), Contains("used up"));
    CHECK_THAT(lua.result("while true do end"), Contains("used up"));
}

TEST_CASE("print goes to the log with its place") {
    SandboxFixture lua;
    lua.run("\nprint('a', 1, nil, true, {}, print)");
    REQUIRE(lua.log.size() == 1);
    CHECK(lua.log[0].text == "a\t1\tnil\ttrue\ttable\tfunction");
    CHECK(lua.log[0].place.file == "profile.lua");
    CHECK(lua.log[0].place.line == 2);
    lua.run("while true do print(('x'):rep(100000)) end");
    CHECK(lua.log.size() < 1000);
    CHECK(lua.log[1].text.size() == 4096);
}

TEST_CASE("whichever allocation fails, the question fails and nothing else") {
    SandboxFixture lua;
    constexpr std::string_view text =
        "local t = {}\n"
        "for i = 1, 20 do t[i] = ('x'):rep(i * 10) .. i end\n"
        "table.sort(t, function(a, b) return a > b end)\n"
        "local s = table.concat(t, ','):gsub('x+', function(x) return #x .. '' end)\n"
        "local keys = {} for k, v in pairs({ b = 1, a = s }) do keys[#keys + 1] = k end\n"
        "local ok, message = pcall(error, string.format('%s %5d', s, 7))\n"
        "return #s, keys[1]";
    std::string complete;
    std::uint64_t from = 1;
    for (; from < 2000; ++from) {
        auto thread = lua.sandbox.borrow_thread();
        REQUIRE_FALSE(lua.sandbox.load(thread.lua(), "profile.lua", text));
        lua.sandbox.memory().fail_from = from;
        Meter meter = Meter::for_question(lua.sandbox.budgets());
        const auto run = lua.sandbox.resume(thread, 0, meter);
        lua.sandbox.memory().fail_from = 0;
        if (run.progress == Sandbox::Progress::finished) break;
        REQUIRE(run.progress == Sandbox::Progress::failed);
        REQUIRE_THAT(run.error.message, StartsWith("the profile needed more than"));
        // The very first ones are made before the code has begun.
        if (from > 5) REQUIRE(run.error.file == "profile.lua");
        if (from > 5) REQUIRE(run.error.line > 0);
    }
    CHECK(from > 50);
    CHECK(from < 2000);
    CHECK_THAT(lua.result(text), Contains(" a"));
}

}  // namespace fakemx::script::test
