// The situations, chapter by chapter.
#include "conformance/situations.h"

#include <fmt/format.h>

#include "conformance/situation_words.h"

namespace fakemx::test {

namespace {

void add_session(std::vector<Situation>& all) {
    all.push_back({.rule = "greet-wait",
                   .hooks = answers("connect", R"(mx.reply(220, nil, "mx ESMTP"):after "30s")")});
    all.push_back(
        {.rule = "greet-multiline",
         .hooks = answers("connect", R"(mx.reply(220, nil, { "a", "b", "c", "d", "e" }))"),
         .beside = {"ehlo-first"}});
    all.push_back({.rule = "greet-5yz-quit",
                   .hooks = answers("connect", R"(mx.reply(554, nil, "no service"))"),
                   .beside = {"ehlo-first", "ehlo-before-mail"}});
    all.push_back({.rule = "greet-out-of-range",
                   .hooks = answers("connect", R"(mx.raw "HTTP/1.1 400 Bad Request\r\n")"),
                   .beside = {"ehlo-first", "ehlo-before-mail"}});
    all.push_back({.rule = "ehlo-first"});
    all.push_back({.rule = "ehlo-before-mail", .beside = {"ehlo-first"}});
    all.push_back({.rule = "ehlo-fallback-helo",
                   .fields = std::string{bare},
                   .hooks = answers("ehlo", R"(mx.reply(502, nil, "no"))")});
    all.push_back({.rule = "ehlo-421-no-helo",
                   .hooks = answers("ehlo", R"(mx.reply(421, nil, "busy"):then_stay())")});
    all.push_back({.rule = "ehlo-arg-fqdn"});
    all.push_back({.rule = "ehlo-literal-syntax", .client = {.helo = "[192.0.2.1]"}});
    all.push_back({.rule = "ehlo-literal-own-address", .client = {.helo = "[192.0.2.1]"}});
    all.push_back({.rule = "ehlo-no-trailing-text"});
    all.push_back({.rule = "helo-arg-domain",
                   .fields = std::string{bare},
                   .hooks = answers("ehlo", R"(mx.reply(502, nil, "no"))")});
    all.push_back({.rule = "ehlo-ascii"});
    all.push_back({.rule = "ehlo-only-offered-params", .fields = std::string{bare}});
    all.push_back({.rule = "helo-no-esmtp",
                   .fields = std::string{bare},
                   .hooks = answers("ehlo", R"(mx.reply(502, nil, "no"))"),
                   .beside = {"ehlo-only-offered-params"}});
}

void add_commands(std::vector<Situation>& all) {
    all.push_back({.rule = "cmd-crlf"});
    all.push_back({.rule = "cmd-line-512", .beside = {"ehlo-first"}});
    all.push_back({.rule = "cmd-ascii", .beside = {"ehlo-first"}});
    all.push_back({.rule = "cmd-no-args", .fields = std::string{bare}});
    all.push_back({.rule = "cmd-verbs-known", .beside = {"ehlo-first"}});
    all.push_back({.rule = "cmd-wait-reply",
                   .fields = std::string{no_pipelining},
                   .hooks = answers("mail", R"(mx.accept():after "2s")")});
    all.push_back({.rule = "cmd-order", .fields = std::string{no_pipelining}});
    all.push_back({.rule = "cmd-no-nested-mail",
                   .fields = std::string{bare},
                   .letters = {letter(), letter()}});
    all.push_back({.rule = "cmd-domain-ldh"});
    all.push_back({.rule = "mail-syntax"});
    all.push_back({.rule = "rcpt-syntax"});
    all.push_back({.rule = "addr-fqdn"});
    all.push_back({.rule = "addr-length"});
    all.push_back({.rule = "addr-no-source-route"});
    all.push_back({.rule = "mail-params-syntax",
                   .fields = R"(extensions = { "SMTPUTF8", "8BITMIME" })",
                   .letters = {letter("Hello.\r\n",
                                      "X-Greeting: gr\xc3\xbc\xc3\x9f\x65\r\nMIME-Version: "
                                      "1.0\r\nContent-Transfer-Encoding: 8bit\r\n")}});
    all.push_back({.rule = "null-sender-only-notices"});
    all.push_back({.rule = "bcc-privacy"});
}

void add_data(std::vector<Situation>& all) {
    all.push_back({.rule = "data-only-after-354",
                   .fields = std::string{bare},
                   .hooks = answers("data", R"(mx.reply(250, nil, "go"))")});
    all.push_back({.rule = "data-no-valid-rcpt",
                   .fields = std::string{bare},
                   .hooks = answers("rcpt", "mx.reject()")});
    all.push_back({.rule = "data-dot-stuff", .letters = {letter(".\r\n..\r\n.x\r\n")}});
    all.push_back({.rule = "data-terminator"});
    all.push_back({.rule = "data-no-bare-lf", .letters = {letter("one\ntwo\r\n")}});
    all.push_back({.rule = "data-no-bare-cr", .letters = {letter("one\rtwo\r\n")}});
    all.push_back({.rule = "data-smuggle-eod",
                   .letters = {letter("one\r\n" + std::string{"\0.\r\n", 4} + "two\r\n"), letter()},
                   .beside = {"data-no-control"}});
    all.push_back(
        {.rule = "data-line-1000", .letters = {letter(std::string(1200, 'x') + "\r\n"), letter()}});
    all.push_back({.rule = "data-7bit",
                   .fields = std::string{bare},
                   .letters = {letter("gr\xc3\xbcn\r\n", mime), letter()}});
    all.push_back({.rule = "data-no-control", .letters = {letter("bell \a\r\n"), letter()}});
    all.push_back({.rule = "data-not-empty"});
    all.push_back({.rule = "data-nothing-after-dot",
                   .fields = std::string{bare},
                   .hooks = answers("message", R"(mx.accept():after "60s")")});
}

void add_replies(std::vector<Situation>& all) {
    const std::string fields{bare};
    all.push_back(
        {.rule = "reply-multiline",
         .fields = fields,
         .hooks = answers("mail", R"(mx.reply(250, nil, { "250-one", "two", "three" }))")});
    std::string many = "local lines = {} for i = 1, 100 do lines[i] = \"line \" .. i end\n";
    all.push_back({.rule = "reply-long-multiline",
                   .fields = fields,
                   .hooks = on("mail", many + "return mx.reply(250, nil, lines)")});
    all.push_back({.rule = "reply-bare-code",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.raw "250\r\n")")});
    all.push_back({.rule = "reply-code-only",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.reply(250, nil, "error: rejected"))")});
    all.push_back({.rule = "reply-first-digit",
                   .fields = fields,
                   .hooks = on("mail", R"(if mx.state("times"):add("mail") == 1 then
    return mx.reply(459, nil, "later") end
  return mx.reply(259, nil, "fine"))"),
                   .letters = {letter(), letter()}});
    all.push_back({.rule = "reply-3yz-unexpected",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.reply(350, nil, "more"))")});
    all.push_back({.rule = "reply-out-of-range",
                   .fields = fields,
                   .hooks = first_time("rcpt", R"(mx.raw "650 what\r\n")")});
    all.push_back({.rule = "reply-421-any",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.reply(421, nil, "busy"):then_stay())")});
    all.push_back({.rule = "reply-line-512",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.reply(250, nil, string.rep("x", 506)))")});
    all.push_back({.rule = "reply-enhanced-mismatch",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.reply(250, nil, "5.0.0 fine"))")});
    all.push_back({.rule = "reply-251",
                   .fields = fields,
                   .hooks = answers("rcpt", R"(mx.reply(251, nil, "will forward"))")});
    const std::string second =
        "if mx.state(\"times\"):add(\"rcpt\") == 2 then return mx.reject() end";
    all.push_back({.rule = "rcpt-partial-deliver",
                   .fields = fields,
                   .hooks = on("rcpt", second),
                   .letters = {to({"a@receiver.example", "b@receiver.example"})}});
    all.push_back(
        {.rule = "rcpt-all-rejected", .fields = fields, .hooks = answers("rcpt", "mx.reject()")});
    all.back().fields += R"(, replies = { no_recipients = "354 go ahead" })";
}

void add_session_end(std::vector<Situation>& all) {
    all.push_back({.rule = "quit-sent"});
    all.push_back({.rule = "quit-wait-221", .hooks = answers("quit", R"(mx.accept():after "1s")")});
    all.push_back({.rule = "rset-after-fail",
                   .fields = std::string{bare},
                   .hooks = first_time("rcpt", "mx.defer()"),
                   .letters = {letter(), letter()},
                   .beside = {"cmd-no-nested-mail"}});
    Letter later = letter();
    later.pause = 6min;
    all.push_back(
        {.rule = "reuse-idle", .fields = R"(idle_timeout = "1h")", .letters = {letter(), later}});
    all.push_back({.rule = "reuse-limit", .letters = std::vector<Letter>(101, letter())});
}

void add_timeouts(std::vector<Situation>& all) {
    const std::string fields{bare};
    all.push_back({.rule = "timeout-greeting",
                   .fields = fields,
                   .hooks = answers("connect", R"(mx.reply(220, nil, "mx"):after "295s")")});
    all.push_back({.rule = "timeout-ehlo",
                   .fields = fields,
                   .hooks = answers("ehlo", R"(mx.accept():after "295s")")});
    all.push_back({.rule = "timeout-mail",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.accept():after "295s")")});
    all.push_back({.rule = "timeout-rcpt",
                   .fields = fields,
                   .hooks = answers("rcpt", R"(mx.accept():after "295s")")});
    all.push_back({.rule = "timeout-data-init",
                   .fields = fields,
                   .hooks = answers("data", R"(mx.accept():after "115s")")});
    all.push_back({.rule = "timeout-data-term",
                   .fields = fields,
                   .hooks = answers("message", R"(mx.accept():after "595s")")});
    all.push_back(
        {.rule = "timeout-exists", .fields = fields, .hooks = answers("mail", "mx.silence()")});
}

void add_limits(std::vector<Situation>& all) {
    const auto offering = [](std::string_view line) {
        return answers("ehlo",
                       fmt::format(R"(mx.reply(250, nil, {{ "mx", "{}", "HELP" }}))", line));
    };
    all.push_back({.rule = "ehlo-unknown-keywords",
                   .hooks = offering("X-FOO a b c"),
                   .beside = {"reply-multiline"}});
    all.push_back(
        {.rule = "size-zero", .hooks = offering("SIZE 0"), .beside = {"reply-multiline"}});
    all.push_back({.rule = "limits-malformed",
                   .hooks = offering("LIMITS MAILMAX=abc"),
                   .beside = {"reply-multiline"}});
    all.push_back({.rule = "limits-mailmax",
                   .fields = R"(extensions = { "LIMITS MAILMAX=2" })",
                   .letters = {letter(), letter(), letter()}});
    all.push_back(
        {.rule = "limits-rcptmax",
         .fields = R"(extensions = { "LIMITS RCPTMAX=2" })",
         .letters = {to({"a@receiver.example", "b@receiver.example", "c@receiver.example"})}});
}

void add_extensions(std::vector<Situation>& all) {
    all.push_back({.rule = "pipe-only-if-offered",
                   .fields = std::string{bare},
                   .beside = {"pipe-last-in-group"}});
    all.push_back({.rule = "pipe-last-in-group"});
    all.push_back({.rule = "pipe-354-no-rcpt",
                   .fields = R"(replies = { no_recipients = "354 go ahead" })",
                   .hooks = answers("rcpt", "mx.reject()")});
    all.push_back(
        {.rule = "pipe-mail-rejected", .hooks = answers("mail", R"(mx.reject():after "1s")")});
    const std::string size = R"(extensions = { SIZE = "1000" })";
    all.push_back(
        {.rule = "size-respect-limit",
         .fields = size,
         .letters = {letter(std::string(900, 'x') + "\r\n" + std::string(900, 'x') + "\r\n"),
                     letter()}});
    std::string large;
    for (int i = 0; i < 1000; ++i) large += std::string(70, 'x') + "\r\n";
    all.push_back({.rule = "size-declare", .letters = {letter(large)}});
    all.push_back({.rule = "size-accurate"});
    all.push_back({.rule = "size-syntax"});
    all.push_back({.rule = "size-552-mail",
                   .fields = std::string{no_pipelining},
                   .hooks = answers("mail", R"(mx.reply(552, nil, "too big"))"),
                   .beside = {"cmd-order"}});
    all.push_back({.rule = "8bit-body-param", .letters = {letter("gr\xc3\xbcn\r\n", mime)}});
    all.push_back({.rule = "8bit-mime-only", .letters = {letter("gr\xc3\xbcn\r\n", mime)}});
    Letter utf8 = letter();
    utf8.to = {"gr\xc3\xbcn@receiver.example"};
    const std::string smtputf8 = R"(extensions = { "SMTPUTF8", "8BITMIME" })";
    all.push_back(
        {.rule = "utf8-not-without-ext", .fields = std::string{bare}, .letters = {utf8, letter()}});
    all.push_back({.rule = "utf8-param-required", .fields = smtputf8, .letters = {utf8}});
    all.push_back({.rule = "utf8-param-unneeded", .fields = smtputf8});

    const ClientOptions chunks{.prefers_chunks = true};
    const std::string offered{chunking};
    all.push_back({.rule = "bdat-only-if-offered",
                   .fields = std::string{bare},
                   .client = chunks,
                   .beside = {"cmd-verbs-known"}});
    all.push_back({.rule = "bdat-after-rcpt",
                   .fields = R"(extensions = { "CHUNKING", "PIPELINING" })",
                   .client = chunks});
    all.push_back({.rule = "bdat-exact-size",
                   .fields = offered,
                   .client = chunks,
                   .beside = {"cmd-verbs-known"}});
    all.push_back({.rule = "bdat-last", .fields = offered, .client = chunks});
    const std::string refuse_second =
        "if mx.state(\"times\"):add(\"bdat\") == 2 then return mx.defer() end";
    all.push_back({.rule = "bdat-stop-on-error",
                   .fields = offered,
                   .hooks = on("bdat", refuse_second),
                   .client = chunks});
    all.push_back({.rule = "bdat-rset-after-fail",
                   .fields = offered,
                   .hooks = on("bdat", refuse_second),
                   .client = chunks});
    all.push_back({.rule = "bdat-no-mix", .fields = offered, .client = chunks});
    all.push_back({.rule = "bdat-crlf",
                   .fields = offered,
                   .letters = {letter("one\ntwo\r\n")},
                   .client = chunks});
    Letter binary = letter("one\ntwo\r\n");
    binary.is_binary = true;
    all.push_back({.rule = "binarymime-conditions",
                   .fields = R"(extensions = { "BINARYMIME", "CHUNKING" })",
                   .letters = {binary}});
}

void add_security(std::vector<Situation>& all) {
    const std::string tls{starttls};
    all.push_back({.rule = "tls-opportunistic", .fields = tls});
    all.push_back({.rule = "tls-ehlo-after", .fields = tls});
    Letter notices = letter();
    notices.asks_for_notices = true;
    all.push_back({.rule = "tls-discard-caps", .fields = tls, .letters = {notices}});
    all.push_back({.rule = "tls-no-second", .fields = tls});
    all.push_back({.rule = "tls-no-args", .fields = tls});
    all.push_back(
        {.rule = "pipe-fresh-after-tls", .fields = tls, .beside = {"pipe-only-if-offered"}});
    all.push_back({.rule = "tls-min-version", .fields = tls});

    const ClientOptions password{.has_password = true};
    const std::string users{auth};
    all.push_back({.rule = "auth-only-if-offered", .fields = users, .client = password});
    all.push_back({.rule = "auth-not-in-transaction", .fields = users, .client = password});
    all.push_back({.rule = "auth-once", .fields = users, .client = password});
    all.push_back({.rule = "auth-pipeline-last", .fields = users, .client = password});
    all.push_back({.rule = "auth-no-storm",
                   .fields = users,
                   .hooks = answers("auth", R"(mx.reply(535, nil, "no"))"),
                   .client = password});
    all.push_back({.rule = "auth-530", .fields = users + ", auth_required = true"});
    Letter relayed = letter();
    relayed.is_relayed = true;
    all.push_back(
        {.rule = "auth-mail-param", .fields = users, .letters = {relayed}, .client = password});

    all.push_back(
        {.rule = "dsn-only-if-offered", .fields = std::string{bare}, .letters = {notices}});
    all.push_back(
        {.rule = "dsn-syntax", .fields = R"(extensions = { "DSN" })", .letters = {notices}});
}

void add_message(std::vector<Situation>& all) {
    all.push_back({.rule = "msg-date-from"});
    all.push_back({.rule = "msg-single-fields"});
    all.push_back({.rule = "msg-id"});
    all.push_back({.rule = "msg-header-line"});
    all.push_back({.rule = "msg-header-ascii",
                   .fields = R"(extensions = { "8BITMIME" })",
                   .letters = {letter("Hello.\r\n",
                                      "X-Greeting: gr\xc3\xbc\xc3\x9f\x65\r\nMIME-Version: "
                                      "1.0\r\nContent-Transfer-Encoding: 8bit\r\n"),
                               letter()}});
    all.push_back({.rule = "msg-no-return-path"});
    Letter vacation = letter("Away.\r\n", "Auto-Submitted: auto-replied\r\n");
    vacation.from = "";
    all.push_back({.rule = "msg-auto-envelope", .letters = {vacation}});
}

}  // namespace

std::vector<Situation> situations() {
    std::vector<Situation> all;
    add_session(all);
    add_commands(all);
    add_data(all);
    add_replies(all);
    add_session_end(all);
    add_timeouts(all);
    add_limits(all);
    add_extensions(all);
    add_security(all);
    add_message(all);
    add_queue(all);
    add_names(all);
    add_results(all);
    add_sessions(all);
    add_steps(all);
    for (Situation& one : all) {
        if (one.letters.empty()) one.letters = {letter()};
    }
    return all;
}

}  // namespace fakemx::test
