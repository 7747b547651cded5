// From JSON to events, kind by kind, in the order of journal/event.cpp.
#include "store/stored_event.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include "core/text.h"
#include "journal/records.h"

namespace fakemx::store {

namespace {

/// The fields of one object. A field that is not there is empty, 0 or false, as append_json leaves those out.
class Fields {
public:
    explicit Fields(const boost::json::object& object) : object_(object) {}

    std::string text(std::string_view key) const {
        const auto* value = find(key);
        return value != nullptr && value->is_string() ? std::string{value->get_string()} : "";
    }
    std::string octets(std::string_view key) const {
        const std::string escaped = text(key);
        return unescape_octets(escaped).value_or(escaped);
    }
    std::uint64_t number(std::string_view key) const {
        const auto* value = find(key);
        boost::system::error_code error;
        const auto read = value != nullptr ? value->to_number<std::uint64_t>(error) : 0;
        return error ? 0 : read;
    }
    bool flag(std::string_view key) const {
        const auto* value = find(key);
        return value != nullptr && value->is_bool() && value->get_bool();
    }
    std::vector<std::string> texts(std::string_view key) const {
        std::vector<std::string> all;
        const auto* value = find(key);
        if (value == nullptr || !value->is_array()) return all;
        for (const auto& one : value->get_array()) {
            const std::string escaped = one.is_string() ? std::string{one.get_string()} : "";
            all.push_back(unescape_octets(escaped).value_or(escaped));
        }
        return all;
    }
    Duration duration(std::string_view key) const {
        return parse_duration(text(key)).value_or(Duration::zero());
    }
    std::optional<smtp::Hook> hook(std::string_view key) const {
        const auto& names = smtp::hook_names;
        const auto found = std::find(names.begin(), names.end(), text(key));
        if (found == names.end()) return std::nullopt;
        return static_cast<smtp::Hook>(found - names.begin());
    }

    bool has(std::string_view key) const { return find(key) != nullptr; }

private:
    const boost::json::value* find(std::string_view key) const {
        return object_.if_contains(boost::json::string_view{key.data(), key.size()});
    }

