// What arrives against what was given, what becomes of each recipient, and notices that come home.
#include "conformance/situation_words.h"

namespace fakemx::test {

namespace {

/// The first host takes mail for the recipients, the second one for the senders.
constexpr std::string_view two_hosts =
    R"(hosts = { { name = "mx.receiver.example", domains = { "receiver.example" } },
                 { name = "mx.sender.example", domains = { "sender.example" } } },
       extensions = { "DSN", "8BITMIME", "ENHANCEDSTATUSCODES" })";

const QueueOptions with_notices{.notices_to = 1};

/// For the recipients whose local part begins so.
std::string to_those(std::string_view local_part, std::string_view verdict) {
    return fmt::format("if rcpt.local_part:find(\"^{}\") then return {} end\n", local_part,
                       verdict);
}

std::string on_rcpt(std::string_view body) {
    return fmt::format("function mx.on.rcpt(s, rcpt)\n  {}\nend\n", body);
}

constexpr std::string_view no_such_user = R"(mx.reply(550, "5.1.1", "nobody"))";
constexpr std::string_view later_please = R"(mx.reply(450, "4.2.0", "later"))";

/// One that is refused, so that a notice shows whether notices come home.
Letter refused() {
    return to({"nobody@receiver.example"});
}

Letter asking(std::string_view notify, std::string recipient) {
    Letter made = to({std::move(recipient)});
    made.notify = notify;
    return made;
}

void add_fidelity(std::vector<Situation>& all) {
    std::string dots;
    for (int i = 0; i < 400; ++i) dots += ".line\r\n";
    all.push_back(
        {.rule = "data-dot-boundaries", .fields = std::string{bare}, .letters = {letter(dots)}});
    all.push_back({.rule = "bdat-no-stuffing",
                   .fields = std::string{chunking},
                   .letters = {letter("one\r\n.two\r\n")},
                   .client = {.prefers_chunks = true}});
    all.push_back({.rule = "data-no-extra-crlf", .fields = std::string{bare}});
    all.push_back({.rule = "data-final-newline",
                   .fields = std::string{bare},
                   .letters = {letter("one\r\ntwo")}});
    all.push_back({.rule = "data-truncation",
                   .fields = std::string{bare},
                   .letters = {letter("one\r\ntwo\r\n")}});
    all.push_back({.rule = "data-fidelity", .fields = std::string{bare}});
    all.push_back({.rule = "8bit-downgrade",
                   .fields = std::string{bare},
                   .letters = {letter("gr\xc3\xbcn\r\n", mime)},
                   .client = {.recodes = true}});
}

void add_envelope(std::vector<Situation>& all) {
    const std::string fields{bare};
    all.push_back(
        {.rule = "addr-local-case", .fields = fields, .letters = {to({"Bob@receiver.example"})}});
    all.push_back({.rule = "addr-min-quoting",
                   .fields = fields,
                   .letters = {to({"\"a b\"@receiver.example", "bob@receiver.example"})}});
    all.push_back({.rule = "cmd-no-injection",
                   .fields = fields,
                   .letters = {to({"bob@receiver.example>\r\nNOOP x"}), letter()},
                   .beside = {"cmd-wait-reply"}});
    all.push_back({.rule = "one-copy-many-rcpt",
                   .fields = fields,
                   .letters = {to({"a@receiver.example", "b@receiver.example"})}});
    all.push_back({.rule = "mail-555-455",
                   .fields = std::string{no_pipelining},
                   .hooks = answers("mail", R"(mx.reply(555, nil, "what is that?"))")});
    all.push_back(
        {.rule = "reply-551",
         .fields = fields,
         .hooks = on_rcpt(to_those("bob", R"(mx.reply(551, nil, "try <other@receiver.example>"))")),
         .beside = {"rcpt-report-each"}});
    Letter utf8 = letter();
    utf8.to = {"gr\xc3\xbcn@receiver.example"};
    all.push_back({.rule = "utf8-reject", .fields = fields, .letters = {utf8, letter()}});
    Letter later = letter();
    later.to = utf8.to;
    later.pause = 1h;
    all.push_back({.rule = "utf8-ehlo-params-ignored",
                   .fields = R"(extensions = { "SMTPUTF8", "8BITMIME" })",
                   .hooks = on("ehlo", R"(if mx.state("times"):add("ehlo") == 2 then
    return mx.reply(250, nil, { "mx", "SMTPUTF8 foo", "8BITMIME" })
  end)"),
                   .letters = {utf8, later},
                   .queue = QueueOptions{}});
    all.push_back({.rule = "utf8-251",
                   .fields = R"(extensions = { "SMTPUTF8", "8BITMIME" })",
                   .hooks = on("rcpt",
                               "return mx.reply(251, nil, \"will forward to "
                               "<gr\xc3\xbcn@other.example>\")"),
                   .letters = {utf8}});
}

