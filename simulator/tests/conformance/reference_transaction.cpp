// A transaction by the book, and the ways to be wrong in one.
#include <algorithm>

#include <fmt/format.h>

#include "conformance/reference_client.h"
#include "core/text.h"

namespace fakemx::test {

namespace {

constexpr std::size_t chunk_octets = 64;

std::string with_crlf(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r' && text[i] != '\n') {
            result += text[i];
            continue;
        }
        result += "\r\n";
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
    if (!result.ends_with("\r\n")) result += "\r\n";
    return result;
}

std::size_t longest_line(std::string_view text) {
    std::size_t longest = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        longest = std::max(longest, end);
        text.remove_prefix(end);
    }
    return longest;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return (octet < 32 && c != '\r' && c != '\n' && c != '\t') || octet == 127;
    });
}

std::string without_field(const std::string& text, std::string_view name) {
    const std::size_t begin = text.find(name);
    if (begin == std::string::npos) return text;
    return text.substr(0, begin) + text.substr(text.find("\r\n", begin) + 2);
}

}  // namespace

/// What is sent of a letter, with CRLF for line ends; nothing: it cannot be sent to this server.
std::optional<std::string> ReferenceClient::content_of(const Letter& letter) const {
    const bool binary = letter.is_binary && offers("BINARYMIME") && offers("CHUNKING");
    std::string content = binary || breaks("data-no-bare-lf") || breaks("data-no-bare-cr") ||
                                  breaks("data-smuggle-eod") || breaks("bdat-crlf")
                              ? letter.text
                              : with_crlf(letter.text);
    if (breaks("bcc-privacy")) content = "Bcc: carl@receiver.example\r\n" + content;
    if (breaks("msg-date-from")) content = without_field(content, "Date:");
    if (breaks("msg-single-fields")) content = "Subject: again\r\n" + content;
    if (breaks("msg-id")) content = without_field(content, "Message-ID:");
    if (breaks("msg-no-return-path")) content = "Return-Path: <ann@sender.example>\r\n" + content;
    if (breaks("msg-header-line")) content = "X-Long:" + std::string(992, 'x') + "\r\n" + content;
    if (breaks("8bit-mime-only")) content = without_field(content, "MIME-Version:");
    if (breaks("data-not-empty")) content.clear();
    content = changed(std::move(content));
    const bool line_too_long =
        longest_line(content) > 1000 && !breaks("data-line-1000") && !breaks("msg-header-line");
    const bool bad = !binary && has_control(content) && !breaks("data-no-control") &&
                     !breaks("data-smuggle-eod");
    const std::size_t body = content.find("\r\n\r\n");
    const bool header_eight_bit = !is_ascii(content.substr(0, body));
    const bool no_8bit = !is_ascii(content) && !offers("8BITMIME") && !breaks("data-7bit");
    const bool no_utf8 = header_eight_bit && !offers("SMTPUTF8") && !breaks("msg-header-ascii");
    const auto limit = offers("SIZE") ? parse_decimal(offers_.at("SIZE")) : std::nullopt;
    const bool too_big =
        limit && *limit != 0 && content.size() > *limit && !breaks("size-respect-limit");
    if (line_too_long || bad || no_8bit || no_utf8 || too_big) return std::nullopt;
    return content;
}

