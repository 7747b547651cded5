// Reading what lua_dump writes. The format is that of Lua 5.4 (ldump.c, lopcodes.h); the state wrote it
// a moment ago, so lengths are believed within the bounds of the dump.
#include "script/outer_assignment.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "script/lua_api.h"

namespace fakemx::script {

namespace {

constexpr std::string_view signature{"\x1bLua\x54\x00\x19\x93\r\n\x1a\n", 12};
// Behind it: sizes of an instruction, an integer and a float; then one integer and one float.
constexpr std::array<unsigned char, 3> sizes{4, 8, 8};
constexpr std::size_t samples_octets = 16;

constexpr std::uint32_t opcode_set_upvalue = 10;
constexpr int line_is_absolute = -0x80;

// Constants that have octets behind their tag.
enum Tag : std::uint8_t { integer = 0x03, number = 0x13, short_string = 0x04, long_string = 0x14 };

int append(lua_State*, const void* octets, std::size_t count, void* dump) {
    static_cast<std::string*>(dump)->append(static_cast<const char*>(octets), count);
    return 0;
}

class Reader {
public:
    explicit Reader(std::string_view dump) : rest_(dump) {}

    bool read_header() {
        if (take(signature.size()) != signature) return false;
        for (const unsigned char size : sizes) {
            if (octet() != size) return false;
        }
        take(samples_octets);
        octet();  // number of upvalues, which follows again
        return !broken_;
    }

    // `outer` says of each upvalue of the enclosing function whether it comes from further out; null
    // for the outermost function, whose upvalues all do.
    void read_function(const std::vector<bool>* outer) {
        string();  // source
        const int line_defined = static_cast<int>(count());
        count();  // last line
        take(3);  // parameters, varargs, stack
        const auto code = take(4 * count());
        skip_constants();
        const auto mine = read_upvalues(outer);
        for (auto inner = count(); inner > 0 && !broken_; --inner) read_function(&mine);
        read_debug(line_defined, code, mine);
    }

    std::optional<OuterAssignment> found;

private:
    std::string_view take(std::size_t octets) {
        if (octets > rest_.size()) {
            broken_ = true;
            octets = 0;
        }
        const auto taken = rest_.substr(0, octets);
        rest_.remove_prefix(octets);
        return taken;
    }

    std::uint8_t octet() {
        const auto taken = take(1);
        return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
    }

    // Seven bits at a time, the highest first; the last octet has its top bit set.
    std::size_t count() {
        std::size_t value = 0;
        while (!broken_) {
            const std::uint8_t part = octet();
            value = (value << 7) | (part & 0x7f);
            if ((part & 0x80) != 0) break;
        }
        return value;
    }

    std::string_view string() {
        const std::size_t size = count();
        return size == 0 ? std::string_view{} : take(size - 1);
    }

    void skip_constants() {
        for (auto constants = count(); constants > 0 && !broken_; --constants) {
            switch (octet()) {
                case Tag::integer:
                case Tag::number: take(8); break;
                case Tag::short_string:
                case Tag::long_string: string(); break;
                default: break;
            }
        }
    }

    std::vector<bool> read_upvalues(const std::vector<bool>* outer) {
        std::vector<bool> mine;
        for (auto upvalues = count(); upvalues > 0 && !broken_; --upvalues) {
            const bool local_of_enclosing = octet() != 0;
            const std::uint8_t index = octet();
            octet();  // kind
            mine.push_back(outer == nullptr ||
                           (!local_of_enclosing && index < outer->size() && (*outer)[index]));
        }
        return mine;
    }

    void read_debug(int line, std::string_view code, const std::vector<bool>& outer) {
        const auto lines = take(count());
        std::vector<std::pair<std::size_t, int>> absolute;
        for (auto entries = count(); entries > 0 && !broken_; --entries) {
            const std::size_t at = count();
            absolute.emplace_back(at, static_cast<int>(count()));
        }
        for (auto locals = count(); locals > 0 && !broken_; --locals) {
            string();
            count();
            count();
        }
        std::vector<std::string_view> names;
        for (auto upvalues = count(); upvalues > 0 && !broken_; --upvalues) {
            names.push_back(string());
        }
        auto next_absolute = absolute.begin();
        for (std::size_t at = 0; at < lines.size() && at < code.size() / 4; ++at) {
            int step = static_cast<unsigned char>(lines[at]);
            if (step >= 0x80) step -= 0x100;
            if (step != line_is_absolute) {
                line += step;
            } else if (next_absolute != absolute.end()) {
                line = (next_absolute++)->second;
            }
            check(code.substr(4 * at, 4), line, outer, names);
        }
    }

    void check(std::string_view octets, int line, const std::vector<bool>& outer,
               const std::vector<std::string_view>& names) {
        std::uint32_t instruction = 0;
        std::memcpy(&instruction, octets.data(), octets.size());
        if ((instruction & 0x7f) != opcode_set_upvalue) return;
        const std::size_t upvalue = (instruction >> 16) & 0xff;
        if (upvalue >= outer.size() || !outer[upvalue]) return;
        if (found && found->line <= line) return;
        found = {.variable = std::string{upvalue < names.size() ? names[upvalue] : "?"},
                 .line = line};
    }

    std::string_view rest_;
    bool broken_ = false;
};

}  // namespace

std::optional<OuterAssignment> find_outer_assignment(lua_State* L) {
    std::string dump;
    if (lua_dump(L, append, &dump, 0) != 0) return std::nullopt;
    Reader reader{dump};
    if (!reader.read_header()) return std::nullopt;
    reader.read_function(nullptr);
    return reader.found;
}

}  // namespace fakemx::script
