// Reading the JSON of requests, and doing what they say.
#include "app/control.h"

#include <optional>
#include <string_view>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/state_json.h"
#include "core/result.h"
#include "core/time.h"

namespace fakemx::app {

namespace {

namespace json = boost::json;

http::Answer refusal(unsigned status, std::string_view what) {
    return {.status = status, .body = json::serialize(json::object{{"error", what}})};
}

constexpr std::string_view moves =
    R"({"advance":"30m"}, {"to":"2026-01-01T06:00:00Z"} or {"to":"next"})";

/// Where the clock is told to go. `next` is the server's next deadline.
Result<Instant, std::string> destination(std::string_view body, Instant now,
                                         std::optional<Instant> next) {
    boost::system::error_code error;
    const json::value parsed = json::parse(body, error);
    const auto* object = error ? nullptr : parsed.if_object();
    if (object == nullptr || object->size() != 1 || !object->begin()->value().is_string())
        return fmt::format("to move the clock, say {}", moves);
    const std::string_view name = object->begin()->key();
    const json::string& text = object->begin()->value().get_string();
    const std::string_view value{text.data(), text.size()};
    if (name == "advance") {
        const auto by = parse_duration(value);
        if (!by) return fmt::format("'{}' is no duration such as 30m or 1h30m", value);
        return later(now, *by);
    }
    if (name != "to") return fmt::format("unknown '{}': say {}", name, moves);
    if (value == "next") {
        if (!next) return std::string{"the server waits for nothing that time would bring"};
        return *next;
    }
    const auto instant = parse_instant(value);
    if (!instant) return fmt::format("'{}' is no instant such as {}", value, format_instant(now));
    if (*instant < now) return fmt::format("{} is over: it is {}", value, format_instant(now));
    return *instant;
}

}  // namespace

http::Answer Control::answer(const http::Request& request) {
    if (request.target == "/state") return answer_state(request);
    if (request.target != "/clock") {
        return refusal(404,
                       fmt::format("there is no {}; there are /clock and /state", request.target));
    }
    if (request.method == "GET") return show_clock();
    if (request.method == "POST") return move_clock(request.body);
    return refusal(405, "/clock takes GET and POST");
}

http::Answer Control::show_clock() {
    json::object shown{{"clock", clock_.name()}, {"now", format_instant(clock_.now())}};
    const auto next = simulator_.deadline();
    shown["next"] = next ? json::value(format_instant(*next)) : json::value(nullptr);
    return {.body = json::serialize(shown)};
}

http::Answer Control::move_clock(const std::string& body) {
    auto* stepped = dynamic_cast<net::SteppedClock*>(&clock_);
    if (stepped == nullptr) {
        return refusal(409, fmt::format("the clock is '{}' and goes by itself; only a stepped one "
                                        "can be moved (--clock stepped)",
                                        clock_.name()));
    }
    const auto to = destination(body, clock_.now(), simulator_.deadline());
    if (!to) return refusal(400, to.error());
    server_.go_to(*stepped, *to);
    return show_clock();
}

http::Answer Control::answer_state(const http::Request& request) {
    if (request.method == "GET") return show_state();
    if (request.method == "POST") return change_state(request.body);
    if (request.method == "PUT") return restore_state(request.body);
    if (request.method != "DELETE") return refusal(405, "/state takes GET, POST, PUT and DELETE");
    static_cast<void>(simulator_.change_state(clock_.now(), engine::StateReset{}));
    return show_state();
}

http::Answer Control::show_state() {
    const Instant now = clock_.now();
    return {.body = json::serialize(to_json(simulator_.state().snapshot(now), now))};
}

http::Answer Control::change_state(const std::string& body) {
    const Instant now = clock_.now();
    auto change = read_state_change(body, now);
    if (!change) return refusal(400, change.error().message);
    Result<void, engine::StateError> put;
    if (change->forget) {
        put = simulator_.change_state(now, engine::StateForgotten{std::move(change->forget->store),
                                                                  std::move(change->forget->key)});
    }
    if (put && !change->set.empty())
        put = simulator_.change_state(now, engine::StatePut{std::move(change->set)});
    return put ? show_state() : refusal(400, put.error().reason);
}

http::Answer Control::restore_state(const std::string& body) {
    const Instant now = clock_.now();
    auto snapshot = read_state_snapshot(body, now);
    if (!snapshot) return refusal(400, snapshot.error().message);
    const auto restored = simulator_.change_state(now, engine::StateRestored{std::move(*snapshot)});
    return restored ? show_state() : refusal(400, restored.error().reason);
}

}  // namespace fakemx::app