std::string ReferenceClient::mail_line(const Letter& letter, const std::string& content) const {
    std::string from = letter.from;
    if (breaks("null-sender-only-notices") || breaks("msg-auto-envelope"))
        from = breaks("msg-auto-envelope") ? "ann@sender.example" : "";
    std::string line = fmt::format("MAIL FROM:<{}>", from);
    if (breaks("mail-syntax")) line = fmt::format("MAIL FROM: <{}>", from);
    const bool params = esmtp_ || breaks("helo-no-esmtp");
    if (!params) return line;
    if ((offers("SIZE") && !breaks("size-declare") && !breaks("size-respect-limit")) ||
        breaks("helo-no-esmtp") || breaks("size-accurate")) {
        const std::size_t octets = breaks("size-accurate") ? content.size() / 2 : content.size();
        line += breaks("size-syntax") ? " SIZE=big" : fmt::format(" SIZE={}", octets);
    }
    const bool binary = letter.is_binary && offers("BINARYMIME") && offers("CHUNKING");
    if (binary || (breaks("binarymime-conditions") && letter.is_binary)) {
        line += " BODY=BINARYMIME";
    } else if (!is_ascii(content) && offers("8BITMIME") && !breaks("8bit-body-param")) {
        line += " BODY=8BITMIME";
    }
    if (breaks("ehlo-only-offered-params")) line += " BODY=8BITMIME";
    const bool utf8_needed = !is_ascii(letter.from) ||
                             !is_ascii(content.substr(0, content.find("\r\n\r\n"))) ||
                             std::any_of(letter.to.begin(), letter.to.end(),
                                         [](const auto& to) { return !is_ascii(to); });
    if ((utf8_needed && offers("SMTPUTF8") && !breaks("utf8-param-required")) ||
        breaks("utf8-param-unneeded"))
        line += " SMTPUTF8";
    if (breaks("mail-params-syntax")) line += "=yes";
    if (letter.asks_for_notices && (offers("DSN") || breaks("dsn-only-if-offered")))
        line += breaks("dsn-syntax") ? " ENVID=a=b" : " ENVID=a+3Db";
    const bool may_require = in_tls_ && options_.certificate.empty();
    if (letter.requires_tls && offers("REQUIRETLS") &&
        (may_require || breaks("requiretls-conditions")))
        line += " REQUIRETLS";
    if (letter.is_relayed && offers("AUTH"))
        line += breaks("auth-mail-param") ? " AUTH=a=b@c" : " AUTH=<>";
    return line;
}

std::string ReferenceClient::rcpt_line(const Letter& letter, const std::string& recipient) const {
    std::string line = fmt::format("RCPT TO:<{}>", recipient);
    if (breaks("rcpt-syntax")) line = fmt::format("RCPT TO:{}", recipient);
    if (breaks("addr-fqdn")) line = "RCPT TO:<bob@receiver>";
    if (breaks("addr-length"))
        line = fmt::format("RCPT TO:<{}@receiver.example>", std::string(65, 'x'));
    if (breaks("addr-no-source-route"))
        line = fmt::format("RCPT TO:<@relay.example:{}>", recipient);
    if (breaks("cmd-domain-ldh")) line = "RCPT TO:<bob@my_receiver.example>";
    if (breaks("addr-local-case")) line = ascii_lower(line).replace(0, 7, "RCPT TO");
    if (breaks("addr-min-quoting") && recipient.starts_with("bob@"))
        line = "RCPT TO:<\"bob\"" + recipient.substr(3) + ">";
    if (letter.asks_for_notices && esmtp_ && offers("DSN")) line += " NOTIFY=SUCCESS";
    if (!letter.notify.empty() && esmtp_ && offers("DSN")) line += " NOTIFY=" + letter.notify;
    return line;
}

