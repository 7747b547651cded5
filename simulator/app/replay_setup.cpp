// There and back through JSON.
#include "app/replay_setup.h"

#include <boost/json.hpp>

#include "engine/name_zones.h"

namespace fakemx::app {

namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& all) {
    json::array array;
    for (const std::string& text : all) array.emplace_back(text);
    return array;
}

std::vector<std::string> read_texts(const json::value& value) {
    std::vector<std::string> all;
    for (const json::value& text : value.as_array()) all.emplace_back(text.as_string());
    return all;
}

ReplaySetup read(const json::object& object) {
    ReplaySetup setup;
    setup.sink = object.contains("flags");
    for (const json::value& pair : object.at(setup.sink ? "flags" : "settings").as_array()) {
        std::string name{pair.at(0).as_string()};
        std::string value{pair.at(1).as_string()};
        if (setup.sink) {
            setup.flags.push_back({name.empty() ? '\0' : name.front(), std::move(value)});
        } else {
            setup.settings.emplace_back(std::move(name), std::move(value));
        }
    }
    setup.sessions_max = object.at("sessions_max").to_number<std::size_t>();
    setup.trust_xclient = read_texts(object.at("trust_xclient"));
    setup.trust_proxy = read_texts(object.at("trust_proxy"));
    setup.notices = read_texts(object.at("notices"));
    if (object.contains("addresses")) setup.addresses = read_texts(object.at("addresses"));
    return setup;
}

}  // namespace

std::optional<dns::Zones> zones_of(const ReplaySetup& setup, const engine::Profile& profile) {
    if (setup.addresses.empty()) return std::nullopt;
    return engine::zones_of(profile, {setup.addresses.begin() + 1, setup.addresses.end()},
                            setup.addresses.front());
}

std::string to_json(const ReplaySetup& setup) {
    json::array pairs;
    if (setup.sink) {
        for (const sink::Given& flag : setup.flags)
            pairs.emplace_back(json::array{std::string(1, flag.letter), flag.value});
    } else {
        for (const auto& [name, value] : setup.settings)
            pairs.emplace_back(json::array{name, value});
    }
    json::object object{{setup.sink ? "flags" : "settings", std::move(pairs)},
                        {"sessions_max", setup.sessions_max},
                        {"trust_xclient", texts(setup.trust_xclient)},
                        {"trust_proxy", texts(setup.trust_proxy)},
                        {"notices", texts(setup.notices)}};
    if (!setup.addresses.empty()) object["addresses"] = texts(setup.addresses);
    return json::serialize(object);
}

Result<ReplaySetup, Complaint> read_replay_setup(std::string_view text) {
    boost::system::error_code error;
    const json::value parsed = json::parse(json::string_view{text.data(), text.size()}, error);
    try {
        if (!error) return read(parsed.as_object());
    } catch (const std::exception&) {
        // Something is missing, or of another kind.
    }
    return Complaint{"what the receiver was made of cannot be read"};
}

}  // namespace fakemx::app
