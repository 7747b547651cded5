// From events to a dialogue, and what rules ask of one.
#include "conformance/dialogue.h"

#include <algorithm>

#include <fmt/format.h>

#include "conformance/grammar.h"
#include "core/text.h"
#include "message/header_section.h"
#include "smtp/reply.h"

namespace fakemx::conformance {

namespace {

const Offers no_offers;

/// What the lines of an EHLO reply offer: all but the first (RFC 5321 §4.1.1.1).
Offers offers_of(std::string_view text, bool in_tls) {
    Offers offers{.esmtp = true, .in_tls = in_tls};
    std::size_t end = text.find('\n');
    while (end != std::string_view::npos) {
        text.remove_prefix(end + 1);
        end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        // An older form of AUTH has "=" where others have a blank.
        const std::size_t blank = line.find_first_of(" =");
        const std::string_view value =
            blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
        const std::string_view word = line.substr(0, blank);
        std::string keyword = ascii_upper(word);
        if (keyword != word) offers.not_in_capitals.push_back(keyword);
        offers.keywords.emplace_back(std::move(keyword), std::string{value});
    }
    return offers;
}

/// What stands behind the 220 to STARTTLS, as if it were an EHLO reply.
Offers injected_offers(std::string_view escaped) {
    const auto octets = unescape_octets(escaped);
    std::string text;
    std::string_view left = octets ? std::string_view{*octets} : std::string_view{};
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size() - 1) + 1;
        std::string_view line = left.substr(0, end);
        left.remove_prefix(end);
        line = line.substr(0, line.find_first_of("\r\n"));
        text += line.substr(std::min<std::size_t>(line.size(), 4));
        if (!left.empty()) text += '\n';
    }
    Offers offers = offers_of(text, false);
    offers.injected = true;
    return offers;
}

std::string reply_line(const Reply& reply) {
    if (reply.silent) return "S: # nothing";
    // Octets that begin with no code are shown as they are.
    std::string line = reply.code == 0
                           ? fmt::format("S: {}", smtp::in_one_line(reply.text))
                           : fmt::format("S: {} {}", reply.code, smtp::in_one_line(reply.text));
    if (reply.after != Duration::zero())
        line += fmt::format("   # held back for {}", format_duration(reply.after));
    if (reply.lost) line += "   # lost on the way";
    return line;
}

void append_lines(std::vector<std::string>& lines, const Exchange& exchange) {
    lines.push_back(fmt::format("C: {}{}", escape_octets(exchange.line),
                                exchange.pipelined ? "   # before the reply" : ""));
    for (const Reply& reply : exchange.replies) lines.push_back(reply_line(reply));
    if (exchange.message)
        lines.push_back(fmt::format("C: # the message: {} octets", exchange.message->seen.octets));
    for (const Reply& reply : exchange.verdicts) lines.push_back(reply_line(reply));
    if (exchange.spill)
        lines.push_back(fmt::format("C: {}   # and so on, {} lines",
                                    escape_octets(exchange.spill->line), exchange.spill->lines));
}

/// What a profile gave as octets, as far as they are a reply: then without codes, as of any other.
void read_octets(std::string_view octets, Reply& reply) {
    if (const auto read = smtp::parse_reply(octets)) reply.text = smtp::text_of(*read);
    reply.form = form_of(octets);
}

Reply reply_of(std::uint32_t number, Instant at, smtp::Answered answer) {
    Reply reply{.event = number,
                .at = at,
                .code = answer.code,
                .text = std::move(answer.text),
                .after = answer.after,
                .accepted = answer.accepted,
                .lost = answer.lost,
                .silent = answer.silent,
                .in_pieces = answer.in_pieces,
                .pause = answer.pause,
                .form = {}};
    if (!answer.raw) return reply;
    if (const auto octets = unescape_octets(reply.text)) read_octets(*octets, reply);
    return reply;
}

}  // namespace

ReplyForm form_of(std::string_view octets) {
    ReplyForm form;
    std::string_view code;  // of the reply that goes on in the next line; empty: none does
    bool any = false;       // a reply is complete
    while (!octets.empty()) {
        const std::size_t end = octets.find('\n');
        std::string_view line = octets.substr(0, end);
        octets.remove_prefix(end == std::string_view::npos ? octets.size() : end + 1);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        } else if (end != std::string_view::npos) {
            form.bare_lf = true;
        }
        if (!parse_decimal(line.substr(0, 3))) continue;
        form.mixed_codes = form.mixed_codes || (!code.empty() && code != line.substr(0, 3));
        form.several = form.several || (any && code.empty());
        form.blank_only = form.blank_only || (line.size() == 4 && line[3] == ' ');
        const bool goes_on = line.size() > 3 && line[3] == '-';
        code = goes_on ? line.substr(0, 3) : std::string_view{};
        any = any || !goes_on;
    }
    return form;
}

