// Loading a profile, and asking its hooks: one Lua thread per question, on loan while it lasts.
#include "script/profile_host.h"

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "script/constants.h"
#include "script/definition.h"
#include "script/hook_run.h"
#include "script/host.h"
#include "script/names.h"
#include "script/read_only.h"

namespace fakemx::script {

namespace {

const char host_key = 0;

int sleep(lua_State* L) {
    Asking& asking = Host::of(L).asked(L, "mx.sleep");
    const Duration duration = check_duration(L, 1);
    if (asking.question != nullptr && asking.question->hook == smtp::Hook::close)
        raise_here(L, "the hook close cannot sleep: nobody waits for its answer");
    if (duration == Duration::zero()) return 0;
    if (lua_isyieldable(L) == 0) {
        raise_here(L,
                   "mx.sleep does not work inside a function that table.sort or string.gsub calls");
    }
    lua_settop(L, 0);
    lua_pushinteger(L, duration.count());
    return lua_yield(L, 1);
}

int now(lua_State* L) {
    lua_pushinteger(L, unix_seconds(Host::of(L).asked(L, "mx.now").now));
    return 1;
}

int log(lua_State* L) {
    Host& host = Host::of(L);
    push_text(L, 1);
    Asking& asking = host.asked(L, "mx.log");
    if (asking.notes.size() >= limits::notes_max)
        raise_here(L, fmt::format("one question may leave {} notes", limits::notes_max));
    asking.notes.emplace_back(string_at(L, -1).substr(0, limits::note_octets_max));
    return 0;
}

int define_hook(lua_State* L) {
    Host& host = Host::of(L);
    push_text(L, 2);
    const std::string name{string_at(L, -1)};
    if (!has_member(hook_group, name))
        raise_here(
            L, fmt::format("there is no hook '{}'{}", name, did_you_mean(name, smtp::hook_names)));
    if (!host.loading)
        raise_here(L, "hooks are defined at the top of the file, not by another hook");
    if (lua_type(L, 3) != LUA_TFUNCTION)
        raise_here(L, fmt::format("mx.on.{} is a function, not a {}", name, luaL_typename(L, 3)));
    const auto index =
        static_cast<std::size_t>(std::find(smtp::hook_names.begin(), smtp::hook_names.end(), name) -
                                 smtp::hook_names.begin());
    DefinedHook& hook = name == query_hook_name ? host.query_hook : host.hooks.at(index);
    if (hook.ref != 0)
        raise_here(L, fmt::format("the hook {} is defined already, at {}:{}", name, hook.place.file,
                                  hook.place.line));
    hook.place = place_of_caller(L);
    lua_pushvalue(L, 3);
    hook.ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

int read_hook(lua_State* L) {
    push_text(L, 2);
    const std::string name{string_at(L, -1)};
    if (!has_member(hook_group, name))
        raise_here(
            L, fmt::format("there is no hook '{}'{}", name, did_you_mean(name, smtp::hook_names)));
    raise_here(L, fmt::format("mx.on.{} is for defining the hook, not for calling it", name));
}

// Upvalues: the table of methods, their group.
int find_method(lua_State* L) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    const auto* group = static_cast<const Group*>(lua_touserdata(L, lua_upvalueindex(2)));
    push_text(L, 2);
    raise_here(L, no_such_member(*group, "method", string_at(L, -1)));
}

// Upvalue: the complaint.
int refuse_write(lua_State* L) {
    raise_here(L, string_at(L, lua_upvalueindex(1)));
}

int unknown_member(lua_State* L) {
    push_text(L, 2);
    raise_here(L, no_such_member(mx_group, "member", string_at(L, -1)));
}

int require(lua_State* L) {
    const std::string name{check_string(L, 1)};
    if (name == "fakemx") {
        lua_pushvalue(L, lua_upvalueindex(1));
        return 1;
    }
    Host& host = Host::of(L);
    host.modules.require(L, name, host.loading);
    return 1;
}

void open_hooks_table(lua_State* L) {
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    bind(L, "__newindex", define_hook);
    bind(L, "__index", read_hook);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "on");
}

class HookConsultation;

enum class Wanted : std::uint8_t { profile, scenario };

class LoadedProfile final : public LuaProfile {
public:
    LoadedProfile(std::string_view name, const Settings& settings, FindModule find)
        : host_(name, settings, std::move(find)) {}