    const boost::json::object& object_;
};

/// The value of an enumeration that begins at 0 and has no gaps, by its name.
template <class Enum>
std::optional<Enum> named(std::string_view text, Enum last) {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) {
        if (smtp::name(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

smtp::Answered read_reply(const Fields& from) {
    return {.stage = from.hook("stage").value_or(smtp::Hook::connect),
            .code = static_cast<int>(from.number("code")),
            .text = from.text("text"),
            .scripted = from.flag("scripted"),
            .silent = from.flag("silent"),
            .raw = from.flag("raw"),
            .after = from.duration("after"),
            .accepted = from.flag("accepted"),
            .unasked = from.flag("unasked"),
            .lost = from.flag("lost"),
            .in_pieces = from.flag("in_pieces"),
            .pause = from.duration("pause"),
            .recipient = from.octets("recipient"),
            .cause = from.octets("cause")};
}

smtp::MessageSeen read_message(const Fields& from) {
    return {.octets = from.number("octets"),
            .chunks = from.number("chunks"),
            .lines = from.number("lines"),
            .bare_cr = from.number("bare_cr"),
            .bare_lf = from.number("bare_lf"),
            .long_lines = from.number("long_lines"),
            .dotted_lines = from.number("dotted_lines"),
            .bare_dot_lines = from.number("bare_dot_lines"),
            .nul = from.flag("nul"),
            .control = from.flag("control"),
            .eight_bit = from.flag("eight_bit"),
            .lookalikes = smtp::Lookalikes::named(from.text("lookalikes")),
            .too_big = from.flag("too_big"),
            .before_354 = from.flag("before_354")};
}

smtp::TlsSeen read_tls(const Fields& from) {
    return {.facts = {.version = from.text("version"),
                      .cipher = from.text("cipher"),
                      .server_name = from.octets("server_name"),
                      .client_subject = from.text("client_subject"),
                      .resumed = from.flag("resumed"),
                      .hello = {.versions = from.text("client_versions"),
                                .suites = static_cast<std::uint32_t>(from.number("client_suites")),
                                .anonymous_suites =
                                    static_cast<std::uint32_t>(from.number("anonymous_suites")),
                                .modern_suites =
                                    static_cast<std::uint32_t>(from.number("modern_suites"))},
                      .certificate = from.text("certificate")},
            .failure = from.text("failure")};
}

smtp::Declared read_declared(const Fields& from) {
    auto declared = std::make_shared<smtp::Declaration>();
    declared->by = named(from.text("by"), smtp::Declaration::By::proxy_v2)
                       .value_or(smtp::Declaration::By::xclient);
    declared->peer = from.text("peer");
    declared->client = from.text("client");
    declared->local = from.text("local");
    declared->name = from.text("name");
    declared->helo = from.octets("helo");
    declared->login = from.octets("login");
    return {std::move(declared)};
}

journal::Queried read_query(const Fields& from) {
    return {.name = from.text("name"),
            .type = from.text("type"),
            .client = from.text("client"),
            .transport = from.text("transport") == "tcp" ? "tcp" : "udp",
            .rcode = from.text("rcode"),
            .answers = static_cast<std::uint32_t>(from.number("answers")),
            .ttl = static_cast<std::uint32_t>(from.number("ttl")),
            .records = from.texts("records"),
            .truncated = from.flag("truncated"),
            .after = from.duration("after"),
            .scripted = from.flag("scripted")};
}

std::optional<journal::EventBody> read_of_the_run(const Fields& from, std::string_view kind) {
    const auto message = static_cast<std::uint32_t>(from.number("message"));
    if (kind == "submitted")
        return journal::Submitted{message, from.octets("from"), from.texts("to"),
                                  from.octets("text")};
    if (kind == "believed") {
        const auto belief = journal::belief_named(from.text("belief"));
        if (!belief) return std::nullopt;
        return journal::Believed{message, from.octets("recipient"), *belief, from.octets("text"),
                                 from.flag("by_status")};
    }
    if (kind == "over") {
        journal::RunOver over{.why = from.text("why"), .status = {}, .silent_until = {}};
        if (from.has("status")) over.status = static_cast<int>(from.number("status"));
        over.silent_until = parse_instant(from.text("silent_until")).value_or(Instant{});
        return over;
    }
    return std::nullopt;
}

std::optional<journal::EventBody> read_body(const Fields& from, std::string_view kind) {
    if (kind == "opened")
        return journal::Opened{from.text("host"), from.text("client"), from.text("local")};
    if (kind == "command") {
        smtp::CommandSeen seen;
        seen.line = from.octets("line");
        seen.verb = smtp::parse_command(seen.line).verb;
        seen.pipelined = from.flag("pipelined");
        return seen;
    }
    if (kind == "reply") return read_reply(from);
    if (kind == "message") return read_message(from);
    if (kind == "tls") return read_tls(from);
    if (kind == "auth") {
        smtp::AuthFacts facts;
        facts.mechanism =
            smtp::mechanism_named(from.text("mechanism")).value_or(smtp::Mechanism::plain);
        facts.user = from.octets("user");
        facts.identity = from.octets("identity");
        return smtp::AuthSeen{std::move(facts), from.flag("fits")};
    }
    if (kind == "auth_line") {
        using Shape = smtp::AuthLineSeen::Shape;
        return smtp::AuthLineSeen{
            .shape = named(from.text("shape"), Shape::cancel).value_or(Shape::response),
            .initial = from.flag("initial"),
            .octets = from.number("octets")};
    }
    if (kind == "declared") return read_declared(from);
    if (kind == "anomaly") {
        const auto what = named(from.text("kind"), smtp::Anomaly::Kind::unread_input);
        if (!what) return std::nullopt;
        return smtp::Anomaly{*what, from.octets("detail")};
    }
    if (kind == "ended") {
        const auto how = named(from.text("how"), smtp::Ended::How::shutdown);
        if (!how) return std::nullopt;
        return smtp::Ended{*how, from.text("detail")};
    }
    if (kind == "script_failed")
        return journal::ScriptFailed{from.hook("hook"), from.text("message"),
                                     from.text("traceback")};
    if (kind == "note") return journal::Note{from.hook("hook"), from.text("text")};
    if (kind == "query") return read_query(from);
    return read_of_the_run(from, kind);
}

}  // namespace

std::optional<journal::Event> read_event(std::string_view json) {
    boost::system::error_code error;
    const boost::json::value value =
        boost::json::parse(boost::json::string_view{json.data(), json.size()}, error);
    if (error || !value.is_object()) return std::nullopt;
    const Fields from{value.get_object()};
    const auto at = parse_instant(from.text("at"));
    auto body = read_body(from, from.text("event"));
    if (!at || !body) return std::nullopt;
    return journal::Event{.session = SessionId{from.number("session")},
                          .number = static_cast<std::uint32_t>(from.number("number")),
                          .at = *at,
                          .body = std::move(*body)};
}

}  // namespace fakemx::store