bool Exchange::odd(smtp::Anomaly::Kind kind) const {
    return std::find(oddities.begin(), oddities.end(), kind) != oddities.end();
}

std::string_view Exchange::argument() const {
    const std::size_t blank = line.find(' ');
    return blank == std::string::npos ? std::string_view{}
                                      : std::string_view{line}.substr(blank + 1);
}

std::uint32_t Exchange::last_event() const {
    if (spill) return spill->event + spill->lines;
    if (!verdicts.empty()) return verdicts.back().event;
    if (message) return message->event;
    return replies.empty() ? event : replies.back().event;
}

bool Offers::has(std::string_view keyword) const {
    return value(keyword).has_value();
}

std::optional<std::string_view> Offers::value(std::string_view keyword) const {
    for (const auto& [name, value] : keywords) {
        if (name == keyword) return value;
    }
    return std::nullopt;
}

const Oddity* Dialogue::oddity(smtp::Anomaly::Kind kind) const {
    const auto found = std::find_if(oddities.begin(), oddities.end(),
                                    [&](const Oddity& oddity) { return oddity.kind == kind; });
    return found == oddities.end() ? nullptr : &*found;
}

const Offers& Dialogue::offered(const Exchange& exchange) const {
    return exchange.offer == 0 ? no_offers : offers.at(exchange.offer - 1);
}

const Exchange* Dialogue::next(const Exchange& exchange) const {
    const auto place = static_cast<std::size_t>(&exchange - exchanges.data());
    return place + 1 < exchanges.size() ? &exchanges[place + 1] : nullptr;
}

const Exchange* Dialogue::previous(const Exchange& exchange) const {
    const auto place = static_cast<std::size_t>(&exchange - exchanges.data());
    return place != 0 ? &exchanges[place - 1] : nullptr;
}

const Exchange* Dialogue::mail_of(const Exchange& exchange) const {
    if (exchange.transaction == 0) return nullptr;
    // It is a few commands back, however long the session is.
    const Exchange* mail = &exchange;
    while (mail != nullptr && !(mail->verb == smtp::Verb::mail && mail->accepted()))
        mail = previous(*mail);
    return mail;
}

bool Dialogue::ended_by_client() const {
    return ended && (ended->how == smtp::Ended::How::client_closed ||
                     ended->how == smtp::Ended::How::client_lost);
}

std::vector<std::string> Dialogue::lines_around(std::uint32_t event) const {
    std::vector<std::string> lines;
    std::size_t place = 0;
    while (place < exchanges.size() && exchanges[place].last_event() < event) ++place;
    if (place <= 1 && greeting) lines.push_back(reply_line(*greeting));
    if (place > 0) append_lines(lines, exchanges[place - 1]);
    if (place < exchanges.size()) append_lines(lines, exchanges[place]);
    if (ended && (event >= ended_event || place + 1 >= exchanges.size())) {
        for (const Oddity& oddity : oddities) {
            if (exchanges.empty() || oddity.event > exchanges.back().last_event())
                lines.push_back(
                    fmt::format("# {}: {}", smtp::name(oddity.kind), escape_octets(oddity.detail)));
        }
        lines.push_back(fmt::format("# ended: {}", smtp::name(ended->how)));
    }
    return lines;
}

void DialogueWriter::opened(Instant at, journal::Opened opened) {
    dialogue_.opened_at = at;
    dialogue_.host = std::move(opened.host);
    dialogue_.client = std::move(opened.client);
    dialogue_.local = std::move(opened.local);
}

void DialogueWriter::take(std::uint32_t number, Instant at, smtp::CommandSeen command) {
    Exchange& exchange = dialogue_.exchanges.emplace_back();
    exchange.event = number;
    exchange.at = at;
    // What the line says: the event calls a verb whose extension is not offered unknown.
    exchange.verb = smtp::parse_command(command.line).verb;
    exchange.line = std::move(command.line);
    exchange.pipelined = command.pipelined;
    exchange.in_tls = in_tls_;
    exchange.offer = dialogue_.offers.size();
    // Behind STARTTLS nothing is known any more (RFC 3207 §4.2).
    if (in_tls_ && !dialogue_.offers.empty() && !dialogue_.offers.back().in_tls) exchange.offer = 0;
    exchange.transaction = in_transaction_ ? transactions_ : 0;
    read_path_command(exchange);
}

