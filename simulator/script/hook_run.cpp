// Beginning and going on.
#include "script/hook_run.h"

#include <fmt/format.h>

namespace fakemx::script {

HookRun::HookRun(Host& host, const DefinedHook& hook)
    : host_(host),
      hook_(hook),
      thread_(host.sandbox.borrow_thread()),
      meter_(Meter::for_question(host.sandbox.budgets())) {}

HookRun::Progress HookRun::resume(Asking& asking,
                                  const std::function<int(lua_State*)>& push_arguments) {
    host_.asking = &asking;
    lua_State* const L = lua();
    int arguments = 0;
    if (!begun_) {
        begun_ = true;
        lua_rawgeti(L, LUA_REGISTRYINDEX, hook_.ref);
        arguments = push_arguments(L);
    }
    Sandbox::Run run = host_.sandbox.resume(thread_, arguments, meter_);
    host_.asking = nullptr;
    switch (run.progress) {
        case Sandbox::Progress::finished: return Finished{run.values};
        case Sandbox::Progress::suspended: {
            const Duration duration{lua_tointeger(L, -1)};
            lua_pop(L, run.values);
            return engine::Sleep{later(asking.now, duration)};
        }
        case Sandbox::Progress::failed: break;
    }
    if (run.error.file.empty()) {
        // It failed before its first line.
        run.error.file = hook_.place.file;
        run.error.line = hook_.place.line;
    }
    return engine::ScriptError{.message = run.error.describe(),
                               .file = run.error.file,
                               .line = run.error.line,
                               .traceback = run.error.traceback};
}

engine::ScriptError HookRun::wrong_return(std::string_view name, int values,
                                          std::string_view wanted) const {
    const std::string returned = values == 1 ? fmt::format("a {}", luaL_typename(lua(), -1))
                                             : fmt::format("{} values", values);
    return complaint(name, fmt::format("returned {}; it returns {}, or nothing", returned, wanted));
}

engine::ScriptError HookRun::complaint(std::string_view name, std::string_view what) const {
    const Place& place = hook_.place;
    return {.message = fmt::format("{}:{}: the hook {} {}", place.file, place.line, name, what),
            .file = place.file,
            .line = place.line,
            .traceback = {}};
}

}  // namespace fakemx::script