    std::optional<ScriptError> load(std::string_view file, std::string_view source, Wanted wanted) {
        if (auto error = run_file(host_, file, source)) return error;
        if (const auto missing = what_is_missing(wanted)) {
            return ScriptError{
                .message = *missing, .file = std::string{file}, .line = 1, .traceback = {}};
        }
        join_manners(host_);
        return make_hooks_constant();
    }

    const engine::Profile& profile() const override { return host_.profile; }
    const scenario::Scenario* scenario() const override {
        return host_.scenario ? &*host_.scenario : nullptr;
    }
    bool is_profile() const override { return host_.declared; }
    const std::vector<journal::SourceFile>& modules() const override {
        return host_.modules.files();
    }
    std::size_t lua_octets() const override { return host_.sandbox.memory().used_octets(); }

    engine::HookSet hooks() const override {
        engine::HookSet set;
        for (std::size_t i = 0; i < host_.hooks.size(); ++i) set.set(i, host_.hooks[i].ref != 0);
        return set;
    }

    std::unique_ptr<engine::Consultation> consult(const engine::Question& question,
                                                  engine::StateStore& state,
                                                  const Rng& rng) override;
    bool decides_names() const override { return host_.query_hook.ref != 0; }
    std::unique_ptr<engine::NameConsultation> consult_on_name(const engine::NameQuestion& question,
                                                              engine::StateStore& state,
                                                              const Rng& rng) override {
        return script::consult_on_name(host_, question, state, rng);
    }

private:
    std::optional<std::string> what_is_missing(Wanted wanted) const {
        const bool elsewhere = host_.scenario && !host_.scenario->profile.empty();
        if (host_.declared && elsewhere)
            return "mx.scenario names the profile of another file, and this one declares its own";
        if (host_.declared) return std::nullopt;
        if (host_.sender) return "this models a sender; fakemx simulate PROFILE --sender takes it";
        if (wanted == Wanted::profile && host_.scenario)
            return "this is a scenario, not a profile; fakemx run takes it";
        if (wanted == Wanted::profile)
            return "the profile does not call mx.profile { summary = … }";
        if (!host_.scenario)
            return "the file calls neither mx.scenario { summary = … } nor mx.profile { summary = "
                   "… }";
        if (!elsewhere)
            return "mx.scenario needs profile = \"NAME\", or the file an mx.profile of its own";
        const bool has_hooks = decides_names() || hooks().any();
        if (has_hooks)
            return "mx.scenario names the profile of another file, and this one defines hooks";
        return std::nullopt;
    }

    /// From here on a hook finds what the file has built as it was when the file had run.
    std::optional<ScriptError> make_hooks_constant() {
        std::vector<DefinedHook> functions{host_.hooks.begin(), host_.hooks.end()};
        functions.push_back(host_.query_hook);
        functions.insert(functions.end(), host_.checks.begin(), host_.checks.end());
        for (const DefinedHook& hook : functions) {
            if (hook.ref == 0) continue;
            lua_rawgeti(host_.sandbox.main(), LUA_REGISTRYINDEX, hook.ref);
            auto error = make_constant(host_.sandbox.main());
            if (!error) continue;
            if (error->file.empty()) {
                error->file = hook.place.file;
                error->line = hook.place.line;
            }
            return error;
        }
        return std::nullopt;
    }

    Host host_;
};

class HookConsultation final : public engine::Consultation {
public:
    HookConsultation(Host& host, const engine::Question& question, engine::StateStore& state,
                     const Rng& rng)
        : question_(question),
          state_(state),
          rng_(rng),
          run_(host, host.hooks.at(static_cast<std::size_t>(question.hook))) {}

