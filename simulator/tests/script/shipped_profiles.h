// The shipped profiles and the transcripts that show them, for whoever plays them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.h"
#include "script/profile_host.h"
#include "support/transcript.h"

namespace fakemx::test {

inline std::string read_file(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// "profiles/tests/netease-strict.txt" shows the longest profile name that it begins with. In a folder below that, the
/// profile lies beside its transcripts: "profiles/tests/manners/limit-day.txt" shows "tests/manners/limit".
inline std::string profile_shown_by(const std::string& transcript) {
    constexpr std::string_view profiles = "profiles/", tests = "tests/";
    std::string name = transcript.substr(profiles.size(), transcript.size() - profiles.size() - 4);
    if (name.find('/') == name.rfind('/')) name.erase(0, tests.size());
    while (!std::ifstream{"profiles/" + name + ".lua"}) {
        const std::size_t dash = name.rfind('-');
        if (dash == std::string::npos) return name;
        name.resize(dash);
    }
    return name;
}

/// The transcripts of the shipped profiles, and those of the manners.
inline std::vector<std::string> shipped_transcripts() {
    std::vector<std::string> found = transcripts_in("profiles/tests");
    for (std::string& transcript : transcripts_in("profiles/tests/manners")) {
        found.push_back(std::move(transcript));
    }
    return found;
}

/// `require "fakemx.NAME"` of a shipped profile.
inline Result<journal::SourceFile, script::NoModule> shipped_module(const std::string& name) {
    constexpr std::string_view ours = "fakemx.";
    if (!name.starts_with(ours)) return script::NoModule{"a shipped profile has no " + name};
    std::string within = name.substr(ours.size());
    std::replace(within.begin(), within.end(), '.', '/');
    const std::string path = "profiles/lib/" + within + ".lua";
    std::string text = read_file(path);
    if (text.empty()) return script::NoModule{"there is no " + path};
    return journal::SourceFile{name, path, std::move(text)};
}

/// A shipped profile with what a transcript's `!set NAME=VALUE` and `!seed N` say, which stand before
/// the first client.
struct ShippedProfile {
    std::string name;
    script::Settings settings{};
    std::uint64_t seed = 1;
    std::string source{};  ///< instead of what is shipped under this name

    bool direct(std::string_view directive) {
        const std::size_t blank = std::min(directive.find(' '), directive.size());
        const std::string_view word = directive.substr(0, blank);
        const std::string_view rest = trim(directive.substr(blank));
        const std::size_t equals = rest.find('=');
        if (word == "set" && equals != std::string_view::npos) {
            settings.emplace_back(rest.substr(0, equals), rest.substr(equals + 1));
        } else if (word == "seed" && parse_decimal(rest)) {
            seed = *parse_decimal(rest);
        } else {
            return false;
        }
        return true;
    }

    std::unique_ptr<script::LuaProfile> load() const {
        const std::string path = "profiles/" + name + ".lua";
        auto loaded = script::load_profile(name, path, source.empty() ? read_file(path) : source,
                                           settings, shipped_module);
        if (!loaded) throw std::runtime_error{loaded.error().describe()};
        return std::move(*loaded);
    }
};

}  // namespace fakemx::test
