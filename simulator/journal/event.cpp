// Events as JSON. Written by hand rather than through a JSON document: a message makes a dozen of
// these, and the order of the fields is part of the canonical form.
#include "journal/event.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/text.h"

namespace fakemx::journal {

namespace {

/// Writes the fields of one object, leaving out empty ones.
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

    void text(std::string_view key, std::string_view value) {
        if (value.empty()) return;
        begin(key);
        append_json_string(out_, value);
    }
    /// Octets from the wire: escaped, so that each of them can be told.
    void octets(std::string_view key, std::string_view value) { text(key, escape_octets(value)); }
    void number(std::string_view key, std::uint64_t value) {
        if (value != 0) always(key, value);
    }
    void always(std::string_view key, std::uint64_t value) {
        begin(key);
        std::array<char, 20> digits{};
        const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        out_.append(digits.data(), result.ptr);
    }
    void texts(std::string_view key, const std::vector<std::string>& values) {
        begin(key);
        char before = '[';
        for (const std::string& value : values) {
            out_ += before;
            append_json_string(out_, escape_octets(value));
            before = ',';
        }
        if (values.empty()) out_ += before;
        out_ += ']';
    }
    void flag(std::string_view key, bool value) {
        if (!value) return;
        begin(key);
        out_ += "true";
    }
    void end() { out_ += '}'; }

private:
    void begin(std::string_view key) {
        if (out_.back() != '{') out_ += ',';
        out_ += '"';
        out_ += key;
        out_ += "\":";
    }

