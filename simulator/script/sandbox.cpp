// Making the state, lending threads, and running code under its budgets.
#include "script/sandbox.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "core/assert.h"
#include "core/text.h"
#include "script/libraries.h"
#include "script/lua_api.h"
#include "script/read_only.h"
#include "script/unavailable.h"

namespace fakemx::script {

namespace {

// The count hook costs a call; every thousandth instruction makes that vanish beside the counting.
constexpr int instructions_per_hook = 1000;
// Copying octets is cheap beside an instruction.
constexpr std::uint64_t string_octets_per_unit = 64;
// Kept for the next question. More than this many come free only after a burst of sleeping hooks.
constexpr std::size_t idle_threads_max = 256;
// A profile's patterns are literals in its source; one that builds patterns must not fill the memory.
constexpr std::size_t cached_patterns_max = 256;
constexpr std::size_t log_text_octets_max = 4096;
constexpr std::size_t message_octets_max = 2048;
constexpr std::size_t traceback_octets_max = 8192;

int unknown_global(lua_State* L) {
    if (lua_type(L, 2) != LUA_TSTRING) {
        raise_here(L, std::string{"a global's name is a string, not a "} + luaL_typename(L, 2));
    }
    const std::string name{string_at(L, 2)};
    if (const auto reason = why_unavailable(name); !reason.empty()) {
        raise_here(L, name + " is not available in a profile: " + std::string{reason});
    }
    std::string hint;
    if (const auto& hint_for = Sandbox::of(L).hint_for_global) hint = hint_for(name);
    if (hint.empty()) {
        std::vector<std::string_view> names;
        lua_pushnil(L);
        while (lua_next(L, 1) != 0) {
            lua_pop(L, 1);
            names.push_back(string_at(L, -1));
        }
        std::sort(names.begin(), names.end());
        hint = did_you_mean(name, names);
    }
    raise_here(L, "unknown global '" + name + "'" + hint);
}

int refuse_global(lua_State* L) {
    const std::string name =
        lua_type(L, 2) == LUA_TSTRING ? std::string{string_at(L, 2)} : std::string{"?"};
    raise_here(L, "'" + name +
                      "' would be a global, and a profile has none of its own: write 'local " +
                      name + "'");
}

std::string mebibytes(std::size_t octets) {
    constexpr std::size_t mebibyte = std::size_t{1} << 20;
    return octets % mebibyte == 0 ? std::to_string(octets / mebibyte) + " MiB"
                                  : std::to_string(octets) + " octets";
}

// As Lua shortens a source's name in its messages.
std::string short_name(std::string_view file) {
    constexpr std::size_t room = LUA_IDSIZE - 1;
    if (file.size() <= room) return std::string{file};
    constexpr std::string_view dots = "...";
    return std::string{dots} + std::string{file.substr(file.size() - (room - dots.size()))};
}

int end_of_memory(lua_State* L) {
    // Only a call outside resume and outside any protected call gets here, and such calls are not
    // subject to the budget: the machine itself is out of memory.
    static_cast<void>(L);
    throw std::bad_alloc{};
}

}  // namespace

Sandbox::Sandbox(const Budgets& budgets, LogSink log)
    : budgets_(budgets),
      log_(std::move(log)),
      memory_({.total_octets_max = budgets.memory_octets_max,
               .growth_octets_max = budgets.question_memory_octets_max,
               .string_octets_max = budgets.string_octets_max}),
      main_(lua_newstate(Memory::allocate, &memory_)) {
    if (main_ == nullptr) throw std::bad_alloc{};
    lua_atpanic(main_, end_of_memory);
    *static_cast<Sandbox**>(lua_getextraspace(main_)) = this;
    memory_.on_refusal = [this] { note_refusal(); };
    memory_.on_long_string = [this](std::size_t octets) {
        return take_units(octets / string_octets_per_unit);
    };
    open_libraries();
}

Sandbox::~Sandbox() {
    lua_close(main_);
}

Sandbox& Sandbox::of(lua_State* L) {
    // A new thread inherits the main thread's extra space.
    return **static_cast<Sandbox**>(lua_getextraspace(L));
}

void Sandbox::open_libraries() {
    struct Library {
        const char* name;
        lua_CFunction open_stock;
        void (*push_ours)(lua_State*);
    };
    constexpr std::array libraries = {
        Library{"_G", luaopen_base, push_base_library},
        Library{"string", luaopen_string, push_string_library},
        Library{"table", luaopen_table, push_table_library},
        Library{"math", luaopen_math, push_math_library},
        Library{"utf8", luaopen_utf8, push_utf8_library},
    };
    lua_State* const L = main_;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);  // where tracebacks look for names
    lua_newtable(L);                                           // the visible table of globals
    for (const auto& library : libraries) {
        lua_pushcfunction(L, library.open_stock);
        lua_call(L, 0, 1);
        library.push_ours(L);
        lua_remove(L, -2);
        lua_pushvalue(L, -1);
        lua_setfield(L, 1, library.name);
        if (library.open_stock == luaopen_base) {
            lua_replace(L, 2);
            continue;
        }
        if (library.open_stock == luaopen_string) protect_string_metatable();
        make_strict(L, -1, library.name);
        make_read_only(L, -1, std::string{library.name} + " is read-only");
        lua_setfield(L, 2, library.name);
    }
    // Nobody gets at these metatables: with them a profile could write globals.
    lua_createtable(L, 0, 2);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushcfunction(L, unknown_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, 2);

    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_global);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pushvalue(L, 2);
    globals_ref_ = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_settop(L, 0);

    // The first long buffer makes a metatable for all of them. Were it made while a profile runs and
    // an allocation failed half-way, no long buffer would ever work again in this state.
    luaL_Buffer buffer;
    constexpr std::size_t long_octets = 65'536;  // more than LUAL_BUFFERSIZE anywhere
    luaL_buffinitsize(L, &buffer, long_octets);
    luaL_pushresultsize(&buffer, 0);
    lua_pop(L, 1);
}

