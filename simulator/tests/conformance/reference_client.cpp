// A client by the book, and its ways to be wrong: octets, replies and the session. reference_transaction.cpp and
// reference_security.cpp have the rest.
#include "conformance/reference_client.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"
#include "smtp/reply.h"
#include "support/virtual_driver.h"

namespace fakemx::test {

std::vector<ReferenceClient::Codes> ReferenceClient::deliver(const std::vector<Letter>& letters,
                                                             std::size_t host,
                                                             const std::string& at) {
    std::vector<Codes> results;
    for (const Letter& letter : letters) results.emplace_back(letter.to.size(), 0);
    closed_ = told_421_ = in_tls_ = esmtp_ = in_doubt_ = false;
    opened_at_ = run_.now();
    input_.clear();
    offers_.clear();
    refused_at_once_ = 0;
    if (!open(host, at)) {
        for (Codes& codes : results) std::fill(codes.begin(), codes.end(), refused_at_once_);
        return results;
    }
    std::size_t sent = 0;
    for (const Letter& letter : letters) {
        // The others would go over another connection.
        const bool at_limit = offers("LIMITS") && offers_.at("LIMITS") == "MAILMAX=2" && sent == 2;
        if ((sent == 100 && !breaks("reuse-limit")) || (at_limit && !breaks("limits-mailmax")))
            break;
        ++sent;
        if (letter.pause != Duration::zero()) {
            const bool too_long = letter.pause > 4min;
            // A session that would idle for too long is ended.
            if (too_long && !breaks("reuse-idle")) break;
            run_.advance(letter.pause);
        }
        if (breaks("reuse-after-tls-caps") && sent == 2) offers_ = offered_in_clear_;
        Letter own = letter;
        if (breaks("reuse-independent") && sent > 1)
            own.to.insert(own.to.end(), letters.front().to.begin(), letters.front().to.end());
        codes_.assign(own.to.size(), 0);
        const bool goes_on = breaks("one-copy-many-rcpt") ? transact_for_each(own) : transact(own);
        std::replace(codes_.begin(), codes_.end(), 1, 0);
        results[sent - 1] = codes_;
        if (!goes_on) return results;
    }
    quit();
    return results;
}

// --- Octets and replies.

void ReferenceClient::write(std::string_view octets) {
    if (!over()) run_.send(connection_, octets);
}

void ReferenceClient::close() {
    if (!over()) run_.finish(connection_);
    closed_ = true;
}

ReferenceClient::Reply ReferenceClient::read() {
    return read(patience_for_data_term);
}

ReferenceClient::Reply ReferenceClient::read(Duration patience) {
    Reply reply;
    const Instant until = later(run_.now(), patience);
    const std::string_view line_end = breaks("reply-bare-lf") ? "\r\n" : "\n";
    int pieces = 0;
    while (true) {
        const std::string received = run_.received(connection_);
        if (!received.empty()) ++pieces;
        input_ += received;
        for (std::size_t end = input_.find(line_end); end != std::string::npos;
             end = input_.find(line_end)) {
            end += line_end.size() - 1;
            std::string text = input_.substr(0, end);
            if (text.ends_with('\r')) text.pop_back();
            input_.erase(0, end + 1);
            const auto code = parse_decimal(std::string_view{text}.substr(0, 3));
            const bool well_formed =
                text.size() >= 3 && code && (text.size() == 3 || text[3] == ' ' || text[3] == '-');
            if (!well_formed || (breaks("reply-split") && pieces > 1)) return understood({});
            if (breaks("reply-overlong") && text.size() > 512) continue;
            const bool other_code = !reply.lines.empty() && reply.code != static_cast<int>(*code);
            if (breaks("reply-mixed-multiline") && other_code) {
                input_ = text + "\r\n" + input_;
                return understood(std::move(reply));
            }
            reply.code = static_cast<int>(*code);
            reply.lines.push_back(text.size() > 4 ? text.substr(4) : "");
            if (text.size() == 3 || text[3] == ' ') return understood(std::move(reply));
        }
        if (over()) return {};
        if (!run_.advance_to_next(until)) {
            run_.advance(until - run_.now());
            // A reply that never comes: the connection is of no use any more.
            if (breaks("timeout-no-reuse")) return {};
            if (options_.says_quit_when_tired) {
                write("QUIT\r\n");
                run_.advance(10min);
            }
            close();
            return {};
        }
    }
}

/// The reply as this client takes it.
ReferenceClient::Reply ReferenceClient::understood(Reply reply) const {
    const auto broken = [&](bool bad) { return bad ? Reply{} : reply; };
    if (reply.code == 0) {
        if (breaks("reply-out-of-range")) return {.code = 250, .lines = {""}};
        return reply;
    }
    if (breaks("reply-out-of-range") && (reply.code < 200 || reply.code > 599))
        return {.code = 250, .lines = {""}};
    if (reply.code < 200 || reply.code > 599) return {};
    const std::string& text = reply.lines.back();
    const auto longest =
        std::max_element(reply.lines.begin(), reply.lines.end(), [](const auto& a, const auto& b) {
            return a.size() < b.size();
        })->size();
    if (breaks("reply-multiline")) return broken(reply.lines.size() > 1 && !in_hello_);
    if (breaks("reply-long-multiline")) return broken(reply.lines.size() > 49);
    if (breaks("reply-bare-code")) return broken(text.empty());
    if (breaks("reply-line-512") && !options_.cuts_long_lines) return broken(longest > 500);
    if (breaks("reply-first-digit")) return broken(reply.code == 259);
    if (breaks("reply-251") || breaks("utf8-251")) return broken(reply.code == 251);
    if (breaks("reply-code-only") && text.find("reject") != std::string::npos) reply.code = 550;
    if (breaks("reply-3yz-unexpected") && reply.code == 350) reply.code = 250;
    if (breaks("reply-enhanced-mismatch")) {
        const auto enhanced =
            smtp::parse_enhanced_code(std::string_view{text}.substr(0, text.find(' ')));
        if (enhanced) reply.code = enhanced->status_class * 100 + 50;
    }
    return reply;
}

Duration ReferenceClient::patience_for(std::string_view line) const {
    if (breaks("timeout-exists") || breaks("reply-overlong") || breaks("reply-bare-lf")) return 24h;
    if (breaks("timeout-per-command")) return later(opened_at_, 15min + 10s) - run_.now();
    const auto is = [&](std::string_view verb) { return line.starts_with(verb); };
    const bool hasty =
        (is("EHLO") && breaks("timeout-ehlo")) || (is("MAIL") && breaks("timeout-mail")) ||
        (is("RCPT") && breaks("timeout-rcpt")) || (is("DATA") && breaks("timeout-data-init"));
    if (hasty) return 1min;
    return is("DATA") ? Duration{2min} : Duration{5min};
}

/// What has come unasked answers nothing, and is thrown away. True: it says that the session is over.
bool ReferenceClient::told_unasked() {
    input_ += run_.received(connection_);
    told_421_ = told_421_ || input_.starts_with("421");
    return !std::exchange(input_, {}).empty() && told_421_;
}

ReferenceClient::Reply ReferenceClient::ask(std::string_view line) {
    if (over()) return {};
    if (!breaks("reply-extra") && !breaks("reply-mixed-multiline") && !options_.trusts_its_buffer &&
        told_unasked())
        return {.code = 421, .lines = {""}};
    const std::string_view end = breaks("cmd-crlf") && line.starts_with("NOOP") ? "\n" : "\r\n";
    write(std::string{line} + std::string{end});
    // Where an address was taken for more than it is.
    for (std::size_t at = line.find('\n'); at != std::string_view::npos;
         at = line.find('\n', at + 1))
        read();
    Reply reply = read(patience_for(line));
    if (options_.cuts_long_lines && std::exchange(spoilt_, false)) return {};
    spoilt_ = std::any_of(reply.lines.begin(), reply.lines.end(), [&](const std::string& text) {
        return breaks("reply-line-512") && text.size() > 500;
    });
    told_421_ = told_421_ || reply.code == 421;
    return reply;
}

// --- The session.

bool ReferenceClient::open(std::size_t host, const std::string& at) {
    connection_ = run_.connect(host, options_.address, at);
    if (options_.implicit_tls && !begin_in_tls()) return false;
    if (breaks("greet-wait")) write(fmt::format("EHLO {}\r\n", options_.helo));
    const Reply greeting = read(breaks("timeout-greeting") ? Duration{1min} : Duration{5min});
    if (breaks("greet-wait")) {
        esmtp_ = true;
        const Reply reply = read();
        read_offers(reply);
        return reply.is(2);
    }
    refused_at_once_ = greeting.is(2) ? 0 : greeting.code;
    if (greeting.is(5)) {
        if (breaks("greet-5yz-quit")) ask("MAIL FROM:<ann@sender.example>");
        quit();
        return false;
    }
    if (!greeting.is(2)) {
        if (breaks("greet-out-of-range")) ask("MAIL FROM:<ann@sender.example>");
        quit();
        return false;
    }
    if (breaks("greet-multiline") && greeting.lines.size() > 2) {
        ask("NOOP");
    }
    if (breaks("cmd-crlf")) {
        ask("NOOP");
        close();
        return false;
    }
    if (breaks("ehlo-before-mail")) return true;
    if (!say_hello(false)) return false;
    return secure();
}

bool ReferenceClient::say_hello(bool again) {
    if (breaks("ehlo-first") && !again) {
        esmtp_ = false;
        const Reply reply = ask("HELO " + options_.helo);
        offers_.clear();
        if (!reply.is(2)) quit();
        return reply.is(2);
    }
    std::string name = options_.helo;
    if (breaks("ehlo-arg-fqdn")) name = "localhost";
    if (breaks("ehlo-literal-syntax")) name = "[::1]";
    if (breaks("ehlo-literal-own-address")) name = "[127.0.0.1]";
    if (breaks("ehlo-no-trailing-text")) name += " ";
    if (breaks("ehlo-ascii")) name = "m\xc3\xa4il.sender.example";
    if (breaks("cmd-line-512")) ask("NOOP " + std::string(600, 'x'));
    if (breaks("cmd-verbs-known")) ask("TURN");
    if (breaks("cmd-ascii")) ask("NOOP \xff");
    in_hello_ = true;
    Reply reply;
    if (breaks("pipe-only-if-offered") || (breaks("pipe-fresh-after-tls") && again)) {
        write("EHLO " + name + "\r\nNOOP\r\n");
        reply = read();
        read();
    } else {
        reply = ask("EHLO " + name);
    }
    in_hello_ = false;
    const bool not_understood = reply.code == 500 || reply.code == 502;
    if (not_understood && options_.needs_tls) return leave(0);
    if ((not_understood && !breaks("ehlo-fallback-helo")) ||
        (breaks("ehlo-421-no-helo") && reply.code == 421)) {
        esmtp_ = false;
        offers_.clear();
        reply = ask("HELO " + (breaks("helo-arg-domain") ? "[192.0.2.1]" : options_.helo));
        if (!reply.is(2)) quit();
        return reply.is(2);
    }
    if (!reply.is(2)) {
        quit();
        return false;
    }
    esmtp_ = true;
    read_offers(reply);
    const bool stumbles = (breaks("ehlo-unknown-keywords") && offers("X-FOO")) ||
                          (breaks("size-zero") && offers("SIZE")) ||
                          (breaks("limits-malformed") && offers("LIMITS"));
    if (stumbles) quit();
    return !stumbles;
}

void ReferenceClient::read_offers(const Reply& reply) {
    offers_.clear();
    add_offers(reply);
    remembers_none_ = remembers_none_ || (breaks("ehlo-not-cached") && offers_.empty());
    if (remembers_none_) offers_.clear();
}

void ReferenceClient::add_offers(const Reply& reply) {
    for (std::size_t i = 1; i < reply.lines.size(); ++i) {
        const std::string& text = reply.lines[i];
        const std::size_t blank = text.find_first_of(" =");
        const std::string word = text.substr(0, blank);
        offers_[breaks("ehlo-keywords-caseless") ? word : ascii_upper(word)] =
            blank == std::string::npos ? "" : text.substr(blank + 1);
        if (breaks("utf8-ehlo-params-ignored") && offers("SMTPUTF8") &&
            !offers_.at("SMTPUTF8").empty())
            offers_.erase("SMTPUTF8");
    }
}

void ReferenceClient::quit() {
    if (over()) return;
    if (breaks("reply-421-any") && told_421_) ask("MAIL FROM:<ann@sender.example>");
    if (told_421_ || breaks("quit-sent")) return close();
    if (breaks("quit-wait-221")) {
        write("QUIT\r\n");
        run_.reset(connection_);
        closed_ = true;
        return;
    }
    if (breaks("quit-nothing-after")) {
        write("QUIT\r\nNOOP\r\n");
        read();
        return close();
    }
    ask("QUIT");
    close();
}

}  // namespace fakemx::test