    engine::Step resume(Instant now) override {
        engine::Step step;
        Asking asking{
            .question = &question_, .state = state_, .rng = rng_, .now = now, .notes = step.notes};
        step.outcome = run_.outcome<Outcome>(
            asking,
            [&asking](lua_State* L) {
                push_session(L);
                push_argument(L, asking);
                return 2;
            },
            [this](int values) { return answer_of(values); });
        return step;
    }

private:
    using Outcome = decltype(engine::Step::outcome);

    Outcome answer_of(int values) const {
        lua_State* const L = run_.lua();
        if (values == 0 || lua_isnil(L, -values)) return smtp::Verdict{};
        if (const smtp::Verdict* verdict = to_verdict(L, -values);
            verdict != nullptr && values == 1) {
            if (verdict->in_body && question_.hook != smtp::Hook::data)
                return complaint("used :in_body, which is for the hook data");
            if (verdict->handshake && question_.hook != smtp::Hook::starttls)
                return complaint("used :handshake, which is for the hook starttls");
            return *verdict;
        }
        return run_.wrong_return(smtp::name(question_.hook), values,
                                 "one verdict such as mx.reply(…)");
    }

    engine::ScriptError complaint(std::string_view what) const {
        return run_.complaint(smtp::name(question_.hook), what);
    }

    const engine::Question& question_;
    engine::StateStore& state_;
    const Rng& rng_;
    HookRun run_;
};

std::unique_ptr<engine::Consultation> LoadedProfile::consult(const engine::Question& question,
                                                             engine::StateStore& state,
                                                             const Rng& rng) {
    return std::make_unique<HookConsultation>(host_, question, state, rng);
}

}  // namespace

std::optional<ScriptError> run_file(Host& host, std::string_view file, std::string_view source) {
    if (source.size() > limits::profile_octets_max) {
        return ScriptError{.message = fmt::format("a {} may have {} octets", host.kind,
                                                  limits::profile_octets_max),
                           .file = std::string{file},
                           .line = 0,
                           .traceback = {}};
    }
    auto thread = host.sandbox.borrow_thread();
    if (auto error = host.sandbox.load(thread.lua(), file, source)) return error;
    Meter meter = Meter::for_load(host.sandbox.budgets());
    host.loading = true;
    auto run = host.sandbox.resume(thread, 0, meter);
    host.loading = false;
    if (run.progress != Sandbox::Progress::failed) return std::nullopt;
    if (run.error.file.empty()) run.error.file = file;
    return std::move(run.error);
}

Host::Host(std::string_view name, const Settings& user_settings, FindModule find)
    : sandbox(Budgets{}, [this](const LogLine& line) { note(line.text); }),
      settings(user_settings),
      modules(std::move(find)) {
    profile.name = name;
    lua_State* const L = sandbox.main();
    lua_pushlightuserdata(L, this);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &host_key);

    lua_newtable(L);
    open_verdicts(L);
    open_profile(L);
    open_scenario(L);
    open_chance(L);
    open_state(L);
    open_names(L);
    open_manners(L);
    open_values(L);
    bind(L, "sleep", sleep);
    bind(L, "now", now);
    bind(L, "log", log);
    open_hooks_table(L);
    open_views(L);
    guard(L, unknown_member,
          "mx cannot be written; hooks are defined as function mx.on.NAME(s) … end");
    lua_pushcclosure(L, require, 1);
    sandbox.define_global("require");
    lua_settop(L, 0);
    sandbox.hint_for_global = [](std::string_view global) -> std::string {
        if (has_member(mx_group, global)) return fmt::format("; did you mean mx.{}?", global);
        return {};
    };
}

Host& Host::of(lua_State* L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &host_key);
    auto* host = static_cast<Host*>(lua_touserdata(L, -1));
    lua_pop(L, 1);
    return *host;
}

void Host::note(std::string_view text) {
    if (asking != nullptr && asking->notes.size() < limits::notes_max) {
        asking->notes.emplace_back(text.substr(0, limits::note_octets_max));
    }
}

Asking& Host::asked(lua_State* L, std::string_view what) {
    if (asking == nullptr) raise_here(L, fmt::format("{} has an answer only inside a hook", what));
    return *asking;
}

