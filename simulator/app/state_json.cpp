// One object for each entry: where it is, one member that says what it holds, and until when.
#include "app/state_json.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::app {

namespace {

namespace json = boost::json;

/// Ends the reading; caught where reading begins.
[[noreturn]] void fail(std::string message) {
    throw Complaint{std::move(message)};
}

constexpr std::array<std::string_view, 5> kinds{"counter", "value", "set", "hits", "mark"};

std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}

json::string shown(std::string_view octets) {
    return json::string{escape_octets(octets)};
}

json::string shown(Instant instant) {
    return json::string{format_instant(instant)};
}

json::value shown_value(const engine::StateValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return shown(*text);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    return std::get<bool>(value);
}

Instant read_instant(const json::value& json, Instant now) {
    if (json.is_string()) {
        const auto text = view(json.get_string());
        if (text == "now") return now;
        if (const auto instant = parse_instant(text)) return *instant;
    }
    fail(fmt::format("{} is neither \"now\" nor an instant such as \"{}\"", json::serialize(json),
                     format_instant(now)));
}

Duration read_duration(const json::value& json) {
    if (json.is_string()) {
        if (const auto duration = parse_duration(view(json.get_string()))) return *duration;
    }
    fail(fmt::format("{} is no duration such as \"10m\"", json::serialize(json)));
}

std::int64_t read_integer(const json::value& json) {
    if (json.is_int64()) return json.get_int64();
    fail(fmt::format("{} is no integer", json::serialize(json)));
}

std::string read_text(const json::value& json) {
    if (json.is_string()) {
        if (auto text = unescape_octets(view(json.get_string()))) return std::move(*text);
    }
    fail(fmt::format("{} is no text: a string, in which \\ stands as \\\\", json::serialize(json)));
}

const json::array& read_list(const json::value& json) {
    if (json.is_array()) return json.get_array();
    fail(fmt::format("{} is no list", json::serialize(json)));
}

const json::value& member(const json::object& object, std::string_view name) {
    if (const auto* found = object.if_contains(name)) return *found;
    fail(fmt::format("{} has no {}", json::serialize(object), name));
}

const json::object& read_object(const json::value& json, std::string_view what) {
    if (json.is_object()) return json.get_object();
    fail(fmt::format("{} is no {}", json::serialize(json), what));
}

engine::StateValue read_value(const json::value& json) {
    if (json.is_bool()) return json.get_bool();
    if (json.is_int64()) return json.get_int64();
    return read_text(json);
}

using Content = decltype(engine::StateEntry::content);

Content read_content(const json::object& entry, std::string_view kind, Instant now) {
    const json::value& json = entry.at(kind);
    if (kind == "counter") return engine::StateCounter{read_integer(json)};
    if (kind == "value") return read_value(json);
    if (kind == "mark") return engine::StateMark{read_instant(json, now)};
    if (kind == "set") {
        engine::StateMembers members;
        for (const json::value& one : read_list(json)) members.insert(read_text(one));
        return members;
    }
    engine::StateWindow window;
    for (const json::value& one : read_list(json)) window.hits.push_back(read_instant(one, now));
    window.longest = read_duration(member(entry, "longest"));
    return window;
}

/// The one kind that the entry names, all its other members being known.
std::string_view kind_of(const json::object& entry) {
    constexpr std::array<std::string_view, 10> known{
        "store", "key", "expires", "ttl", "longest", "counter", "value", "set", "hits", "mark"};
    std::string_view kind;
    for (const auto& one : entry) {
        const std::string_view name = one.key();
        if (std::find(known.begin(), known.end(), name) == known.end())
            fail(fmt::format("unknown '{}'{}", name, did_you_mean(name, known)));
        if (std::find(kinds.begin(), kinds.end(), name) == kinds.end()) continue;
        if (!kind.empty()) fail(fmt::format("a key holds '{}' or '{}', not both", kind, name));
        kind = name;
    }
    if (kind.empty())
        fail(fmt::format("say what the key holds: one of {}", fmt::join(kinds, ", ")));
    return kind;
}