bool ReferenceClient::transact(const Letter& letter) {
    const auto content = content_of(letter);
    if (!content) return true;
    const bool utf8 =
        !is_ascii(letter.from) || std::any_of(letter.to.begin(), letter.to.end(),
                                              [](const auto& to) { return !is_ascii(to); });
    if (utf8 && !offers("SMTPUTF8") && !breaks("utf8-not-without-ext")) return true;
    const bool has_line_end = std::any_of(
        letter.to.begin(), letter.to.end(),
        [](const std::string& to) { return to.find_first_of("\r\n") != std::string::npos; });
    if (has_line_end && !breaks("cmd-no-injection")) return true;
    const bool pipelining = offers("PIPELINING");
    const bool ahead = breaks("cmd-wait-reply");
    // A group ends with DATA, or with the last RCPT where BDAT follows.
    const bool chunks = (offers("CHUNKING") || breaks("bdat-only-if-offered")) &&
                        (options_.prefers_chunks || letter.is_binary) &&
                        !breaks("binarymime-conditions");
    std::vector<std::string> commands{mail_line(letter, *content)};
    if (breaks("cmd-order"))
        commands.insert(commands.begin(), rcpt_line(letter, letter.to.front()));
    if (breaks("cmd-no-nested-mail")) commands.push_back(commands.front());
    if (breaks("auth-not-in-transaction")) commands.emplace_back("AUTH PLAIN AGFubgBzZWNyZXQ=");
    const bool few =
        offers("LIMITS") && offers_.at("LIMITS") == "RCPTMAX=2" && !breaks("limits-rcptmax");
    // The others would have a transaction of their own.
    const std::size_t named = few ? std::min<std::size_t>(letter.to.size(), 2) : letter.to.size();
    for (std::size_t i = 0; i < named; ++i) commands.push_back(rcpt_line(letter, letter.to[i]));
    if (!chunks && !letter.only_asks)
        commands.emplace_back(breaks("cmd-no-args") ? "DATA now" : "DATA");
    if (breaks("pipe-last-in-group")) commands.insert(commands.begin(), "NOOP");
    std::vector<Reply> replies;
    if (pipelining || ahead) {
        std::string group;
        for (const std::string& command : commands) group += command + "\r\n";
        if (breaks("bdat-after-rcpt"))
            group += fmt::format("BDAT {} LAST\r\n{}", content->size(), *content);
        const std::size_t first = options_.first_segment_is_short ? group.find('\n') + 1 : 0;
        write(group.substr(0, first));
        write(group.substr(first));
        for (std::size_t i = 0; i < commands.size(); ++i) {
            replies.push_back(read());
            if (breaks("reply-coalesced") && !input_.empty()) {
                close();
                return false;
            }
        }
        if (breaks("bdat-after-rcpt")) {
            read();
            return true;
        }
    } else {
        bool accepted = false;
        for (const std::string& command : commands) {
            const bool data = command.starts_with("DATA");
            if (data && !accepted && !breaks("data-no-valid-rcpt") && !breaks("rcpt-all-rejected"))
                break;
            replies.push_back(ask(command));
            if (over() || replies.back().code == 421) {
                quit();
                return false;
            }
            if (command.starts_with("MAIL") && !replies.back().is(2) && replies.size() == 1) break;
            if (breaks("reply-551") && replies.back().code == 551)
                replies.back() = ask("RCPT TO:<other@receiver.example>");
            accepted = accepted || (command.starts_with("RCPT") && replies.back().is(2));
            if (breaks("rcpt-partial-deliver") && command.starts_with("RCPT") &&
                !replies.back().is(2)) {
                accepted = false;
                break;
            }
        }
    }
    if (breaks("pipe-last-in-group")) replies.erase(replies.begin());
    if (breaks("cmd-order")) replies.erase(replies.begin());
    if (breaks("cmd-no-nested-mail") || breaks("auth-not-in-transaction"))
        replies.erase(replies.begin() + 1);
    const Reply& mail = replies.front();
    if (mail.code == 421) {
        if (breaks("reply-421-async")) std::fill(codes_.begin(), codes_.end(), 554);
        quit();
        return false;
    }
    const auto first_rcpt = replies.begin() + 1;
    const auto last_rcpt =
        replies.begin() + static_cast<std::ptrdiff_t>(std::min(replies.size(), 1 + named));
    const bool accepted =
        first_rcpt < last_rcpt &&
        std::any_of(first_rcpt, last_rcpt, [](const Reply& one) { return one.is(2); });
    for (auto reply = first_rcpt; reply < last_rcpt; ++reply) {
        codes_[static_cast<std::size_t>(reply - first_rcpt)] = reply->is(2) ? 1 : reply->code;
    }
    if (breaks("pipe-check-all")) std::fill(codes_.begin(), codes_.end(), codes_.back());
    if (breaks("pipe-count-match")) std::rotate(codes_.begin(), codes_.begin() + 1, codes_.end());
    if (breaks("pipe-not-multiline")) {
        Codes by_line;
        for (auto reply = first_rcpt; reply < last_rcpt; ++reply)
            by_line.insert(by_line.end(), reply->lines.size(), reply->is(2) ? 1 : reply->code);
        by_line.resize(codes_.size());
        codes_ = by_line;
    }
    if (!mail.is(2)) {
        std::fill(codes_.begin(), codes_.end(), mail.code);
        // Nothing can be taken back of a message that is waited for.
        if (replies.back().code == 354) {
            close();
            return false;
        }
        if (breaks("auth-530") && mail.code == 530) ask(commands.front());
        if (breaks("mail-555-455") && mail.code == 555) ask(commands.front());
        if (breaks("size-552-mail") && mail.code == 552) ask(commands[1]);
        if (breaks("pipe-mail-rejected")) ask(commands[1]);
        return give_up(true);
    }
    if (chunks) return accepted ? send_chunks(*content, accepted) : give_up(true);
    const bool asked = replies.size() > 1 + named;
    if (!asked) return give_up(true);
    return send_data(*content, accepted, replies.back());
}

