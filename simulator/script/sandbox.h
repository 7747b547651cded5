// A Lua state in which a profile can do no harm: cut-down libraries, no globals of its own, ordered
// iteration, no addresses, and budgets for memory and work that `pcall` cannot swallow. It knows how
// code is loaded, run and stopped; it must not know what a profile, a hook or a verdict is.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "script/budget.h"
#include "script/memory.h"
#include "script/pattern.h"
#include "script/script_error.h"

struct lua_State;
struct lua_Debug;

namespace fakemx::script {

struct Place {
    std::string file;
    int line = 0;
};

struct LogLine {
    Place place;
    std::string text;
};

class Sandbox {
public:
    using LogSink = std::function<void(const LogLine&)>;

    Sandbox(const Budgets& budgets, LogSink log);
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    /// The sandbox that a state or one of its threads belongs to.
    static Sandbox& of(lua_State* L);

    const Budgets& budgets() const { return budgets_; }
    const Memory& memory() const { return memory_; }
    Memory& memory() { return memory_; }

    /// The main thread: a place for values, never for a profile's code. Calls on it from outside a
    /// run are not subject to the budgets.
    lua_State* main() const { return main_; }

    /// A Lua thread on loan. It comes empty and goes back when this object is gone, whatever state
    /// it is in then. The sandbox must outlive it.
    class Thread {
    public:
        Thread(Thread&& other) noexcept
            : sandbox_(std::exchange(other.sandbox_, nullptr)),
              lua_(other.lua_),
              ref_(other.ref_),
              spoilt_(other.spoilt_) {}
        Thread& operator=(Thread&& other) noexcept;
        ~Thread();

        lua_State* lua() const { return lua_; }

    private:
        friend class Sandbox;
        Thread(Sandbox* sandbox, lua_State* lua, int ref)
            : sandbox_(sandbox), lua_(lua), ref_(ref) {}

        Sandbox* sandbox_;
        lua_State* lua_;
        int ref_;
        bool spoilt_ = false;
    };

    Thread borrow_thread();

    /// Compiles `text` and pushes the function on `L`. `file` is what errors call it. Text only: a
    /// precompiled chunk could do anything.
    std::optional<ScriptError> load(lua_State* L, std::string_view file, std::string_view text);

    enum class Progress { finished, suspended, failed };
    struct Run {
        Progress progress;
        int values = 0;  ///< how many results, or yielded values, are on top of the thread's stack
        ScriptError error;  ///< when it failed; nothing more can run on the thread then
    };

    /// Runs the function and its `arguments` on the thread's stack, or continues after a yield with
    /// `arguments` as the results of the yield. Counts against `meter`, which belongs to one question
    /// from start to end.
    Run resume(Thread& thread, int arguments, Meter& meter);

    /// For C functions: raises what `load` gave, at its own place.
    [[noreturn]] static void raise(lua_State* L, const ScriptError& error);

    /// True while a profile's code runs.
    bool running() const { return running_ != nullptr; }

    /// For C functions: accounts for work that is not Lua instructions, in units of about one. Raises
    /// an error when the budget is used up.
    void charge(lua_State* L, std::uint64_t units);

    /// For C functions that catch errors: this one must be raised again.
    bool must_not_be_caught(int status) const;

    /// For C functions: writes a line to the log, with the place of the code that runs.
    void log(lua_State* L, std::string_view text);

    /// Pops a value from the main thread and makes it a global.
    void define_global(const char* name);

    /// What to say about an unknown global that has a meaning elsewhere ("did you mean mx.reply?").
    std::function<std::string(std::string_view name)> hint_for_global;

    /// Compiled patterns of this profile; its sources hold a limited number of them.
    Result<std::shared_ptr<const Pattern>, PatternError> pattern(std::string_view text,
                                                                 Pattern::Caret caret);

private:
    // Lets a string be looked up by a view of it.
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    using PatternCache =
        std::unordered_map<std::string, std::shared_ptr<const Pattern>, TextHash, std::equal_to<>>;

    static void count_hook(lua_State* L, lua_Debug* record);
    void open_libraries();
    void protect_string_metatable();
    [[noreturn]] void stop(lua_State* L);
    bool take_units(std::uint64_t units);
    void note_refusal();
    ScriptError error_of(lua_State* thread, int status);
    ScriptError split_place(std::string_view text) const;
    std::string memory_message() const;
    void release(const Thread& thread);
    void remember_file(std::string_view file);

    Budgets budgets_;
    LogSink log_;
    Memory memory_;
    lua_State* main_;
    int globals_ref_ = 0;
    Meter* meter_ = nullptr;
    lua_State* running_ = nullptr;
    bool stopped_ = false;
    Place refusal_place_;
    std::unordered_map<std::string, std::string> files_;  ///< by the name in Lua's own messages
    std::vector<std::pair<lua_State*, int>> idle_threads_;
    std::array<PatternCache, 2> patterns_;  ///< by what a leading caret means
};

/// The place in a profile's source that the running C function was called from, directly or not.
Place place_of_caller(lua_State* L);

/// Raises an error at that place.
[[noreturn]] void raise_here(lua_State* L, std::string_view message);

}  // namespace fakemx::script
