// Lines from the JSON of events.
#include "app/transcript.h"

#include <functional>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/text.h"

namespace fakemx::app {

namespace {

/// Shorter waits are no news in a dialogue.
constexpr Duration wait_shown_min = 1s;

class Transcript {
public:
    /// Gets the lines, and says whether it wants more.
    using Line = std::function<bool(std::string_view)>;

    explicit Transcript(Line line) : line_(std::move(line)) {}

    bool add(const store::StoredEvent& stored) {
        boost::system::error_code error;
        const boost::json::value value = boost::json::parse(
            boost::json::string_view{stored.json.data(), stored.json.size()}, error);
        if (error || !value.is_object()) {
            line(fmt::format("# an event that cannot be read: {}", printable(stored.json)));
            return wanted_;
        }
        event_ = &value.get_object();
        const auto at = parse_instant(text("at"));
        if (stored.session != session_) {
            if (session_) line("");
            session_ = stored.session;
            last_ = at;
        }
        if (at && last_ && *at - *last_ >= wait_shown_min) {
            line(fmt::format("+{}", rounded(*at - *last_)));
        }
        if (at) last_ = at;
        tell();
        return wanted_;
    }

private:
    void tell() {
        const std::string kind = text("event");
        if (kind == "opened") {
            line(fmt::format("# session {}: {} → {}, {}", *session_, text("client"),
                             printable(text("host")), text("at")));
        } else if (kind == "command") {
            line(fmt::format("C: {}", printable(text("line"))));
        } else if (kind == "reply") {
            tell_reply();
        } else if (kind == "message") {
            line(fmt::format("C: # the message: {} octets in {}", number("octets"),
                             counted(number("lines"), "line", "lines")));
            line("C: .");
        } else if (kind == "tls") {
            const smtp::TlsFacts facts{.version = text("version"),
                                       .cipher = text("cipher"),
                                       .server_name = text("server_name"),
                                       .client_subject = text("client_subject"),
                                       .resumed = has("resumed")};
            const std::string known = words_of(facts);
            line(!has("failure") ? fmt::format("# TLS: {}", known)
                                 : fmt::format("# TLS failed: {}{}", printable(text("failure")),
                                               known.empty() ? "" : fmt::format(" ({})", known)));
        } else if (kind == "declared") {
            smtp::Declaration declaration{.by = text("by") == "xclient"
                                                    ? smtp::Declaration::By::xclient
                                                    : smtp::Declaration::By::proxy_v1};
            declaration.peer = text("peer");
            declaration.client = text("client");
            declaration.name = text("name");
            declaration.login = text("login");
            line("# " + words_of(declaration));
        } else if (kind == "anomaly") {
            const std::string detail = has("detail") ? ": " + text("detail") : "";
            line(fmt::format("# {}{}", text("kind"), printable(detail)));
        } else if (kind == "note") {
            line(fmt::format("# note of {}: {}", text("hook"), printable(text("text"))));
        } else if (kind == "script_failed") {
            line(fmt::format("# the hook {} failed: {}", text("hook"), printable(text("message"))));
        } else if (kind == "query") {
            line(fmt::format("# {} asks for {} {}: {}", text("client"), text("type"),
                             printable(text("name")),
                             answer_in_words(text("rcode"), number("answers"), has("truncated"))));
        } else if (kind == "ended") {
            const std::string detail = has("detail") ? ": " + text("detail") : "";
            line(fmt::format("# ended: {}{}", text("how"), printable(detail)));
        } else if (kind == "submitted") {
            line(fmt::format("# message {}, from {}, was given to the sender", number("message"),
                             path_of(printable(text("from")))));
        } else if (kind == "believed") {
            line(fmt::format("# the sender takes message {} to {} for {}", number("message"),
                             printable(text("recipient")), text("belief")));
        } else if (kind == "over") {
            line(fmt::format("# the run is over: {}", printable(text("why"))));
        } else {
            line(fmt::format("# {}", printable(kind)));
        }
    }

    void tell_reply() {
        if (has("silent")) return line("S: # nothing, from here on");
        const std::string whole = text("text");
        const std::string after =
            has("after") ? fmt::format("   # held back for {}", text("after")) : "";
        // Octets of a profile have their code themselves.
        if (has("raw")) return line(fmt::format("S: {}{}", printable(whole), after));
        std::string_view left = whole;
        for (std::size_t end = left.find('\n'); end != std::string_view::npos;
             end = left.find('\n')) {
            line(fmt::format("S: {}-{}", number("code"), printable(left.substr(0, end))));
            left.remove_prefix(end + 1);
        }
        line(fmt::format("S: {}{}", reply_of(static_cast<int>(number("code")), left), after));
    }

    bool has(std::string_view key) const { return event_->if_contains(key) != nullptr; }
    std::string text(std::string_view key) const {
        const auto* value = event_->if_contains(key);
        return value != nullptr && value->is_string() ? std::string{value->get_string()} : "";
    }
    std::uint64_t number(std::string_view key) const {
        const auto* value = event_->if_contains(key);
        boost::system::error_code error;
        return value != nullptr ? value->to_number<std::uint64_t>(error) : 0;
    }

    void line(std::string_view text) { wanted_ = line_(text) && wanted_; }

    Line line_;
    bool wanted_ = true;
    const boost::json::object* event_ = nullptr;
    std::optional<std::uint64_t> session_;
    std::optional<Instant> last_;
};

}  // namespace

std::optional<store::StoreError> write_transcript(store::JournalReader& reader,
                                                  std::optional<std::uint64_t> session,
                                                  StandardOutput& out) {
    Transcript transcript{[&](std::string_view line) {
        out.line(line);
        return !out.failed();
    }};
    return reader.events(session, [&](const auto& event) { return transcript.add(event); });
}

std::vector<std::string> transcript_lines(const std::vector<std::string>& events) {
    std::vector<std::string> lines;
    Transcript transcript{[&](std::string_view line) {
        lines.emplace_back(line);
        return true;
    }};
    for (const std::string& event : events) transcript.add({.session = 1, .json = event});
    return lines;
}

}  // namespace fakemx::app