void add_recipients(std::vector<Situation>& all) {
    const std::vector<Letter> two{to({"a@receiver.example", "b@receiver.example"})};
    const QueueOptions queue{};
    const std::string fields{bare};
    const auto second_once = [](std::string_view verdict) {
        return on_rcpt(
            fmt::format("if rcpt.local_part == \"b\" and "
                        "mx.state(\"times\"):add(\"b\") == 1 then return {} end",
                        verdict));
    };
    all.push_back({.rule = "rcpt-retry-only-deferred",
                   .fields = fields,
                   .hooks = second_once(later_please),
                   .letters = two,
                   .queue = queue,
                   .beside = {"dup-never-after-2yz"}});
    all.push_back({.rule = "rcpt-452-too-many",
                   .fields = fields,
                   .hooks = second_once(R"(mx.reply(452, "4.5.3", "too many recipients"))"),
                   .letters = two,
                   .queue = queue});
    all.push_back({.rule = "rcpt-552-as-452",
                   .fields = fields,
                   .hooks = second_once(R"(mx.reply(552, "5.5.3", "too many recipients"))"),
                   .letters = two,
                   .queue = queue});
    std::vector<std::string> crowd;
    for (int i = 0; i < 101; ++i) crowd.push_back(fmt::format("user{}@receiver.example", i));
    all.push_back({.rule = "rcpt-100-chunk",
                   .fields = fields + ", recipients_max = 100",
                   .letters = {to(crowd)},
                   .queue = queue});
    all.push_back({.rule = "rcpt-report-each",
                   .fields = fields,
                   .hooks = answers("rcpt", no_such_user),
                   .letters = two});
    all.push_back({.rule = "rcpt-report-each",
                   .fields = std::string{two_hosts},
                   .hooks = on_rcpt(to_those("[ab]$", no_such_user)),
                   .letters = two,
                   .queue = with_notices});
    const std::string at_the_end =
        "function mx.on.message(s, message)\n  if s.from ~= \"\" then return "
        "mx.reply(554, \"5.6.0\", \"no\") end\nend\n";
    all.push_back(
        {.rule = "rcpt-data-fail-all", .fields = fields, .hooks = at_the_end, .letters = two});
    all.push_back({.rule = "rcpt-data-fail-all",
                   .fields = std::string{two_hosts},
                   .hooks = at_the_end,
                   .letters = two,
                   .queue = with_notices});
    all.push_back({.rule = "size-452-mail",
                   .fields = std::string{no_pipelining},
                   .hooks = first_time("mail", R"(mx.reply(452, nil, "no room"))"),
                   .queue = queue,
                   .beside = {"reply-4yz-retry"}});
    all.push_back({.rule = "size-552-rcpt",
                   .fields = std::string{no_pipelining},
                   .hooks = answers("rcpt", R"(mx.reply(552, nil, "too big"))"),
                   .queue = queue});
    all.push_back({.rule = "size-after-data",
                   .fields = std::string{no_pipelining},
                   .hooks = answers("message", R"(mx.reply(552, nil, "too big"))")});
}

void add_notices(std::vector<Situation>& all) {
    const std::string hosts{two_hosts};
    const std::string refusing = on_rcpt(to_those("nobody", no_such_user));
    const std::string deferring =
        on_rcpt(to_those("nobody", no_such_user) + to_those("late", later_please));
    all.push_back({.rule = "null-sender-bounce",
                   .fields = hosts,
                   .hooks = refusing,
                   .letters = {refused()},
                   .queue = with_notices});
    all.push_back({.rule = "no-bounce-of-bounce",
                   .fields = hosts,
                   .hooks = on_rcpt(to_those("nobody", no_such_user) +
                                    "if rcpt.local_part == \"ann\" and "
                                    "mx.state(\"times\"):add(\"ann\") == 1 then return "
                                    "mx.reply(550, \"5.1.1\", \"nobody\") end"),
                   .letters = {refused()},
                   .queue = with_notices});
    Letter by_a_list = refused();
    by_a_list.from = "list@sender.example";
    all.push_back({.rule = "bounce-recipient",
                   .fields = hosts,
                   .hooks = refusing,
                   .letters = {by_a_list},
                   .queue = with_notices});
    all.push_back({.rule = "retry-giveup-notice",
                   .fields = hosts,
                   .hooks = deferring,
                   .letters = {refused(), to({"late@receiver.example"})},
                   .queue = with_notices});
    all.push_back({.rule = "dsn-failed",
                   .fields = hosts,
                   .hooks = refusing,
                   .letters = {refused(), to({"nobody2@receiver.example"})},
                   .queue = with_notices});
    all.push_back({.rule = "dsn-never",
                   .fields = hosts,
                   .hooks = refusing,
                   .letters = {refused(), asking("NEVER", "nobody2@receiver.example")},
                   .queue = with_notices});
    all.push_back({.rule = "dsn-no-unrequested-success",
                   .fields = hosts,
                   .hooks = refusing,
                   .letters = {refused(), letter()},
                   .queue = with_notices});
    // When the second letter is tried again, in the third session, the server has forgotten DSN.
    all.push_back(
        {.rule = "dsn-relayed",
         .fields = hosts,
         .hooks = on_rcpt(to_those("nobody", no_such_user) +
                          "if rcpt.local_part == \"bob\" and mx.state(\"times\"):add(\"bob\") == 1 "
                          "then return mx.reply(450, \"4.2.0\", \"later\") end") +
                  on("ehlo",
                     "if mx.state(\"times\"):add(\"ehlo\") == 3 then return mx.reply(250, nil, { "
                     "\"mx\", \"8BITMIME\" }) end"),
         .letters = {refused(), asking("SUCCESS,FAILURE", "bob@receiver.example")},
         .queue = with_notices});
    all.push_back({.rule = "dsn-delay-rule",
                   .fields = hosts,
                   .hooks = deferring,
                   .letters = {asking("FAILURE", "late@receiver.example")},
                   .queue = with_notices});
    all.push_back({.rule = "dsn-format",
                   .fields = hosts,
                   .hooks = refusing,
                   .letters = {refused()},
                   .queue = with_notices});
}

}  // namespace

void add_results(std::vector<Situation>& all) {
    add_fidelity(all);
    add_envelope(all);
    add_recipients(all);
    add_notices(all);
}

}  // namespace fakemx::test