engine::StateEntry read_entry(const json::value& json, Instant now) {
    const json::object& object =
        read_object(json, R"(entry such as {"store":"s","key":"a","counter":3})");
    engine::StateEntry entry;
    try {
        entry.store = read_text(member(object, "store"));
        entry.key = read_text(member(object, "key"));
        entry.content = read_content(object, kind_of(object), now);
        if (const auto* at = object.if_contains("expires")) entry.expires = read_instant(*at, now);
        if (const auto* ttl = object.if_contains("ttl"))
            entry.expires = later(now, read_duration(*ttl));
    } catch (const Complaint& complaint) {
        fail(fmt::format("{}: {}", json::serialize(json), complaint.message));
    }
    return entry;
}

/// What `read` makes of the JSON in `body`, or what was wrong with it.
template <class Read>
auto reading(std::string_view body, Read read)
    -> Result<std::invoke_result_t<Read, const json::value&>, Complaint> {
    boost::system::error_code error;
    const json::value parsed = json::parse(body, error);
    if (error) return Complaint{fmt::format("this is no JSON: {}", error.message())};
    try {
        return read(parsed);
    } catch (const Complaint& complaint) {
        return complaint;
    }
}

}  // namespace

json::object to_json(const engine::StateEntry& entry) {
    json::object object{{"store", shown(entry.store)}, {"key", shown(entry.key)}};
    const std::string_view kind = kinds.at(entry.content.index());
    if (const auto* counter = std::get_if<engine::StateCounter>(&entry.content)) {
        object[kind] = counter->count;
    } else if (const auto* value = std::get_if<engine::StateValue>(&entry.content)) {
        object[kind] = shown_value(*value);
    } else if (const auto* mark = std::get_if<engine::StateMark>(&entry.content)) {
        object[kind] = shown(mark->since);
    } else if (const auto* members = std::get_if<engine::StateMembers>(&entry.content)) {
        json::array& list = object[kind].emplace_array();
        for (const std::string& member : *members) list.push_back(shown(member));
    } else if (const auto* window = std::get_if<engine::StateWindow>(&entry.content)) {
        json::array& list = object[kind].emplace_array();
        for (const Instant hit : window->hits) list.push_back(shown(hit));
        object["longest"] = format_duration(window->longest);
    }
    if (entry.expires) object["expires"] = shown(*entry.expires);
    return object;
}

json::object to_json(const engine::StateSnapshot& snapshot, Instant now) {
    json::object object{{"now", shown(now)}};
    json::array& entries = object["entries"].emplace_array();
    for (const engine::StateEntry& entry : snapshot.entries) entries.push_back(to_json(entry));
    json::array& chance = object["chance"].emplace_array();
    for (const engine::ChanceCount& decision : snapshot.decisions) {
        chance.push_back(
            json::object{{"decision", shown(decision.address)}, {"asked", decision.asked}});
    }
    return object;
}

Result<StateChange, Complaint> read_state_change(std::string_view body, Instant now) {
    return reading(body, [&](const json::value& json) {
        const json::object& object = read_object(json, "change of the state");
        StateChange change;
        if (const auto* entries = object.if_contains("set");
            entries != nullptr && object.size() == 1) {
            for (const json::value& one : read_list(*entries))
                change.set.push_back(read_entry(one, now));
        } else if (const auto* what = object.if_contains("forget");
                   what != nullptr && object.size() == 1) {
            const json::object& key =
                read_object(*what, R"(place such as {"store":"s","key":"a"})");
            change.forget = {read_text(member(key, "store")), std::nullopt};
            if (key.size() > 1) change.forget->key = read_text(member(key, "key"));
        } else {
            fail(
                R"(to change the state, say {"set":[ENTRY,...]} or {"forget":{"store":"s","key":"a"}})");
        }
        return change;
    });
}

Result<engine::StateSnapshot, Complaint> read_state_snapshot(std::string_view body, Instant now) {
    return reading(body, [&](const json::value& json) {
        const json::object& object =
            read_object(json, "snapshot with the lists entries and chance");
        engine::StateSnapshot snapshot;
        for (const json::value& one : read_list(member(object, "entries")))
            snapshot.entries.push_back(read_entry(one, now));
        for (const json::value& one : read_list(member(object, "chance"))) {
            const json::object& decision = read_object(one, "decision of chance");
            const std::int64_t asked = read_integer(member(decision, "asked"));
            if (asked < 1) fail(fmt::format("{}: asked is at least 1", json::serialize(one)));
            snapshot.decisions.push_back(
                {read_text(member(decision, "decision")), static_cast<std::uint64_t>(asked)});
        }
        return snapshot;
    });
}

}  // namespace fakemx::app