void define_object_type(lua_State* L, const ObjectType& type) {
    luaL_newmetatable(L, type.metatable);
    lua_newtable(L);
    for (const luaL_Reg& method : type.methods) bind(L, method.name, method.func);
    // Groups are constants with static storage; Lua has no pointer to const.
    lua_pushlightuserdata(L, const_cast<Group*>(&type.group));
    lua_pushcclosure(L, find_method, 2);
    lua_setfield(L, -2, "__index");
    push(L, type.write_complaint);
    lua_pushcclosure(L, refuse_write, 1);
    lua_setfield(L, -2, "__newindex");
    if (type.collect != nullptr) bind(L, "__gc", type.collect);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushstring(L, type.name);
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
}

void guard(lua_State* L, lua_CFunction unknown, std::string_view write_complaint) {
    lua_createtable(L, 0, 2);
    bind(L, "__index", unknown);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    make_read_only(L, -1, write_complaint);
}

void bind(lua_State* L, const char* name, lua_CFunction function) {
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, name);
}

Duration check_duration(lua_State* L, int index, std::string_view what) {
    const std::string where = what.empty() ? "" : fmt::format("{}: ", what);
    if (lua_isinteger(L, index) != 0) {
        const lua_Integer number = lua_tointeger(L, index);
        raise_here(L, fmt::format("{}a duration has a unit: write \"{}s\", not {}", where, number,
                                  number));
    }
    if (lua_type(L, index) != LUA_TSTRING)
        raise_here(L, fmt::format("{}a duration such as \"90s\" is expected, not a {}", where,
                                  luaL_typename(L, index)));
    const auto duration = parse_duration(string_at(L, index));
    if (!duration)
        raise_here(L, fmt::format("{}'{}' is no duration; write \"90s\", \"1h30m\" or \"250ms\"",
                                  where, string_at(L, index)));
    return *duration;
}

std::uint32_t check_count(lua_State* L, int index, std::string_view what) {
    const lua_Integer count = lua_isinteger(L, index) != 0 ? lua_tointeger(L, index) : -1;
    if (count < 0 || count > static_cast<lua_Integer>(limits::fault_octets_max)) {
        raise_here(L, fmt::format("{} takes a number of octets, from 0 to {}", what,
                                  limits::fault_octets_max));
    }
    return static_cast<std::uint32_t>(count);
}

std::optional<Duration> optional_duration(lua_State* L, int index) {
    if (lua_isnoneornil(L, index)) return std::nullopt;
    return check_duration(L, index);
}

std::string check_key(lua_State* L, int index) {
    if (lua_isinteger(L, index) != 0) return fmt::format("{}", lua_tointeger(L, index));
    if (lua_type(L, index) == LUA_TSTRING) return std::string{string_at(L, index)};
    raise_here(L,
               fmt::format("a key is a string or an integer, not a {}", luaL_typename(L, index)));
}

namespace {

Result<std::unique_ptr<LuaProfile>, ScriptError> load(std::string_view name, std::string_view file,
                                                      std::string_view source,
                                                      const Settings& settings, FindModule find,
                                                      Wanted wanted) {
    auto profile = std::make_unique<LoadedProfile>(name, settings, std::move(find));
    if (auto error = profile->load(file, source, wanted)) return std::move(*error);
    return std::unique_ptr<LuaProfile>{std::move(profile)};
}

}  // namespace

Result<std::unique_ptr<LuaProfile>, ScriptError> load_profile(std::string_view name,
                                                              std::string_view file,
                                                              std::string_view source,
                                                              const Settings& settings,
                                                              FindModule find) {
    return load(name, file, source, settings, std::move(find), Wanted::profile);
}

Result<std::unique_ptr<LuaProfile>, ScriptError> load_scenario(std::string_view name,
                                                               std::string_view file,
                                                               std::string_view source,
                                                               const Settings& settings,
                                                               FindModule find) {
    return load(name, file, source, settings, std::move(find), Wanted::scenario);
}

}  // namespace fakemx::script
