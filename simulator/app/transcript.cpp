// From the journal's JSON to lines that begin with C: (client), S: (server) or # (everything else).
#include "app/transcript.h"

#include <ostream>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace fakemx::app {

namespace {

using Object = boost::json::object;

std::string text(const Object& event, std::string_view key) {
    const auto* value = event.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

bool flag(const Object& event, std::string_view key) {
    const auto* value = event.if_contains(key);
    return value != nullptr && value->is_bool() && value->as_bool();
}

std::int64_t number(const Object& event, std::string_view key) {
    const auto* value = event.if_contains(key);
    return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

std::string reply(const Object& event) {
    if (flag(event, "silent")) return "#  no reply";
    std::string line = number(event, "code") == 0
                           ? fmt::format("S: {}", text(event, "text"))
                           : fmt::format("S: {} {}", number(event, "code"), text(event, "text"));
    if (const std::string after = text(event, "after"); !after.empty()) {
        line += fmt::format("          (after {})", after);
    }
    return line;
}

std::string line_of(const Object& event) {
    const std::string kind = text(event, "event");
    if (kind == "opened") {
        return fmt::format("#  session {}: {} connects to {}", number(event, "session"),
                           text(event, "client"), text(event, "host"));
    }
    if (kind == "command") return "C: " + text(event, "line");
    if (kind == "reply") return reply(event);
    if (kind == "message") {
        return fmt::format("C: (message, {} octets in {} lines)", number(event, "octets"),
                           number(event, "lines"));
    }
    if (kind == "anomaly") {
        const std::string detail = text(event, "detail");
        return fmt::format("#  {}{}{}", text(event, "kind"), detail.empty() ? "" : ": ", detail);
    }
    if (kind == "script_failed") {
        return fmt::format("#  the hook {} failed: {}", text(event, "hook"), text(event, "message"));
    }
    if (kind == "note") return "#  " + text(event, "text");
    if (kind == "ended") {
        const std::string detail = text(event, "detail");
        return fmt::format("#  ended: {}{}{}\n", text(event, "how"), detail.empty() ? "" : ", ", detail);
    }
    return "#  " + kind;
}

}  // namespace

std::optional<store::StoreError> print_transcript(store::JournalReader& journal,
                                                  std::optional<std::uint64_t> session,
                                                  std::ostream& out) {
    bool found = false;
    std::optional<store::StoreError> damaged;
    auto error = journal.events(session, [&](const store::StoredEvent& stored) {
        boost::system::error_code broken;
        const auto value = boost::json::parse(stored.json, broken);
        if (broken || !value.is_object()) {
            damaged = store::StoreError{"an event of the journal is not readable: " +
                                        std::string{stored.json.substr(0, 80)}};
            return false;
        }
        const Object& event = value.as_object();
        found = true;
        out << fmt::format("{:<27}  {}\n", text(event, "at"), line_of(event));
        return out.good();
    });
    if (damaged) return damaged;
    if (!error && !found && session) {
        return store::StoreError{fmt::format("the journal has no session {}", *session)};
    }
    return error;
}

}  // namespace fakemx::app
