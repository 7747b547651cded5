// TLS and AUTH in full, replies in odd forms, groups of commands, and sessions that are used again.
#include "conformance/situation_words.h"

namespace fakemx::test {

namespace {

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

void add_fallback(std::vector<Situation>& all) {
    const QueueOptions queue{};
    all.push_back({.rule = "tls-454-policy",
                   .fields = std::string{starttls},
                   .hooks = first_time("starttls", R"(mx.reply(454, "4.7.0", "not now"))"),
                   .queue = queue,
                   .beside = {"retry-queue"}});
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
    add_fallback(all);
    all.push_back({.rule = "quit-nothing-after"});
}

}  // namespace fakemx::test
