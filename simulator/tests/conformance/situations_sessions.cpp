// TLS and AUTH in full, replies in odd forms, groups of commands, and sessions that are used again.
#include "conformance/situation_words.h"

namespace fakemx::test {

namespace {

constexpr std::string_view second_refused =
    "if mx.state(\"times\"):add(\"rcpt\") == 2 then return mx.reject() end";

void add_tls(std::vector<Situation>& all) {
    const std::string tls{starttls};
    all.push_back({.rule = "tls-no-cmd-before-hs", .fields = tls});
    all.push_back({.rule = "tls-1.3", .fields = tls});
    all.push_back({.rule = "tls-sni", .fields = tls});
    all.push_back({.rule = "tls-anon-ciphers", .fields = tls});
    all.push_back({.rule = "tls-implicit",
                   .fields = "tls = { implicit = true }",
                   .client = {.implicit_tls = true}});
    Letter notices = letter();
    notices.asks_for_notices = true;
    all.push_back({.rule = "reuse-after-tls-caps", .fields = tls, .letters = {notices, notices}});
    Letter guarded = letter();
    guarded.requires_tls = true;
    all.push_back(
        {.rule = "requiretls-conditions",
         .hooks = answers("ehlo", R"(mx.reply(250, nil, { "mx", "STARTTLS", "REQUIRETLS" }))"),
         .letters = {guarded},
         .beside = {"tls-opportunistic"}});
}

void add_user_agents(std::vector<Situation>& all) {
    const ClientOptions agent{.needs_tls = true};
    const auto mua = conformance::Sender::mua;
    all.push_back({.rule = "tls-submission-stripped",
                   .fields = std::string{bare},
                   .client = agent,
                   .sender = mua});
    all.push_back({.rule = "tls-required-config",
                   .fields = std::string{starttls},
                   .hooks = answers("starttls", R"(mx.reply(454, "4.7.0", "not now"))"),
                   .client = agent,
                   .sender = mua});
    all.push_back({.rule = "tls-verify-submission",
                   .fields = std::string{starttls},
                   .client = {.needs_tls = true, .certificate = "wrong_host"},
                   .sender = mua});
    all.push_back({.rule = "tls-quit-if-insufficient",
                   .fields = std::string{starttls},
                   .client = {.needs_tls = true, .certificate = "expired"},
                   .sender = mua});
    all.push_back({.rule = "auth-no-cleartext",
                   .fields = std::string{auth},
                   .client = {.has_password = true, .needs_tls = true},
                   .sender = mua});
    all.push_back({.rule = "auth-plain-tls",
                   .fields = R"(extensions = { "STARTTLS" }, extensions_in_tls = { "AUTH PLAIN" })",
                   .client = {.has_password = true}});
}

void add_auth(std::vector<Situation>& all) {
    const ClientOptions password{.has_password = true};
    all.push_back({.rule = "auth-ir-length",
                   .fields = R"(extensions = { "AUTH PLAIN" })",
                   .client = {.has_password = true, .has_long_password = true}});
    all.push_back(
        {.rule = "auth-empty-ir",
         .fields = R"(extensions = { "STARTTLS" }, extensions_in_tls = { "AUTH EXTERNAL" })",
         .client = password});
    const std::string login = R"(extensions = { "AUTH LOGIN" }, users = { ann = "secret" })";
    all.push_back({.rule = "auth-cancel",
                   .fields = login + R"(, replies = { auth_login_user = "334 =AAA" })",
                   .client = password});
    all.push_back({.rule = "auth-empty-challenge",
                   .fields = R"(extensions = { "AUTH PLAIN" }, users = { ann = "secret" })",
                   .client = password});
    all.push_back(
        {.rule = "auth-long-challenge",
         .fields =
             login + R"(, replies = { auth_login_user = "334 " .. string.rep("QUJD", 3000) })",
         .client = password});
}

void add_reply_forms(std::vector<Situation>& all) {
    const std::string fields{bare};
    const Letter two = to({"a@receiver.example", "b@receiver.example"});
    all.push_back({.rule = "reply-split",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.accept():drip { octets = 1, every = "50ms" })")});
    all.push_back({.rule = "reply-coalesced"});
    const std::string patient = R"(extensions = {}, idle_timeout = "3h")";
    all.push_back({.rule = "reply-overlong",
                   .fields = patient,
                   .hooks = answers("mail", R"(mx.reply(250, nil, string.rep("x", 2000)))")});
    all.push_back({.rule = "reply-bare-lf",
                   .fields = patient,
                   .hooks = answers("mail", R"(mx.raw "250 fine\n")")});
    all.push_back({.rule = "reply-mixed-multiline",
                   .fields = fields,
                   .hooks = on("rcpt", R"(if mx.state("times"):add("rcpt") == 1 then
    return mx.raw "550-no\r\n250 yes\r\n"
  end
  return mx.reject())"),
                   .letters = {two}});
    all.push_back({.rule = "reply-extra",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.raw "250 yes\r\n250 yes\r\n")") +
                            on("rcpt", second_refused),
                   .letters = {two}});
    Letter notices = letter();
    notices.asks_for_notices = true;
    all.push_back({.rule = "tls-response-injection",
                   .fields = R"(extensions = { "STARTTLS" }, extensions_in_tls = {})",
                   .hooks = answers("starttls", R"(mx.raw "220 go\r\n250-evil\r\n250 DSN\r\n")"),
                   .letters = {notices}});
}

void add_groups(std::vector<Situation>& all) {
    const Letter three = to({"a@receiver.example", "b@receiver.example", "c@receiver.example"});
    for (const std::string_view rule : {"pipe-check-all", "pipe-count-match"})
        all.push_back({.rule = rule,
                       .hooks = on("rcpt", second_refused),
                       .letters = {three},
                       .beside = {"rcpt-report-each"}});
    all.push_back({.rule = "pipe-not-multiline",
                   .hooks = on("rcpt", R"(local n = mx.state("times"):add("rcpt")
  if n == 1 then return mx.reply(250, nil, { "yes", "it is" }) end
  if n == 2 then return mx.reject() end)"),
                   .letters = {three},
                   .beside = {"rcpt-report-each"}});
}

void add_waits(std::vector<Situation>& all) {
    std::string large;
    for (int i = 0; i < 60'000; ++i) large += std::string(70, 'x') + "\r\n";
    all.push_back({.rule = "timeout-data-block",
                   .hooks = answers("data", R"(mx.accept():stop_reading "178s")"),
                   .letters = {letter(large)}});
    std::vector<std::string> crowd;
    for (int i = 0; i < 20; ++i) crowd.push_back(fmt::format("user{}@receiver.example", i));
    all.push_back({.rule = "timeout-per-command",
                   .fields = std::string{bare},
                   .hooks = answers("rcpt", R"(mx.accept():after "100s")"),
                   .letters = {to(crowd)}});
}

void add_reuse(std::vector<Situation>& all) {
    Letter second = letter();
    second.pause = 20s;
    all.push_back(
        {.rule = "reply-421-async",
         .hooks = answers("message", R"(mx.accept():and_then("10s", mx.reply(421, nil, "bye")))"),
         .letters = {letter(), second}});
    all.push_back({.rule = "reuse-independent",
                   .letters = {to({"a@receiver.example"}), to({"b@receiver.example"})}});
    // Each has a session of its own.
    Letter an_hour_later = letter();
    an_hour_later.pause = 1h;
    Letter two_hours_later = letter();
    two_hours_later.pause = 2h;
    const QueueOptions queue{};
    all.push_back(
        {.rule = "ehlo-keywords-caseless",
         .hooks = first_time("ehlo", R"(mx.reply(250, nil, { "mx", "Size 1000000", "HELP" }))"),
         .letters = {letter(), an_hour_later},
         .queue = queue});
    all.push_back({.rule = "ehlo-not-cached",
                   .hooks = on("ehlo", R"(if mx.state("times"):add("ehlo") == 2 then
    return mx.reply(250, nil, "mx")
  end)"),
                   .letters = {letter(), an_hour_later, two_hours_later},
                   .queue = queue});
}

void add_fallback(std::vector<Situation>& all) {
    const QueueOptions queue{};
    all.push_back({.rule = "tls-454-policy",
                   .fields = std::string{starttls},
                   .hooks = first_time("starttls", R"(mx.reply(454, "4.7.0", "not now"))"),
                   .queue = queue,
                   .beside = {"reply-4yz-retry"}});
    all.push_back({.rule = "tls-hs-failure",
                   .fields = std::string{starttls},
                   .client = {.handshakes_failing = 1},
                   .queue = queue,
                   .beside = {"retry-queue"}});
    all.push_back({.rule = "auth-454-535",
                   .fields = std::string{auth},
                   .hooks = first_time("auth", R"(mx.reply(454, "4.7.0", "not now"))"),
                   .client = {.has_password = true},
                   .queue = queue});
}

}  // namespace

void add_sessions(std::vector<Situation>& all) {
    add_tls(all);
    add_user_agents(all);
    add_auth(all);
    add_reply_forms(all);
    add_groups(all);
    add_waits(all);
    add_reuse(all);
    add_fallback(all);
    all.push_back({.rule = "quit-nothing-after"});
}

}  // namespace fakemx::test
