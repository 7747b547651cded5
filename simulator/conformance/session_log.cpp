// Events as octets and back: a kind, the time since the event before, and what there is to say, numbers in as many octets as
// they need.
#include "conformance/session_log.h"

#include <array>
#include <variant>

#include "conformance/limits.h"
#include "core/overloaded.h"

namespace fakemx::conformance {

namespace {

enum class Kind : std::uint8_t { opened, command, reply, message, tls, auth_line, anomaly, ended };

class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    /// Seven bits an octet, the lowest first.
    void number(std::uint64_t value) {
        while (value >= 128) {
            out_ += static_cast<char>(value % 128 + 128);
            value /= 128;
        }
        out_ += static_cast<char>(value);
    }
    void text(std::string_view text) {
        number(text.size());
        out_ += text;
    }
    /// By its place, where it has one.
    void shared(const std::string& text, SharedTexts& texts) {
        const auto place = texts.place_of(text);
        flags(place.has_value());
        place ? number(*place) : this->text(text);
    }
    template <class... Flags>
    void flags(Flags... all) {
        static_assert(sizeof...(all) <= 8);
        unsigned bits = 0;
        unsigned bit = 1;
        ((bits |= all ? bit : 0U, bit *= 2), ...);
        out_ += static_cast<char>(bits);
    }

private:
    std::string& out_;
};

class Reader {
public:
    Reader(std::string_view octets, const SharedTexts& texts) : octets_(octets), texts_(texts) {}

    bool at_end() const { return octets_.empty(); }
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto octet = static_cast<unsigned char>(octets_.front());
            octets_.remove_prefix(1);
            value |= std::uint64_t{octet & 127U} << shift;
            if (octet < 128) return value;
        }
    }
    std::string text() {
        const auto size = static_cast<std::size_t>(number());
        std::string text{octets_.substr(0, size)};
        octets_.remove_prefix(size);
        return text;
    }
    std::string shared() {
        return flags()[0] ? texts_.at(static_cast<std::size_t>(number())) : text();
    }
    std::array<bool, 8> flags() {
        const auto bits = static_cast<unsigned char>(octets_.front());
        octets_.remove_prefix(1);
        std::array<bool, 8> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all.at(i) = (bits >> i & 1U) != 0;
        return all;
    }
    template <class Enum>
    Enum word() {
        return static_cast<Enum>(number());
    }

private:
    std::string_view octets_;
    const SharedTexts& texts_;
};

template <class Enum>
std::uint64_t as_number(Enum value) {
    return static_cast<std::uint64_t>(value);
}

/// What sessions have in common, as opposed to what has an id of its own.
bool is_alike(smtp::Hook stage) {
    return stage == smtp::Hook::connect || stage == smtp::Hook::ehlo || stage == smtp::Hook::helo ||
           stage == smtp::Hook::starttls;
}

smtp::CommandSeen read_command(Reader& from) {
    smtp::CommandSeen command;
    command.pipelined = from.flags()[0];
    command.line = from.text();
    return command;
}

smtp::Answered read_reply(Reader& from) {
    smtp::Answered reply;
    reply.stage = from.word<smtp::Hook>();
    reply.code = static_cast<int>(from.number());
    reply.after = Duration{static_cast<Duration::rep>(from.number())};
    const auto flags = from.flags();
    reply.accepted = flags[0];
    reply.unasked = flags[1];
    reply.lost = flags[2];
    reply.silent = flags[3];
    reply.raw = flags[4];
    reply.text = flags[5] ? from.shared() : from.text();
    reply.in_pieces = flags[6];
    if (flags[7]) reply.pause = Duration{static_cast<Duration::rep>(from.number())};
    return reply;
}

smtp::MessageSeen read_message(Reader& from) {
    smtp::MessageSeen message;
    for (std::uint64_t* count :
         {&message.octets, &message.chunks, &message.lines, &message.bare_cr, &message.bare_lf,
          &message.long_lines, &message.dotted_lines, &message.bare_dot_lines})
        *count = from.number();
    const auto flags = from.flags();
    message.nul = flags[0];
    message.control = flags[1];
    message.eight_bit = flags[2];
    message.too_big = flags[3];
    message.before_354 = flags[4];
    message.lookalikes = smtp::Lookalikes::named(from.text());
    return message;
}

smtp::TlsSeen read_tls(Reader& from) {
    smtp::TlsSeen tls;
    for (std::string* text :
         {&tls.facts.version, &tls.facts.cipher, &tls.facts.server_name, &tls.facts.client_subject,
          &tls.facts.certificate, &tls.facts.hello.versions, &tls.failure})
        *text = from.text();
    for (std::uint32_t* count : {&tls.facts.hello.suites, &tls.facts.hello.anonymous_suites,
                                 &tls.facts.hello.modern_suites})
        *count = static_cast<std::uint32_t>(from.number());
    tls.facts.resumed = from.flags()[0];
    return tls;
}

smtp::AuthLineSeen read_auth_line(Reader& from) {
    smtp::AuthLineSeen said;
    said.shape = from.word<smtp::AuthLineSeen::Shape>();
    said.octets = from.number();
    said.initial = from.flags()[0];
    return said;
}

}  // namespace