// Our string library is on top of the stack. Methods of strings are its functions, misspelt ones
// are errors, and `getmetatable("")` leads nowhere.
void Sandbox::protect_string_metatable() {
    lua_State* const L = main_;
    lua_pushliteral(L, "");
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

void Sandbox::define_global(const char* name) {
    lua_rawgeti(main_, LUA_REGISTRYINDEX, globals_ref_);
    lua_insert(main_, -2);
    lua_setfield(main_, -2, name);
    lua_pop(main_, 1);
}

Sandbox::Thread& Sandbox::Thread::operator=(Thread&& other) noexcept {
    std::swap(sandbox_, other.sandbox_);
    std::swap(lua_, other.lua_);
    std::swap(ref_, other.ref_);
    std::swap(spoilt_, other.spoilt_);
    return *this;
}

Sandbox::Thread::~Thread() {
    if (sandbox_ != nullptr) sandbox_->release(*this);
}

Sandbox::Thread Sandbox::borrow_thread() {
    if (!idle_threads_.empty()) {
        const auto [thread, ref] = idle_threads_.back();
        idle_threads_.pop_back();
        return {this, thread, ref};
    }
    lua_State* const thread = lua_newthread(main_);
    return {this, thread, luaL_ref(main_, LUA_REGISTRYINDEX)};
}

void Sandbox::release(const Thread& thread) {
    FAKEMX_ASSERT(running_ != thread.lua_);
    // After an error raised by the count hook a thread never calls its hook again.
    if (thread.spoilt_ || idle_threads_.size() == idle_threads_max) {
        luaL_unref(main_, LUA_REGISTRYINDEX, thread.ref_);
        return;
    }
    if (lua_status(thread.lua_) != LUA_OK) lua_resetthread(thread.lua_);
    lua_settop(thread.lua_, 0);
    idle_threads_.emplace_back(thread.lua_, thread.ref_);
}

std::optional<ScriptError> Sandbox::load(lua_State* L, std::string_view file,
                                         std::string_view text) {
    remember_file(file);
    const std::string name = "@" + std::string{file};
    const int status = luaL_loadbufferx(L, text.data(), text.size(), name.c_str(), "t");
    if (status == LUA_OK) return std::nullopt;
    ScriptError error = split_place(string_at(L, -1));
    lua_pop(L, 1);
    if (error.file.empty()) error.file = file;
    return error;
}

void Sandbox::raise(lua_State* L, const ScriptError& error) {
    push(L, fmt::format("{}:{}: {}", short_name(error.file), error.line, error.message));
    lua_error(L);
    __builtin_unreachable();
}

Sandbox::Run Sandbox::resume(Thread& thread, int arguments, Meter& meter) {
    FAKEMX_ASSERT(!running() && !thread.spoilt_);
    lua_State* const L = thread.lua_;
    if (lua_status(L) == LUA_OK) {
        lua_sethook(L, count_hook, LUA_MASKCOUNT, instructions_per_hook);
    }
    meter_ = &meter;
    running_ = L;
    stopped_ = false;
    refusal_place_ = {};
    memory_.begin_enforcing();
    int values = 0;
    const int status = lua_resume(L, main_, arguments, &values);
    memory_.end_enforcing();
    running_ = nullptr;
    meter_ = nullptr;
    if (status == LUA_OK) return {.progress = Progress::finished, .values = values, .error = {}};
    if (status == LUA_YIELD)
        return {.progress = Progress::suspended, .values = values, .error = {}};
    thread.spoilt_ = true;
    Run run{.progress = Progress::failed, .values = 0, .error = error_of(L, status)};
    lua_resetthread(L);
    lua_settop(L, 0);
    return run;
}

bool Sandbox::take_units(std::uint64_t units) {
    if (meter_ == nullptr) return false;
    if (units > meter_->left) {
        meter_->left = 0;
        return false;
    }
    meter_->left -= units;
    return true;
}

void Sandbox::charge(lua_State* L, std::uint64_t units) {
    if (!take_units(units)) stop(L);
}

void Sandbox::count_hook(lua_State* L, lua_Debug* record) {
    static_cast<void>(record);
    Sandbox& sandbox = of(L);
    if (sandbox.stopped_ || !sandbox.take_units(instructions_per_hook)) sandbox.stop(L);
}

void Sandbox::stop(lua_State* L) {
    stopped_ = true;
    // Whoever catches the error gets it again at the next instruction.
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
    const bool loading = meter_ != nullptr && meter_->purpose == Meter::Purpose::load;
    const std::uint64_t budget = meter_ == nullptr ? 0 : meter_->budget;
    raise_here(L, (loading ? "loading the profile" : "this question") +
                      std::string{" used up its "} + std::to_string(budget) +
                      " instructions; is there a loop without an end?");
}

bool Sandbox::must_not_be_caught(int status) const {
    return stopped_ || status == LUA_ERRMEM || memory_.refusal() != Memory::Refusal::none;
}

// Inside an allocation: reading where the thread stands allocates nothing from the state.
void Sandbox::note_refusal() {
    if (running_ != nullptr) refusal_place_ = place_of_caller(running_);
}

std::string Sandbox::memory_message() const {
    switch (memory_.refusal()) {
        case Memory::Refusal::question:
            return "this question needed more than " +
                   mebibytes(budgets_.question_memory_octets_max) + " of memory";
        case Memory::Refusal::string:
            return "a string grew longer than " + mebibytes(budgets_.string_octets_max);
        case Memory::Refusal::work:
            return "this question used up its " +
                   std::to_string(budgets_.question_instructions_max) +
                   " instructions, most of them for copying long strings";
        case Memory::Refusal::profile:
        case Memory::Refusal::none: break;
    }
    return "the profile needed more than " + mebibytes(budgets_.memory_octets_max) +
           " of memory, questions that are asleep included";
}

ScriptError Sandbox::error_of(lua_State* thread, int status) {
    ScriptError error;
    if (status == LUA_ERRMEM || memory_.refusal() != Memory::Refusal::none) {
        error = {.message = memory_message(),
                 .file = refusal_place_.file,
                 .line = refusal_place_.line,
                 .traceback = {}};
    } else if (lua_type(thread, -1) == LUA_TSTRING) {
        error = split_place(string_at(thread, -1));
    } else {
        const char* kind = luaL_typename(thread, -1);
        if (luaL_getmetafield(thread, -1, "__name") == LUA_TSTRING) kind = lua_tostring(thread, -1);
        error.message = std::string{"an error was raised with a "} + kind + " for a message";
    }
    if (error.file.empty()) {
        Place place = place_of_caller(thread);
        error.file = std::move(place.file);
        error.line = place.line;
    }
    luaL_traceback(main_, thread, nullptr, 0);
    error.traceback = string_at(main_, -1).substr(0, traceback_octets_max);
    lua_pop(main_, 1);
    // `error` takes any string, and somebody has to read it.
    if (error.message.size() > message_octets_max) {
        error.message.resize(message_octets_max);
        error.message += "...";
    }
    return error;
}

// `short name:line: message`, which is how Lua begins its messages, and what Lua programmers write.
ScriptError Sandbox::split_place(std::string_view text) const {
    constexpr auto none = std::string_view::npos;
    for (auto colon = text.find(':'); colon < LUA_IDSIZE; colon = text.find(':', colon + 1)) {
        const auto file = files_.find(std::string{text.substr(0, colon)});
        if (file == files_.end()) continue;
        const auto end = text.find(':', colon + 1);
        if (end == none) break;
        const auto line = parse_decimal(text.substr(colon + 1, end - colon - 1));
        if (!line) continue;
        return {.message = std::string{trim(text.substr(end + 1))},
                .file = file->second,
                .line = static_cast<int>(*line),
                .traceback = {}};
    }
    return {.message = std::string{text}, .file = {}, .line = 0, .traceback = {}};
}

void Sandbox::remember_file(std::string_view file) {
    files_.insert_or_assign(short_name(file), std::string{file});
}

void Sandbox::log(lua_State* L, std::string_view text) {
    charge(L, 100 + text.size() / string_octets_per_unit);
    if (log_) {
        log_({.place = place_of_caller(L),
              .text = std::string{text.substr(0, log_text_octets_max)}});
    }
}

Result<std::shared_ptr<const Pattern>, PatternError> Sandbox::pattern(std::string_view text,
                                                                      Pattern::Caret caret) {
    auto& known = patterns_[caret == Pattern::Caret::anchors ? 0 : 1];
    if (const auto found = known.find(text); found != known.end()) return found->second;
    auto compiled = Pattern::compile(text, caret);
    if (!compiled) return compiled.error();
    auto shared = std::make_shared<const Pattern>(std::move(*compiled));
    if (known.size() == cached_patterns_max) known.clear();
    known.emplace(text, shared);
    return shared;
}

namespace {

// The innermost function on the stack that was written in Lua.
bool find_caller(lua_State* L, lua_Debug& record) {
    for (int level = 0; lua_getstack(L, level, &record) != 0; ++level) {
        lua_getinfo(L, "Sl", &record);
        if (record.currentline > 0) return true;
    }
    return false;
}

}  // namespace

Place place_of_caller(lua_State* L) {
    lua_Debug record;
    if (!find_caller(L, record)) return {};
    const char* const file = record.source;
    return {.file = *file == '@' ? file + 1 : record.short_src, .line = record.currentline};
}

void raise_here(lua_State* L, std::string_view message) {
    luaL_checkstack(L, 3, nullptr);
    lua_Debug record;
    if (find_caller(L, record)) {
        lua_pushfstring(L, "%s:%d: ", record.short_src, record.currentline);
    } else {
        lua_pushliteral(L, "");
    }
    push(L, message);
    lua_concat(L, 2);
    lua_error(L);
    __builtin_unreachable();
}

}  // namespace fakemx::script
