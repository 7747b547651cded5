// Runs a piece of Lua in a sandbox of its own and shows what came of it. Knows no profiles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "script/lua_api.h"
#include "script/sandbox.h"

namespace fakemx::script::test {

struct Outcome {
    Sandbox::Progress progress = Sandbox::Progress::failed;
    std::vector<std::string> values;  ///< results as text
    ScriptError error;
};

class SandboxFixture {
public:
    explicit SandboxFixture(const Budgets& budgets = {})
        : sandbox(budgets, [this](const LogLine& line) { log.push_back(line); }) {}

    Outcome run(std::string_view text, std::string_view file = "profile.lua") {
        auto thread = sandbox.borrow_thread();
        if (auto error = sandbox.load(thread.lua(), file, text)) {
            return {.progress = Sandbox::Progress::failed, .values = {}, .error = *error};
        }
        Meter meter = Meter::for_question(sandbox.budgets());
        return outcome(thread.lua(), sandbox.resume(thread, 0, meter));
    }

    /// What the code returns, joined by blanks; "file:line: message" if it failed.
    std::string result(std::string_view text) {
        const Outcome outcome = run(text);
        if (outcome.progress == Sandbox::Progress::failed) return outcome.error.describe();
        std::string all;
        for (const auto& value : outcome.values) all += (all.empty() ? "" : " ") + value;
        return all;
    }

    static Outcome outcome(lua_State* thread, const Sandbox::Run& run) {
        Outcome outcome{.progress = run.progress, .values = {}, .error = run.error};
        for (int i = -run.values; i < 0; ++i) {
            luaL_tolstring(thread, i, nullptr);
            outcome.values.emplace_back(string_at(thread, -1));
            lua_pop(thread, 1);
        }
        return outcome;
    }

    std::vector<LogLine> log;
    Sandbox sandbox;
};

}  // namespace fakemx::script::test
