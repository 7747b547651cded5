// Clients that are ahead of what the receiver says, or behind it: what was on its way when a reply left, one reply too many, and waits
// that end with QUIT.
#include "conformance/situation_words.h"

namespace fakemx::test {

namespace {

/// The client says QUIT while the reply is held back.
void add_tired(std::vector<Situation>& all, std::string_view rule, std::string_view hook,
               std::string_view held) {
    all.push_back({.rule = rule,
                   .fields = std::string{bare},
                   .hooks = answers(hook, fmt::format(R"(mx.accept():after "{}")", held)),
                   .client = {.says_quit_when_tired = true}});
}

void add_broken_off(std::vector<Situation>& all) {
    // Giving up behind a code that is a refusal shows nothing about the one that is none.
    all.push_back({.rule = "reply-first-digit",
                   .fields = std::string{bare},
                   .hooks = first_time("mail", R"(mx.reply(259, nil, "fine"))") +
                            first_time("rcpt", R"(mx.reply(559, nil, "never"))"),
                   .letters = {letter(), letter()}});
    // The next command comes, and nothing behind it.
    all.push_back({.rule = "reply-line-512",
                   .fields = std::string{bare},
                   .hooks = answers("mail", R"(mx.reply(250, nil, string.rep("x", 506)))"),
                   .client = {.cuts_long_lines = true}});
    // All commands are on their way when the reply comes, and no message follows.
    all.push_back({.rule = "reply-bare-code",
                   .hooks = answers("mail", R"(mx.raw "250\r\n")"),
                   .beside = {"reply-coalesced"}});
}

/// Replies that come when the client has waited long enough, and left.
void add_unseen(std::vector<Situation>& all) {
    const std::string fields{bare};
    all.push_back({.rule = "greet-5yz-quit",
                   .fields = fields,
                   .hooks = answers("connect", R"(mx.reply(554, nil, "no"):after "10m")")});
    all.push_back(
        {.rule = "greet-multiline",
         .fields = fields,
         .hooks = answers("connect", R"(mx.reply(220, nil, { "a", "b", "c" }):after "10m")")});
    all.push_back({.rule = "reply-251",
                   .fields = fields,
                   .hooks = answers("rcpt", R"(mx.reply(251, nil, "will forward"):after "10m")")});
    all.push_back(
        {.rule = "rcpt-partial-deliver",
         .fields = fields,
         .hooks = on("rcpt", R"(local n = mx.state("times"):add("rcpt")
  if n == 2 then return mx.reject() end
  if n == 3 then return mx.accept():after "10m" end)"),
         .letters = {to({"a@receiver.example", "b@receiver.example", "c@receiver.example"})}});
}

}  // namespace

void add_steps(std::vector<Situation>& all) {
    add_tired(all, "timeout-mail", "mail", "295s");
    add_tired(all, "timeout-rcpt", "rcpt", "295s");
    add_tired(all, "timeout-data-init", "data", "115s");
    add_tired(all, "timeout-data-term", "message", "595s");
    add_broken_off(all);
    all.push_back({.rule = "data-only-after-354",
                   .fields = std::string{bare},
                   .hooks = answers("data", R"(mx.reply(334, nil, "go"))")});
}

void add_innocent_steps(std::vector<Situation>& all) {
    // Ahead by one behind a reply that is said twice. That is reply-extra's, and nobody else's.
    const ClientOptions ahead{.trusts_its_buffer = true};
    const std::string late =
        answers("mail", R"(mx.accept():after "1s")") + answers("rcpt", R"(mx.reject():after "1s")");
    all.push_back({.rule = "helo-no-esmtp",
                   .fields = std::string{bare},
                   .hooks = answers("ehlo", R"(mx.reply(502, nil, "no"))") +
                            answers("helo", R"(mx.raw "250 yes\r\n250 yes\r\n")") + late,
                   .client = ahead,
                   .beside = {"reply-extra"}});
    all.push_back({.rule = "cmd-wait-reply",
                   .fields = std::string{bare},
                   .hooks = answers("ehlo", R"(mx.raw "250 yes\r\n250 yes\r\n")") + late,
                   .client = ahead,
                   .beside = {"reply-extra"}});
    all.push_back({.rule = "quit-sent",
                   .fields = std::string{bare},
                   .hooks = answers("mail", R"(mx.raw "250 yes\r\n421 bye\r\n")"),
                   .client = ahead,
                   .beside = {"reply-extra"}});
    add_unseen(all);
    all.push_back({.rule = "ehlo-fallback-helo",
                   .fields = std::string{bare},
                   .hooks = answers("ehlo", R"(mx.reply(502, nil, "no"))"),
                   .client = {.needs_tls = true},
                   .sender = conformance::Sender::mua});
    // Each recipient has a connection of its own, as with qmail.
    all.push_back({.rule = "reply-5yz-no-repeat",
                   .hooks = answers("mail", R"(mx.reject():after "1s")"),
                   .letters = {to({"a@receiver.example", "b@receiver.example"})},
                   .queue = QueueOptions{.one_recipient_each = true}});
    // The rest of a group arrives right behind the reply to its first command, and was sent before that.
    const ClientOptions in_two{.first_segment_is_short = true};
    for (const std::string_view verdict :
         {"mx.reject()", R"(mx.reply(552, nil, "too big"))",
          R"(mx.reply(421, nil, "busy"):then_stay())", R"(mx.reply(350, nil, "more"))"})
        all.push_back(
            {.rule = "pipe-mail-rejected", .hooks = answers("mail", verdict), .client = in_two});
}

}  // namespace fakemx::test
