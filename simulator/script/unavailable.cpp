// One row per name that was left out.
#include "script/unavailable.h"

#include <algorithm>
#include <array>

namespace fakemx::script {

namespace {

struct Row {
    std::string_view name;
    std::string_view reason;
};

constexpr std::string_view no_raw =
    "tables made while the profile loads are constants, and raw access would get around that";
constexpr std::string_view no_load = "a profile is one file, and what it runs stands in it";
constexpr std::string_view no_float = "its results differ between machines, and a profile must not";
constexpr std::string_view no_pack =
    "its formats differ between machines; write octets with \\x escapes";

constexpr std::array rows = {
    Row{"_G", "a profile has no globals of its own; use 'local'"},
    Row{"collectgarbage", "what the collector does must not be seen"},
    Row{"coroutine", "a hook waits with mx.sleep, and other sessions go on meanwhile"},
    Row{"debug", "errors carry their place and a traceback by themselves"},
    Row{"dofile", no_load},
    Row{"io", "a profile reads and writes no files; mx.log writes to the log"},
    Row{"load", no_load},
    Row{"loadfile", no_load},
    Row{"loadstring", no_load},
    Row{"math.acos", no_float},
    Row{"math.asin", no_float},
    Row{"math.atan", no_float},
    Row{"math.cos", no_float},
    Row{"math.deg", no_float},
    Row{"math.exp", no_float},
    Row{"math.log", no_float},
    Row{"math.rad", no_float},
    Row{"math.random", "use mx.chance, mx.pick or mx.between, which repeat with the seed"},
    Row{"math.randomseed", "the seed is given to fakemx (--seed)"},
    Row{"math.sin", no_float},
    Row{"math.tan", no_float},
    Row{"module", "end the library with 'return' and what it offers"},
    Row{"os", "time is mx.now, waiting is mx.sleep, and a profile starts no programs"},
    Row{"package", "require finds fakemx and the libraries beside the profile, and nothing else"},
    Row{"rawequal", no_raw},
    Row{"rawget", no_raw},
    Row{"rawlen", no_raw},
    Row{"rawset", no_raw},
    Row{"setfenv", "a profile has no globals of its own; use 'local'"},
    Row{"string.dump", "only text is loaded"},
    Row{"string.pack", no_pack},
    Row{"string.packsize", no_pack},
    Row{"string.unpack", no_pack},
    Row{"unpack", "it is table.unpack"},
    Row{"warn", "mx.log writes to the log"},
    Row{"xpcall", "use pcall; errors carry their place and a traceback by themselves"},
};

static_assert(std::is_sorted(rows.begin(), rows.end(),
                             [](const Row& a, const Row& b) { return a.name < b.name; }));

}  // namespace

std::string_view why_unavailable(std::string_view name) {
    const auto row = std::lower_bound(rows.begin(), rows.end(), name,
                                      [](const Row& a, std::string_view b) { return a.name < b; });
    return row != rows.end() && row->name == name ? row->reason : std::string_view{};
}

}  // namespace fakemx::script