std::optional<std::size_t> SharedTexts::place_of(const std::string& text) {
    const auto found = places_.find(text);
    if (found != places_.end()) return found->second;
    if (texts_.size() == shared_texts_max) return std::nullopt;
    texts_.push_back(text);
    places_.emplace(text, texts_.size() - 1);
    return texts_.size() - 1;
}

void SessionLog::append(const journal::Event& event, SharedTexts& texts) {
    cut_ = cut_ || octets_.size() > session_octets_max;
    if (cut_ && !std::holds_alternative<smtp::Ended>(event.body)) return;
    Writer to{octets_};
    const auto begin = [&](Kind kind) {
        to.number(as_number(kind));
        to.number(event.number);
        to.number(static_cast<std::uint64_t>((event.at - last_).count()));
        last_ = event.at;
    };
    std::visit(Overloaded{
                   [&](const journal::Opened& opened) {
                       begin(Kind::opened);
                       to.shared(opened.host, texts);
                       to.text(opened.client);
                       to.shared(opened.local, texts);
                   },
                   [&](const smtp::CommandSeen& command) {
                       begin(Kind::command);
                       ++commands_;
                       to.flags(command.pipelined);
                       to.text(command.line);
                   },
                   [&](const smtp::Answered& reply) {
                       begin(Kind::reply);
                       to.number(as_number(reply.stage));
                       to.number(static_cast<std::uint64_t>(reply.code));
                       to.number(static_cast<std::uint64_t>(reply.after.count()));
                       const bool alike = is_alike(reply.stage);
                       const bool pauses = reply.pause != Duration::zero();
                       to.flags(reply.accepted, reply.unasked, reply.lost, reply.silent, reply.raw,
                                alike, reply.in_pieces, pauses);
                       alike ? to.shared(reply.text, texts) : to.text(reply.text);
                       if (pauses) to.number(static_cast<std::uint64_t>(reply.pause.count()));
                   },
                   [&](const smtp::MessageSeen& message) {
                       begin(Kind::message);
                       for (const std::uint64_t count :
                            {message.octets, message.chunks, message.lines, message.bare_cr,
                             message.bare_lf, message.long_lines, message.dotted_lines,
                             message.bare_dot_lines})
                           to.number(count);
                       to.flags(message.nul, message.control, message.eight_bit, message.too_big,
                                message.before_354);
                       to.text(message.lookalikes.names());
                   },
                   [&](const smtp::TlsSeen& tls) {
                       begin(Kind::tls);
                       for (const std::string* text :
                            {&tls.facts.version, &tls.facts.cipher, &tls.facts.server_name,
                             &tls.facts.client_subject, &tls.facts.certificate,
                             &tls.facts.hello.versions, &tls.failure})
                           to.text(*text);
                       for (const std::uint32_t count :
                            {tls.facts.hello.suites, tls.facts.hello.anonymous_suites,
                             tls.facts.hello.modern_suites})
                           to.number(count);
                       to.flags(tls.facts.resumed);
                   },
                   [&](const smtp::AuthLineSeen& said) {
                       begin(Kind::auth_line);
                       to.number(as_number(said.shape));
                       to.number(said.octets);
                       to.flags(said.initial);
                   },
                   [&](const smtp::Anomaly& anomaly) {
                       begin(Kind::anomaly);
                       to.number(as_number(anomaly.kind));
                       to.text(anomaly.detail);
                   },
                   [&](const smtp::Ended& ended) {
                       begin(Kind::ended);
                       to.number(as_number(ended.how));
                       to.text(ended.detail);
                   },
                   [](const auto&) {},
               },
               event.body);
}

void SessionLog::append_header(std::uint32_t transaction, HeaderFacts facts) {
    if (!cut_) headers_.emplace_back(transaction, std::move(facts));
}

Dialogue SessionLog::dialogue(SessionId session, const SharedTexts& texts) const {
    DialogueWriter writer{session, commands_};
    Reader from{octets_, texts};
    Instant at{};
    while (!from.at_end()) {
        const Kind kind = from.word<Kind>();
        const auto number = static_cast<std::uint32_t>(from.number());
        at += Duration{static_cast<Duration::rep>(from.number())};
        switch (kind) {
            case Kind::opened: {
                journal::Opened opened;
                opened.host = from.shared();
                opened.client = from.text();
                opened.local = from.shared();
                writer.opened(at, std::move(opened));
                break;
            }
            case Kind::command: writer.take(number, at, read_command(from)); break;
            case Kind::reply: writer.take(number, at, read_reply(from)); break;
            case Kind::message: writer.take(number, at, read_message(from)); break;
            case Kind::tls: writer.take(number, at, read_tls(from)); break;
            case Kind::auth_line: writer.take(read_auth_line(from)); break;
            case Kind::anomaly: {
                const auto what = from.word<smtp::Anomaly::Kind>();
                writer.take(number, at, smtp::Anomaly{what, from.text()});
                break;
            }
            case Kind::ended: {
                const auto how = from.word<smtp::Ended::How>();
                writer.take(number, at, smtp::Ended{how, from.text()});
                break;
            }
        }
    }
    for (const auto& [transaction, facts] : headers_) writer.take_header(transaction, facts);
    return std::move(writer).finish(cut_);
}

}  // namespace fakemx::conformance
