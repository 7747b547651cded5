// Our matcher against the stock one, on generated patterns and subjects; and its step budget.
#include "script/pattern.h"

#include <random>
#include <string>

#include "script/lua_api.h"
#include "script/sandbox.h"
#include "support/catch.h"

namespace fakemx::script {

namespace {

// Everything that the string library does with a pattern, as one text. The same code runs in a stock
// state and in a sandbox.
constexpr std::string_view exercise = R"lua(
local subject, pattern, replacement, init = ...
local found = {}
local function note(name, ok, ...)
  local values = table.pack(...)
  local texts = { name, ok and "ok" or "error" }
  if ok then
    for i = 1, values.n do texts[#texts + 1] = tostring(values[i]) end
  end
  found[#found + 1] = table.concat(texts, "|")
end
local function all_matches()
  local matches = {}
  for a, b, c in string.gmatch(subject, pattern) do
    matches[#matches + 1] = tostring(a) .. "," .. tostring(b) .. "," .. tostring(c)
  end
  return table.concat(matches, ";")
end
note("find", pcall(string.find, subject, pattern))
note("find from", pcall(string.find, subject, pattern, init))
note("plain", pcall(string.find, subject, pattern, init, true))
note("match", pcall(string.match, subject, pattern))
note("match from", pcall(string.match, subject, pattern, init))
note("gmatch", pcall(all_matches))
note("gsub", pcall(string.gsub, subject, pattern, replacement))
note("gsub some", pcall(string.gsub, subject, pattern, "<%0>", 2))
note("gsub by", pcall(string.gsub, subject, pattern, function(a, b)
  return b and a .. b or (a ~= "a" and a)
end))
note("gsub table", pcall(string.gsub, subject, pattern, { a = "1", b = false, ab = "2", [1] = 3 }))
return table.concat(found, "\n")
)lua";

class Stock {
public:
    Stock() : lua_(luaL_newstate()) { luaL_openlibs(lua_); }
    ~Stock() { lua_close(lua_); }
    Stock(const Stock&) = delete;
    Stock& operator=(const Stock&) = delete;

    lua_State* lua() const { return lua_; }

private:
    lua_State* lua_;
};

struct Case {
    std::string subject;
    std::string pattern;
    std::string replacement;
    int init;
};

void push_case(lua_State* L, const Case& one) {
    push(L, one.subject);
    push(L, one.pattern);
    push(L, one.replacement);
    lua_pushinteger(L, one.init);
}

std::string in_stock(Stock& stock, const Case& one) {
    lua_State* const L = stock.lua();
    REQUIRE(luaL_loadbufferx(L, exercise.data(), exercise.size(), "@exercise", "t") == LUA_OK);
    push_case(L, one);
    REQUIRE(lua_pcall(L, 4, 1, 0) == LUA_OK);
    std::string text{string_at(L, -1)};
    lua_pop(L, 1);
    return text;
}

std::string in_sandbox(Sandbox& sandbox, const Case& one) {
    auto thread = sandbox.borrow_thread();
    REQUIRE_FALSE(sandbox.load(thread.lua(), "exercise", exercise));
    push_case(thread.lua(), one);
    Meter meter = Meter::for_question(sandbox.budgets());
    const auto run = sandbox.resume(thread, 4, meter);
    INFO(run.error.describe());
    REQUIRE(run.progress == Sandbox::Progress::finished);
    return std::string{string_at(thread.lua(), -1)};
}

class Generator {
public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }
    bool one_in(std::size_t count) { return below(count) == 0; }
    char of(std::string_view octets) { return octets[below(octets.size())]; }

    std::string octets(std::string_view alphabet, std::size_t count_max) {
        std::string text;
        for (std::size_t count = below(count_max + 1); count > 0; --count) text += of(alphabet);
        return text;
    }

    std::string subject() {
        constexpr std::string_view usual{"aaabbbcc(())[]-+.%*19 A_\n\xe9\0", 27};
        return octets(one_in(3) ? "ab" : usual, one_in(8) ? 40 : 9);
    }

    std::string set() {
        std::string text = one_in(3) ? "[^" : "[";
        if (one_in(6)) text += ']';
        for (std::size_t count = 1 + below(3); count > 0; --count) {
            switch (below(4)) {
                case 0: text += std::string{of("abc1")} + "-" + of("bcz9"); break;
                case 1: text += std::string{"%"} + of("acdglpsuwxADSW]-^%"); break;
                // A caret only where it does not negate.
                default: text += of(text == "[" ? "abc(.+*$19" : "abc(.+*$^19"); break;
            }
        }
        if (one_in(6)) text += '-';
        return text + "]";
    }

    std::string single() {
        switch (below(6)) {
            case 0: return ".";
            case 1: return set();
            case 2: return std::string{"%"} + of("acdglpsuwxACDLPSUWX");
            case 3: return std::string{"%"} + of("(.*+-)[]%$^");
            default: return std::string{of("abc1 $^")};
        }
    }

    // Only what is well formed wherever it stands.
    std::string pattern() {
        std::string text = one_in(4) ? "^" : "";
        std::string open;
        std::size_t captures = 0;
        std::vector<bool> closed;
        std::vector<std::size_t> stack;
        for (std::size_t count = 1 + below(5); count > 0; --count) {
            switch (below(9)) {
                case 0:
                    stack.push_back(captures++);
                    closed.push_back(false);
                    text += '(';
                    // "()" is something else.
                    text += single();
                    break;
                case 1:
                    if (stack.empty()) break;
                    text += ')';
                    closed[stack.back()] = true;
                    stack.pop_back();
                    break;
                case 2:
                    if (!one_in(3)) break;
                    text += "()";
                    ++captures;
                    closed.push_back(true);
                    break;
                case 3:
                    for (std::size_t i = 0; i < closed.size() && i < 9; ++i) {
                        if (closed[i] && one_in(2)) text += "%" + std::to_string(i + 1);
                    }
                    break;
                case 4:
                    if (one_in(3)) text += one_in(2) ? "%b()" : "%bab";
                    break;
                case 5:
                    if (one_in(3)) text += "%f" + set();
                    break;
                default:
                    text += single();
                    if (one_in(2)) text += of("*+-?");
                    break;
            }
        }
        for (; !stack.empty(); stack.pop_back()) text += ')';
        if (one_in(4)) text += '$';
        return text;
    }

    Case well_formed() {
        constexpr const char* replacements[] = {"<%0>", "%1", "", "x%%y", "%1%1"};
        return {subject(), pattern(), replacements[below(5)], static_cast<int>(below(14)) - 6};
    }

    Case soup() {
        return {subject(), octets("ab(%)[]^$*+-?.%1f", 8), octets("%01a", 3),
                static_cast<int>(below(14)) - 6};
    }

private:
    std::mt19937 random_;
};

std::string shown(const Case& one) {
    return "subject <" + one.subject + "> pattern <" + one.pattern + "> replacement <" +
           one.replacement + "> init " + std::to_string(one.init);
}

}  // namespace

TEST_CASE("well-formed patterns match as in stock Lua") {
    Stock stock;
    Sandbox sandbox{{}, nullptr};
    Generator generator{20260101};
    for (int round = 0; round < 8000; ++round) {
        const Case one = generator.well_formed();
        const auto expected = in_stock(stock, one);
        const auto actual = in_sandbox(sandbox, one);
        if (actual != expected) {
            INFO(shown(one));
            CHECK(actual == expected);
        }
    }
}

TEST_CASE("random octets as patterns fail wherever they fail in stock Lua") {
    Stock stock;
    Sandbox sandbox{{}, nullptr};
    Generator generator{7};
    int compared = 0;
    for (int round = 0; round < 8000; ++round) {
        const Case one = generator.soup();
        const auto expected = in_stock(stock, one);
        const auto actual = in_sandbox(sandbox, one);
        INFO(shown(one));
        // A malformed pattern is an error at once here, and in stock Lua when a match gets that far.
        const bool malformed = !Pattern::compile(one.pattern);
        if (malformed) continue;
        ++compared;
        if (actual != expected) CHECK(actual == expected);
    }
    CHECK(compared > 2000);
}

TEST_CASE("malformed patterns are named") {
    const auto mistake = [](std::string_view text) {
        const auto pattern = Pattern::compile(text);
        return pattern ? std::string{"none"} : pattern.error().message;
    };
    CHECK(mistake("a%") == "malformed pattern (ends with '%')");
    CHECK(mistake("[a") == "malformed pattern (missing ']')");
    CHECK(mistake("[]") == "malformed pattern (missing ']')");
    CHECK(mistake("[a%") == "malformed pattern (missing ']')");
    CHECK(mistake("%b(") == "malformed pattern (missing arguments to '%b')");
    CHECK(mistake("%fa") == "missing '[' after '%f' in pattern");
    CHECK(mistake("(a") == "unfinished capture");
    CHECK(mistake("a)") == "invalid pattern capture");
    CHECK(mistake("%1") == "invalid capture index %1 in pattern");
    CHECK(mistake("(%1)") == "invalid capture index %1 in pattern");
    CHECK(mistake(std::string(33, '(') + std::string(33, ')')) == "too many captures");
    CHECK(mistake(std::string(pattern_octets_max + 1, 'a')) ==
          "pattern is longer than 4096 octets");
    CHECK(mistake("[]]") == "none");
    CHECK(mistake("%0") == "invalid capture index %0 in pattern");
}

TEST_CASE("a match takes no more steps than it is given") {
    const auto pattern = Pattern::compile("a*a*a*a*a*b");
    REQUIRE(pattern.has_value());
    const std::string subject(300, 'a');
    Steps steps{100'000};
    PatternMatch match;
    CHECK(pattern->search(subject, 0, steps, match) == Pattern::Outcome::out_of_steps);
    CHECK(steps.left == 0);
}

TEST_CASE("a plain scan of a long subject is linear") {
    const auto pattern = Pattern::compile("[^%s]*%d");
    REQUIRE(pattern.has_value());
    const std::string subject(100'000, ' ');
    Steps steps{400'000};
    PatternMatch match;
    CHECK(pattern->search(subject, 0, steps, match) == Pattern::Outcome::no_match);
}

TEST_CASE("running out of steps never makes a match that is none") {
    const auto pattern = Pattern::compile("^(a-)%s*(b+)%1$");
    REQUIRE(pattern.has_value());
    const std::string subject = "aaa  bbbaaa";
    PatternMatch match;
    bool matched = false;
    for (std::uint64_t budget = 0; budget < 200; ++budget) {
        Steps steps{budget};
        const auto outcome = pattern->search(subject, 0, steps, match);
        if (matched) CHECK(outcome == Pattern::Outcome::matched);
        if (!matched) CHECK(outcome != Pattern::Outcome::no_match);
        matched = matched || outcome == Pattern::Outcome::matched;
    }
    CHECK(matched);
    CHECK(match.captures[0].length == 3);
    CHECK(match.captures[1].start == 5);
}

}  // namespace fakemx::script
