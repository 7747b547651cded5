// A hook's function on its way through the sandbox: one Lua thread and one budget per question, on loan while it lasts.
// It must not know what is asked nor what may be answered.
#pragma once

#include <functional>
#include <variant>

#include "core/overloaded.h"
#include "engine/policy.h"
#include "script/host.h"

namespace fakemx::script {

class HookRun {
public:
    /// `hook` is that of the host, and outlives this.
    HookRun(Host& host, const DefinedHook& hook);

    /// It has returned so many values, on top of the stack of lua().
    struct Finished {
        int values = 0;
    };
    using Progress = std::variant<Finished, engine::Sleep, engine::ScriptError>;

    /// Begins with what `push_arguments` pushes and counts, or goes on.
    Progress resume(Asking& asking, const std::function<int(lua_State*)>& push_arguments);

    lua_State* lua() const { return thread_.lua(); }

    /// The same as the outcome of a step: what `answer` makes of the number of values, where it has returned.
    template <class Outcome, class Answer>
    Outcome outcome(Asking& asking, const std::function<int(lua_State*)>& push_arguments,
                    const Answer& answer) {
        return std::visit(
            Overloaded{[&](Finished finished) -> Outcome { return answer(finished.values); },
                       [](engine::Sleep sleep) -> Outcome { return sleep; },
                       [](engine::ScriptError error) -> Outcome { return error; }},
            resume(asking, push_arguments));
    }

    /// It has returned so many values, and not the one that it may: `wanted`, such as "one verdict such as mx.reply(…)".
    engine::ScriptError wrong_return(std::string_view name, int values,
                                     std::string_view wanted) const;

    /// "file:line: the hook NAME" and this.
    engine::ScriptError complaint(std::string_view name, std::string_view what) const;

private:
    Host& host_;
    const DefinedHook& hook_;
    Sandbox::Thread thread_;
    Meter meter_;
    bool begun_ = false;
};

}  // namespace fakemx::script
