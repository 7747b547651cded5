// The modelled senders that are shipped, for whoever lets them send.
#pragma once

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "script/sender_host.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

/// Their names, in order.
inline std::vector<std::string> shipped_senders() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{"profiles/senders"})
        names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

inline senders::Model shipped_sender(const std::string& name,
                                     const script::Settings& settings = {}) {
    const std::string path = "profiles/senders/" + name + ".lua";
    auto loaded = script::load_sender(name, path, read_file(path), settings);
    if (!loaded) throw std::runtime_error{loaded.error().describe()};
    return std::move(loaded->model);
}

}  // namespace fakemx::test