    std::string& out_;
};

void write(ObjectWriter& json, const Opened& body, Form) {
    json.text("host", body.host);
    json.text("client", body.client);
    json.text("local", body.local);
}

void write(ObjectWriter& json, const smtp::CommandSeen& body, Form form) {
    json.octets("line", body.line);
    if (form == Form::full) json.flag("pipelined", body.pipelined);
}

void write(ObjectWriter& json, const smtp::Answered& body, Form) {
    json.text("stage", smtp::name(body.stage));
    json.number("code", static_cast<std::uint64_t>(body.code));
    json.text("text", body.text);
    json.flag("silent", body.silent);
    json.flag("raw", body.raw);
    if (body.after != Duration::zero()) json.text("after", format_duration(body.after));
    json.flag("scripted", body.scripted);
    json.flag("accepted", body.accepted);
    json.flag("unasked", body.unasked);
    json.flag("lost", body.lost);
    json.flag("in_pieces", body.in_pieces);
    if (body.pause != Duration::zero()) json.text("pause", format_duration(body.pause));
    json.octets("recipient", body.recipient);
    json.octets("cause", body.cause);
}

void write(ObjectWriter& json, const smtp::MessageSeen& body, Form form) {
    json.always("octets", body.octets);
    json.number("chunks", body.chunks);
    json.always("lines", body.lines);
    json.number("bare_cr", body.bare_cr);
    json.number("bare_lf", body.bare_lf);
    json.number("long_lines", body.long_lines);
    json.number("dotted_lines", body.dotted_lines);
    json.number("bare_dot_lines", body.bare_dot_lines);
    json.flag("nul", body.nul);
    json.flag("control", body.control);
    json.flag("eight_bit", body.eight_bit);
    if (body.lookalikes.any()) json.text("lookalikes", body.lookalikes.names());
    json.flag("too_big", body.too_big);
    if (form == Form::full) json.flag("before_354", body.before_354);
}

void write(ObjectWriter& json, const smtp::TlsSeen& body, Form) {
    json.text("version", body.facts.version);
    json.text("cipher", body.facts.cipher);
    json.octets("server_name", body.facts.server_name);
    json.text("client_subject", body.facts.client_subject);
    json.flag("resumed", body.facts.resumed);
    json.text("certificate", body.facts.certificate);
    json.text("client_versions", body.facts.hello.versions);
    json.number("client_suites", body.facts.hello.suites);
    json.number("anonymous_suites", body.facts.hello.anonymous_suites);
    json.number("modern_suites", body.facts.hello.modern_suites);
    // The client's alert, or the TLS library's words: the same for the same client.
    json.text("failure", body.failure);
}

void write(ObjectWriter& json, const smtp::AuthSeen& body, Form) {
    json.text("mechanism", smtp::name(body.facts.mechanism));
    json.octets("user", body.facts.user);
    json.octets("identity", body.facts.identity);
    json.flag("fits", body.fits);
}

void write(ObjectWriter& json, const smtp::AuthLineSeen& body, Form) {
    json.text("shape", smtp::name(body.shape));
    json.flag("initial", body.initial);
    json.number("octets", body.octets);
}

void write(ObjectWriter& json, const smtp::Declared& body, Form form) {
    const smtp::Declaration& declared = *body.declaration;
    json.text("by", smtp::name(declared.by));
    json.text("peer", declared.peer);
    json.text("client", declared.client);
    if (form == Form::full && declared.port) json.always("port", *declared.port);
    json.text("local", declared.local);
    if (form == Form::full && declared.local_port) json.always("local_port", *declared.local_port);
    json.text("name", declared.name);
    json.octets("helo", declared.helo);
    json.octets("login", declared.login);
}

void write(ObjectWriter& json, const smtp::Anomaly& body, Form) {
    json.text("kind", smtp::name(body.kind));
    json.octets("detail", body.detail);
}

void write(ObjectWriter& json, const smtp::Ended& body, Form form) {
    json.text("how", smtp::name(body.how));
    if (form == Form::full) json.text("detail", body.detail);
}

void write(ObjectWriter& json, const ScriptFailed& body, Form) {
    json.text("hook", hook_name(body.hook));
    json.text("message", body.message);
    json.text("traceback", body.traceback);
}

void write(ObjectWriter& json, const Note& body, Form) {
    json.text("hook", hook_name(body.hook));
    json.text("text", body.text);
}

void write(ObjectWriter& json, const Queried& body, Form) {
    json.text("name", body.name);
    json.text("type", body.type);
    json.text("client", body.client);
    json.text("transport", body.transport);
    json.text("rcode", body.rcode);
    json.number("answers", body.answers);
    json.number("ttl", body.ttl);
    if (!body.records.empty()) json.texts("records", body.records);
    json.flag("truncated", body.truncated);
    if (body.after != Duration::zero()) json.text("after", format_duration(body.after));
    json.flag("scripted", body.scripted);
}

void write(ObjectWriter& json, const Submitted& body, Form form) {
    json.always("message", body.message);
    json.octets("from", body.from);
    json.texts("to", body.to);
    // Its Date is that of the run.
    if (form == Form::full) json.octets("text", body.text);
}

void write(ObjectWriter& json, const Believed& body, Form) {
    json.always("message", body.message);
    json.octets("recipient", body.recipient);
    json.text("belief", name(body.belief));
    json.octets("text", body.text);
    json.flag("by_status", body.by_status);
}

void write(ObjectWriter& json, const RunOver& body, Form form) {
    json.text("why", body.why);
    if (body.status) json.always("status", static_cast<std::uint64_t>(*body.status));
    if (form == Form::full) json.text("silent_until", format_instant(body.silent_until));
}

constexpr std::array<std::string_view, 3> belief_names{"delivered", "deferred", "failed"};

}  // namespace

std::string_view name(Belief belief) {
    return belief_names.at(static_cast<std::size_t>(belief));
}

std::optional<Belief> belief_named(std::string_view text) {
    const auto found = std::find(belief_names.begin(), belief_names.end(), text);
    if (found == belief_names.end()) return std::nullopt;
    return static_cast<Belief>(found - belief_names.begin());
}

std::string_view name(const EventBody& body) {
    constexpr std::array<std::string_view, std::variant_size_v<EventBody>> names{
        "opened",    "command",   "reply",    "message", "tls",           "auth",
        "auth_line", "declared",  "anomaly",  "ended",   "script_failed", "note",
        "query",     "submitted", "believed", "over"};
    return names.at(body.index());
}

std::string_view hook_name(std::optional<smtp::Hook> hook) {
    return hook ? smtp::name(*hook) : "query";
}

void append_json(std::string& out, const Event& event, Form form) {
    ObjectWriter json{out};
    json.always("session", number(event.session));
    json.always("number", event.number);
    if (form == Form::full) json.text("at", format_instant(event.at));
    json.text("event", name(event.body));
    std::visit([&](const auto& body) { write(json, body, form); }, event.body);
    json.end();
}

}  // namespace fakemx::journal
