// Reading what tables of a declaration hold. What does not fit is an error at the line of whoever calls mx.profile or the like.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"
#include "core/time.h"
#include "script/definition.h"
#include "script/lua_api.h"

namespace fakemx::script {

/// The number of elements of the list at `index`, which is without holes and at most limits::letters_max long; `what` names
/// it in the error, and `form` says what it should be. Metamethods are left aside, so that nothing is without end.
lua_Integer check_list(lua_State* L, int index, std::string_view what, std::string_view form,
                       bool names_beside = false);

/// The list of strings at `index`; `what` names it in the error.
std::vector<std::string> read_strings(lua_State* L, int index, std::string_view what,
                                      bool names_beside = false);

/// Octets: a whole number, or a text such as "70MiB".
std::uint64_t read_size(lua_State* L, int index, std::string_view what);

/// The fields of one table. Where one is not there, what would be read into stays as it is.
class Fields {
public:
    /// Nothing but the members of the group may stand in the table. `prefix` stands in front of a field's name in errors: "judge.".
    Fields(lua_State* L, int table, const Group& group, std::string prefix = {});
    /// Somebody else has looked at the names.
    Fields(lua_State* L, int table) : lua_(L), table_(table) {}

    bool given(const char* name) const;
    /// Pushes it; a parameter stands for its value. False: nothing pushed, it is not there.
    bool push(const char* name) const;
    /// The same for a table; another value is an error that ends with `form`.
    bool push_table(const char* name, std::string_view form) const;

    void read(const char* name, std::string& value) const;
    void read(const char* name, bool& value) const;
    void read(const char* name, std::vector<std::string>& value) const;
    void read(const char* name, Duration& value, bool zero_allowed = true) const;

    template <std::integral Number>
    void read(const char* name, Number& value, std::uint64_t least, std::uint64_t most) const {
        if (push(name)) value = static_cast<Number>(pop_count(name, least, most));
    }

    /// One of `names`, as its number.
    template <class Choice, std::size_t Count>
    void read(const char* name, const std::array<std::string_view, Count>& names,
              Choice& value) const {
        if (!push(name)) return;
        const std::string_view text = lua_type(lua_, -1) == LUA_TSTRING ? string_at(lua_, -1) : "";
        const auto found = std::find(names.begin(), names.end(), text);
        if (found == names.end())
            refuse(name, fmt::format("is one of {}{}", fmt::join(names, ", "),
                                     did_you_mean(text, names)));
        value = static_cast<Choice>(found - names.begin());
        lua_pop(lua_, 1);
    }

    template <class Value, class... Bounds>
    void read(const char* name, std::optional<Value>& value, Bounds... bounds) const {
        if (!given(name)) return;
        Value read_value{};
        read(name, read_value, bounds...);
        value = std::move(read_value);
    }

    [[noreturn]] void refuse(std::string_view name, std::string_view complaint) const;

private:
    /// What was pushed.
    std::uint64_t pop_count(const char* name, std::uint64_t least, std::uint64_t most) const;

    lua_State* lua_;
    int table_;
    std::string prefix_;
};

}  // namespace fakemx::script