void ReferenceClient::decided(int code) {
    std::replace(codes_.begin(), codes_.end(), 1, code);
}

/// The transaction is over without a message. RSET, so that the session can go on.
bool ReferenceClient::give_up(bool session_goes_on) {
    if (over() || told_421_) {
        quit();
        return false;
    }
    if (!breaks("rset-after-fail")) ask("RSET");
    return session_goes_on;
}

std::string ReferenceClient::wire_form(const std::string& content) const {
    std::string wire;
    bool at_start = true;
    for (const char c : content) {
        if (at_start && c == '.' && !breaks("data-dot-stuff")) wire += '.';
        if (at_start && c == '.' && breaks("data-dot-boundaries") && &c - content.data() > 512)
            wire += '.';
        wire += c;
        at_start = c == '\n' && (wire.size() < 2 || wire[wire.size() - 2] == '\r');
    }
    if (breaks("data-terminator")) return wire + ".\n";
    return wire + ".\r\n";
}

bool ReferenceClient::send_data(const std::string& content, bool accepted, const Reply& go_ahead) {
    if (go_ahead.code != 354) decided(go_ahead.code);
    const bool may = go_ahead.code == 354 || (breaks("data-only-after-354") &&
                                              (go_ahead.code == 250 || go_ahead.code == 334));
    if (!may) return give_up(true);
    const bool wanted = accepted || breaks("pipe-354-no-rcpt") || breaks("rcpt-all-rejected");
    std::string wire = wanted ? wire_form(content) : ".\r\n";
    if (breaks("data-nothing-after-dot")) wire += "NOOP\r\n";
    write(wire);
    if (breaks("timeout-data-block")) {
        run_.advance(1min);
        if (run_.unread(connection_) != 0) {
            run_.reset(connection_);
            return false;
        }
    }
    const Reply verdict =
        read(breaks("timeout-data-term") ? Duration{1min} : patience_for_data_term);
    if (accepted) decided(verdict.code);
    in_doubt_ = accepted && verdict.code == 0;
    if (breaks("data-terminator") || verdict.code == 0) {
        close();
        return false;
    }
    if (breaks("data-nothing-after-dot")) read();
    told_421_ = told_421_ || verdict.code == 421;
    if (told_421_) quit();
    return !told_421_;
}

bool ReferenceClient::send_chunks(const std::string& text, bool) {
    const std::string content = breaks("bdat-no-stuffing") ? wire_form(text) : text;
    for (std::size_t at = 0; at < content.size(); at += chunk_octets) {
        const std::string piece = content.substr(at, chunk_octets);
        const bool last = at + chunk_octets >= content.size();
        const std::size_t said =
            breaks("bdat-exact-size") && at == 0 ? piece.size() - 4 : piece.size();
        const bool says_last = last && !breaks("bdat-last");
        write(fmt::format("BDAT {}{}\r\n{}", said, says_last ? " LAST" : "", piece));
        const Reply reply = read();
        told_421_ = told_421_ || reply.code == 421;
        if (breaks("bdat-no-mix")) {
            ask("DATA");
            return give_up(true);
        }
        if (breaks("bdat-exact-size") && at == 0) {
            quit();
            return false;
        }
        if (last || !reply.is(2)) decided(reply.code);
        if (!reply.is(2) && !breaks("bdat-stop-on-error")) {
            if (breaks("bdat-rset-after-fail")) ask("NOOP");
            return give_up(true);
        }
    }
    return true;
}

}  // namespace fakemx::test
