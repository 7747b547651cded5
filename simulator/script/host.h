// One loaded profile inside its sandbox: what the bindings share. It must not know which question is
// asked; the consultation puts that in `asking` while the profile's code runs.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "engine/policy.h"
#include "engine/profile.h"
#include "scenario/scenario.h"
#include "script/definition.h"
#include "script/libraries.h"
#include "script/lua_api.h"
#include "script/modules.h"
#include "script/profile_host.h"
#include "script/sandbox.h"
#include "script/verdicts.h"
#include "senders/model.h"

namespace fakemx::script {

/// The question whose hook is running.
struct Asking {
    const engine::Question* question;  ///< null: the hook query is asked
    engine::StateStore& state;
    const Rng& rng;
    Instant now;
    std::vector<std::string>& notes;
};

/// It is none of SMTP's, and has no session.
inline constexpr std::string_view query_hook_name = "query";

struct DefinedHook {
    int ref = 0;  ///< of the function; 0: not defined
    Place place;  ///< where
};

struct Host {
    Host(std::string_view name, const Settings& user_settings, FindModule find = {});

    /// The host whose code runs on `L`.
    static Host& of(lua_State* L);

    /// The running question; raises an error that says `what` needs one.
    Asking& asked(lua_State* L, std::string_view what);

    /// Keeps what `print` writes, as far as there is room; nothing while the profile loads.
    void note(std::string_view text);

    Sandbox sandbox;
    engine::Profile profile;
    Settings settings;
    bool declared = false;
    std::optional<senders::Model> sender;  ///< declared in the place of a profile
    std::string_view settings_flag = "--set";
    std::string_view kind = "profile";  ///< what the file is to be, for errors
    bool loading = false;
    std::array<DefinedHook, smtp::hook_names.size()> hooks;
    DefinedHook query_hook;
    /// Of mx.manners, in their order.
    std::array<std::vector<DefinedHook>, smtp::hook_names.size()> manners;
    std::vector<DefinedHook> query_manners;
    bool has_manners = false;
    Modules modules;
    std::optional<scenario::Scenario> scenario;
    std::vector<oracle::Expectation> expectations;  ///< all that were constructed
    std::vector<DefinedHook> checks;                ///< functions that some of them call
    Asking* asking = nullptr;
};

/// Runs the file as far as it declares something. What it must have declared, the caller looks for.
std::optional<ScriptError> run_file(Host& host, std::string_view file, std::string_view source);

/// Makes one hook of those of the manners and the profile's own.
void join_manners(Host& host);

/// mx.sender. Upvalue: the values of the parameters, to be filled in.
int declare_sender(lua_State* L);

// Each opens one part of the interface in the table `mx` on top of the main thread's stack.
void open_verdicts(lua_State* L);
void open_profile(lua_State* L);
void open_chance(lua_State* L);
void open_state(lua_State* L);
void open_manners(lua_State* L);
void open_values(lua_State* L);
void open_scenario(lua_State* L);
void open_views(lua_State* L);  ///< the session and the arguments

/// A type of value with methods that a profile can call, and with nothing that it can read or write.
struct ObjectType {
    const char* metatable;  ///< in the registry
    const char* name;       ///< as tostring shows it
    const Group& group;     ///< what the methods must be, for errors
    std::initializer_list<luaL_Reg> methods;
    std::string_view write_complaint;
    lua_CFunction collect = nullptr;  ///< where a value has a destructor
};
void define_object_type(lua_State* L, const ObjectType& type);

/// Makes the table on top of the stack read-only for profiles; `unknown` is called for a field that it
/// has not. Who fills it in later writes to its push_content.
void guard(lua_State* L, lua_CFunction unknown, std::string_view write_complaint);

/// Adds `function` to the table on top of the stack.
void bind(lua_State* L, const char* name, lua_CFunction function);

/// Pushes a view of the running question's session, or of its argument (nil where it has none).
void push_session(lua_State* L);
void push_argument(lua_State* L, const Asking& asking);

/// The duration at `index`: a string with units. A bare number is an error that says what to write; `what` names the field in it.
Duration check_duration(lua_State* L, int index, std::string_view what = {});
/// A whole number from 0 to limits::fault_octets_max; `what` names it in the error.
std::uint32_t check_count(lua_State* L, int index, std::string_view what);
std::optional<Duration> optional_duration(lua_State* L, int index);

/// "1/20", "0" or "1"; nothing when it is no ratio from 0 to 1.
std::optional<engine::Ratio> parse_ratio(std::string_view text);

/// A key of a store, or of a decision: a string or an integer.
std::string check_key(lua_State* L, int index);

}  // namespace fakemx::script