void DialogueWriter::take(std::uint32_t number, Instant at, smtp::Answered answer) {
    // Several replies in one are looked at as they came.
    const bool injects = answer.stage == smtp::Hook::starttls && answer.raw;
    Offers injected = injects ? injected_offers(answer.text) : Offers{};
    const bool unasked = answer.unasked;
    const bool accepted = answer.accepted;
    const smtp::Hook stage = answer.stage;
    Reply reply = reply_of(number, at, std::move(answer));
    if (unasked) {
        dialogue_.unasked.push_back(std::move(reply));
        return;
    }
    Exchange* const exchange = last();
    if (stage == smtp::Hook::connect && exchange == nullptr) {
        dialogue_.greeting = std::move(reply);
        return;
    }
    if (exchange == nullptr) {
        dialogue_.unasked.push_back(std::move(reply));
        return;
    }
    if (stage == smtp::Hook::message) {
        exchange->verdicts.push_back(std::move(reply));
        in_transaction_ = false;
        return;
    }
    if (accepted) {
        switch (stage) {
            case smtp::Hook::ehlo:
                dialogue_.offers.push_back(offers_of(reply.text, in_tls_));
                in_transaction_ = false;
                break;
            case smtp::Hook::helo:
                dialogue_.offers.push_back({.esmtp = false, .in_tls = in_tls_});
                in_transaction_ = false;
                break;
            case smtp::Hook::mail:
                ++transactions_;
                in_transaction_ = true;
                exchange->transaction = transactions_;
                break;
            case smtp::Hook::rset: in_transaction_ = false; break;
            case smtp::Hook::starttls:
                if (reply.form.several) dialogue_.offers.push_back(std::move(injected));
                break;
            default: break;
        }
    }
    exchange->replies.push_back(std::move(reply));
}

void DialogueWriter::take(std::uint32_t number, Instant at, const smtp::MessageSeen& message) {
    if (Exchange* const exchange = last(); exchange != nullptr)
        exchange->message = Arrived{.event = number, .at = at, .seen = message, .header = {}};
}

void DialogueWriter::take(std::uint32_t number, Instant, const smtp::TlsSeen& tls) {
    dialogue_.tls = tls;
    dialogue_.tls_event = number;
    in_tls_ = tls.failure.empty();
    in_transaction_ = false;
}

void DialogueWriter::take(const smtp::AuthLineSeen& said) {
    Exchange* const exchange = last();
    if (exchange == nullptr) return;
    if (said.initial) {
        exchange->initial = said;
    } else {
        exchange->responses.push_back(said);
    }
}

void DialogueWriter::take(std::uint32_t number, Instant at, const smtp::Anomaly& anomaly) {
    dialogue_.oddities.push_back({number, at, anomaly.kind, anomaly.detail});
    if (Exchange* const exchange = last(); exchange != nullptr && exchange->replies.empty())
        exchange->oddities.push_back(anomaly.kind);
}

void DialogueWriter::take(std::uint32_t number, Instant at, const smtp::Ended& ended) {
    dialogue_.ended = ended;
    dialogue_.ended_event = number;
    dialogue_.ended_at = at;
}

void DialogueWriter::take_header(std::uint32_t transaction, HeaderFacts facts) {
    headers_.emplace_back(transaction, std::move(facts));
}

/// Behind a DATA that was refused, a message, or a chunk, lines that are no commands are the rest of a message. They go on up to
/// the first command that waits for a reply.
void DialogueWriter::gather_spills() {
    const auto is_unknown = [](const Exchange& exchange) {
        return exchange.verb == smtp::Verb::unknown || exchange.verb == smtp::Verb::unsupported;
    };
    auto& exchanges = dialogue_.exchanges;
    if (std::none_of(exchanges.begin(), exchanges.end(), is_unknown)) return;
    std::vector<Exchange> kept;
    bool spilling = false;
    for (Exchange& exchange : exchanges) {
        const bool unknown = is_unknown(exchange);
        if (!spilling && unknown && !kept.empty()) {
            const Exchange& before = kept.back();
            const bool refused_data =
                before.verb == smtp::Verb::data && !before.message &&
                (message::is_header_line(exchange.line) || exchange.line == ".");
            const bool behind_data = before.message.has_value() && exchange.pipelined;
            spilling = refused_data || behind_data || before.verb == smtp::Verb::bdat;
        } else if (spilling) {
            spilling = unknown || exchange.pipelined;
        }
        if (!spilling) {
            kept.push_back(std::move(exchange));
            continue;
        }
        auto& spill = kept.back().spill;
        if (!spill)
            spill = Spill{
                .event = exchange.event, .at = exchange.at, .line = exchange.line, .lines = 0};
        ++spill->lines;
    }
    exchanges = std::move(kept);
}

Dialogue DialogueWriter::finish(bool cut) && {
    dialogue_.cut = cut;
    gather_spills();
    for (Exchange& exchange : dialogue_.exchanges) {
        if (!exchange.message) continue;
        const auto header = std::find_if(headers_.begin(), headers_.end(), [&](const auto& one) {
            return one.first == exchange.transaction;
        });
        if (header != headers_.end()) exchange.message->header = std::move(header->second);
    }
    return std::move(dialogue_);
}

}  // namespace fakemx::conformance
