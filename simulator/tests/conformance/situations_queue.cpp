// Senders with a queue: retries, and what becomes of a message in the end.
#include "conformance/situation_words.h"

namespace fakemx::test {

namespace {

constexpr std::string_view later_450 = R"(mx.reply(450, "4.2.0", "later"))";
constexpr std::string_view greylisted = R"(mx.reply(450, "4.7.1", "Greylisted"))";

/// The first `times` times.
std::string at_first(std::string_view hook, int times, std::string_view verdict) {
    return on(hook, fmt::format(R"(if mx.state("times"):add("{}") <= {} then return {} end)", hook,
                                times, verdict));
}

/// Each from another sender to another recipient.
std::vector<Letter> letters(int count) {
    std::vector<Letter> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(to({fmt::format("bob{}@receiver.example", i)}));
        all.back().from = fmt::format("ann{}@sender.example", i);
    }
    return all;
}

void add_schedules(std::vector<Situation>& all) {
    const QueueOptions queue{};
    all.push_back({.rule = "retry-queue", .hooks = first_time("rcpt", later_450), .queue = queue});
    all.push_back({.rule = "retry-delay", .hooks = first_time("rcpt", later_450), .queue = queue});
    all.push_back(
        {.rule = "retry-interval", .hooks = at_first("rcpt", 4, later_450), .queue = queue});
    all.push_back(
        {.rule = "retry-first-hour", .hooks = answers("rcpt", later_450), .queue = queue});
    all.push_back(
        {.rule = "retry-backoff", .hooks = at_first("rcpt", 4, later_450), .queue = queue});
    all.push_back({.rule = "retry-give-up", .hooks = answers("rcpt", later_450), .queue = queue});
    all.push_back({.rule = "retry-give-up",
                   .hooks = on("rcpt", R"(if s.from ~= "" then return mx.defer() end)"),
                   .queue = QueueOptions{.notices_to = 0}});
    all.push_back({.rule = "retry-none-after-5yz",
                   .hooks = answers("rcpt", R"(mx.reply(550, "5.1.1", "nobody"))"),
                   .queue = queue});
    all.push_back(
        {.rule = "retry-stable-envelope", .hooks = first_time("rcpt", later_450), .queue = queue});
}

void add_failures(std::vector<Situation>& all) {
    const QueueOptions queue{};
    const QueueOptions with_notices{.notices_to = 0};
    const std::string fields{bare};
    all.push_back({.rule = "greet-4yz-temp",
                   .hooks = first_time("connect", R"(mx.reply(421, nil, "busy"))"),
                   .queue = queue});
    all.push_back({.rule = "greet-5yz-disposition",
                   .hooks = answers("connect", R"(mx.reply(554, nil, "no service"))")});
    all.push_back({.rule = "reply-4yz-retry",
                   .hooks = first_time("message", R"(mx.reply(451, "4.3.0", "later"))"),
                   .queue = with_notices});
    all.push_back({.rule = "reply-4yz-retry",
                   .fields = fields,
                   .hooks = first_time("mail", later_450),
                   .queue = with_notices});
    all.push_back({.rule = "reply-4yz-retry",
                   .fields = fields,
                   .hooks = first_time("ehlo", R"(mx.reply(451, nil, "later"))"),
                   .queue = with_notices});
    all.push_back({.rule = "reply-5yz-no-repeat",
                   .fields = fields,
                   .hooks = answers("mail", R"(mx.reply(550, "5.7.1", "not you"))"),
                   .queue = queue});
    Letter second = letter();
    second.from = "carl@sender.example";
    second.pause = 1min;
    all.push_back({.rule = "retry-no-5yz-mail-cache",
                   .fields = fields,
                   .hooks = first_time("mail", R"(mx.reply(550, "5.7.1", "not you"))"),
                   .letters = {letter(), second},
                   .queue = queue});
    for (const std::string_view hook : {"connect", "ehlo", "mail", "rcpt", "data"}) {
        for (const std::string_view end : {"mx.close()", "mx.reset()"}) {
            all.push_back({.rule = "reply-conn-lost",
                           .fields = fields,
                           .hooks = first_time(hook, end),
                           .queue = queue});
        }
        all.push_back({.rule = "timeout-temporary",
                       .fields = fields,
                       .hooks = first_time(hook, "mx.silence()"),
                       .queue = queue});
    }
    all.push_back({.rule = "reply-conn-lost",
                   .fields = fields,
                   .hooks = first_time("data", "mx.accept():in_body(10, mx.close())"),
                   .queue = queue});
    all.push_back({.rule = "timeout-no-reuse",
                   .fields = fields + R"(, idle_timeout = "1h")",
                   .hooks = first_time("mail", R"(mx.accept():late "10m")")});
}

void add_duplicates(std::vector<Situation>& all) {
    const QueueOptions queue{};
    for (const std::string_view rule :
         {"dup-lost-reply-retry", "dup-no-instant-resend", "dup-same-message-id", "dup-count"}) {
        all.push_back(
            {.rule = rule, .hooks = first_time("message", "mx.accept():lost()"), .queue = queue});
    }
    for (const std::string_view end : {"mx.close()", "mx.reset()", "mx.silence()"}) {
        all.push_back(
            {.rule = "dup-lost-reply-retry", .hooks = first_time("message", end), .queue = queue});
    }
    all.push_back({.rule = "dup-never-after-2yz", .queue = queue});
    all.push_back({.rule = "dup-never-after-2yz",
                   .hooks = answers("message", "mx.accept():then_close()"),
                   .queue = queue});
    all.push_back({.rule = "dup-never-after-2yz",
                   .hooks = answers("quit", R"(mx.reply(421, nil, "busy"))"),
                   .queue = queue});
    all.push_back({.rule = "dup-late-250",
                   .hooks = answers("message", R"(mx.accept():after "595s")"),
                   .queue = queue});
}

void add_greylists(std::vector<Situation>& all) {
    const QueueOptions queue{};
    const std::string hooks = first_time("rcpt", greylisted);
    all.push_back({.rule = "grey-retry", .hooks = hooks, .queue = queue});
    const std::string two_stages = R"(
function mx.on.rcpt(s, rcpt)
  if rcpt.local_part == "bob" and rcpt.attempt == 1 then return mx.reply(450, "4.7.1", "Greylisted") end
end
function mx.on.message(s, message)
  if s.recipients[1]:find("carl") and message.attempt == 1 then return mx.reply(451, "4.7.1", "Greylisted") end
end
)";
    all.push_back({.rule = "grey-stages",
                   .hooks = two_stages,
                   .letters = {letter(), to({"carl@receiver.example"})},
                   .queue = queue});
    all.push_back(
        {.rule = "grey-not-fatal", .hooks = hooks, .queue = QueueOptions{.notices_to = 0}});
    all.push_back({.rule = "grey-same-source", .hooks = hooks, .queue = queue});
    all.push_back({.rule = "grey-same-tuple",
                   .hooks = at_first("rcpt", 3, greylisted),
                   .letters = {to(
                       {"bob@receiver.example", "carl@receiver.example", "dora@receiver.example"})},
                   .queue = queue});
    all.push_back({.rule = "grey-mx-hop",
                   .fields = R"(hosts = { { name = "mx1.test" }, { name = "mx2.test" } })",
                   .hooks = at_first("rcpt", 2, greylisted),
                   .queue = QueueOptions{.hosts = {0, 1}}});
}

void add_load(std::vector<Situation>& all) {
    const QueueOptions queue{};
    const std::string busy = R"(mx.reply(421, "4.7.0", "busy"))";
    // Until half an hour has passed, whoever comes how often.
    const std::string for_a_while = R"(
local seen = mx.state "seen"
function mx.on.connect(s)
  seen:mark("first")
  if not seen:marked_for("first", "29m") then return VERDICT end
end
)";
    const auto down = [&](std::string_view verdict) {
        std::string hooks = for_a_while;
        hooks.replace(hooks.find("VERDICT"), 7, verdict);
        return hooks;
    };
    all.push_back({.rule = "retry-host-list",
                   .hooks = down("mx.close()"),
                   .letters = letters(25),
                   .queue = queue});
    all.push_back({.rule = "backoff-destination",
                   .hooks = down(busy),
                   .letters = letters(25),
                   .queue = queue});
    all.push_back({.rule = "retry-jitter",
                   .hooks = at_first("rcpt", 25, later_450),
                   .letters = letters(25),
                   .queue = queue});
    all.push_back({.rule = "backoff-421", .hooks = at_first("connect", 8, busy), .queue = queue});
    all.push_back(
        {.rule = "backoff-exponential", .hooks = at_first("connect", 8, busy), .queue = queue});
    std::vector<Letter> to_one = letters(20);
    for (Letter& one : to_one) one.to = {"bob@receiver.example"};
    all.push_back({.rule = "backoff-rcpt-rate",
                   .hooks = at_first("rcpt", 42, R"(mx.reply(450, "4.2.1", "too fast"))"),
                   .letters = to_one,
                   .queue = queue});
    std::vector<Letter> spread = letters(10);
    for (std::size_t i = 0; i < spread.size(); ++i) spread[i].pause = i * 5min;
    all.push_back({.rule = "backoff-concurrency",
                   .hooks = R"(
local open = mx.state "open"
function mx.on.connect(s)
  if open:add("sessions", 1) > 6 then return mx.reply(421, "4.3.2", "Too many connections") end
end
function mx.on.close(s)
  open:add("sessions", -1)
end
)",
                   .letters = spread,
                   .queue = QueueOptions{.spare_connections = 8}});
    all.push_back({.rule = "conn-concurrency",
                   .letters = letters(60),
                   .queue = QueueOptions{.spare_connections = 5}});
    all.push_back({.rule = "conn-rate", .letters = letters(70), .queue = queue});
    Letter question = letter();
    question.only_asks = true;
    all.push_back({.rule = "probe-no-data", .letters = {question}});
    Letter second = letter();
    second.pause = 1h;
    all.push_back({.rule = "no-5yz-retry-lists",
                   .hooks = answers("rcpt", R"(mx.reply(550, "5.1.1", "nobody"))"),
                   .letters = {letter(), second},
                   .queue = QueueOptions{.drops_bad_recipients = true},
                   .sender = conformance::Sender::bulk});
}

void add_innocent_failures(std::vector<Situation>& all) {
    const QueueOptions two_hosts{.hosts = {0, 1}};
    const std::string mx1_and_mx2 = R"(hosts = { { name = "mx1.test" }, { name = "mx2.test" } })";
    const auto at_mx1 = [](std::string_view hook, std::string_view verdict) {
        return on(hook, fmt::format(R"(if s.host == "mx1.test" then return {} end)", verdict));
    };
    // It comes back as long as it keeps a message, and then gives up.
    all.push_back({.rule = "greet-4yz-temp",
                   .fields = mx1_and_mx2,
                   .hooks = at_mx1("connect", R"(mx.reply(421, nil, "busy"))"),
                   .queue = QueueOptions{.notices_to = 1}});
    // The next host takes it at once.
    all.push_back({.rule = "greet-4yz-temp",
                   .fields = mx1_and_mx2,
                   .hooks = at_mx1("connect", R"(mx.reply(421, nil, "busy"))"),
                   .queue = two_hosts});
    all.push_back({.rule = "greet-5yz-disposition",
                   .fields = mx1_and_mx2,
                   .hooks = at_mx1("connect", R"(mx.reply(554, nil, "no service"))"),
                   .queue = two_hosts});
    for (const std::string_view end : {"mx.close()", "mx.silence()", "mx.defer()"}) {
        all.push_back({.rule = "retry-delay",
                       .fields = mx1_and_mx2,
                       .hooks = at_mx1("rcpt", end),
                       .queue = two_hosts});
    }
    all.push_back({.rule = "reply-5yz-no-repeat",
                   .fields = mx1_and_mx2,
                   .hooks = at_mx1("rcpt", "mx.reject()"),
                   .queue = two_hosts});
    // Each recipient has a fate of its own.
    all.push_back({.rule = "dup-never-after-2yz",
                   .hooks = R"(
function mx.on.rcpt(s, rcpt)
  if rcpt.local_part == "bob" then return mx.reject() end
  if rcpt.local_part == "carl" and rcpt.attempt < 3 then return mx.defer() end
end
)",
                   .letters = {to(
                       {"bob@receiver.example", "carl@receiver.example", "dora@receiver.example"})},
                   .queue = QueueOptions{.notices_to = 0}});
    // Nobody has to queue a notice.
    all.push_back({.rule = "retry-queue",
                   .hooks = on("rcpt", R"(return s.from == "" and mx.defer() or mx.reject())"),
                   .queue = QueueOptions{.notices_to = 0}});
    // With a reset the reply may not have arrived.
    all.push_back({.rule = "dup-never-after-2yz",
                   .hooks = answers("message", "mx.accept():then_reset()"),
                   .queue = QueueOptions{}});
}

void add_innocent_load(std::vector<Situation>& all) {
    // Thirty messages that look like one where they are refused.
    std::vector<Letter> alike(30, letter());
    for (Letter& one : alike) one = letter();
    all.push_back({.rule = "retry-delay",
                   .hooks = at_first("rcpt", 60, R"(mx.reply(451, "4.3.0", "later"))"),
                   .letters = alike,
                   .queue = QueueOptions{}});
    for (std::size_t i = 0; i < alike.size(); ++i) alike[i].pause = i * 7s;
    all.push_back({.rule = "retry-interval",
                   .hooks = at_first("rcpt", 90, R"(mx.reply(451, "4.7.1", "Greylisted"))"),
                   .letters = alike,
                   .queue = QueueOptions{}});
    // A connection too many is not opened again where all is delivered over another one.
    all.push_back({.rule = "greet-4yz-temp",
                   .hooks = at_first("connect", 2, R"(mx.reply(421, nil, "busy"))"),
                   .queue = QueueOptions{.spare_connections = 2}});
    for (const std::string_view hook : {"connect", "ehlo", "mail", "rcpt", "data", "message"}) {
        all.push_back({.rule = "grey-stages",
                       .fields = std::string{bare},
                       .hooks = first_time(hook, R"(mx.reply(451, "4.7.1", "Greylisted"))"),
                       .queue = QueueOptions{.notices_to = 0}});
    }
}

}  // namespace

std::vector<Situation> innocent_situations() {
    std::vector<Situation> all;
    add_innocent_failures(all);
    add_innocent_load(all);
    // Without TLS there is no greeting to wait for.
    all.push_back({.rule = "timeout-greeting",
                   .fields = "tls = { implicit = true }",
                   .client = {.implicit_tls = true, .handshakes_failing = 1}});
    add_innocent_steps(all);
    add_innocent_names(all);
    for (Situation& one : all) {
        if (one.letters.empty()) one.letters = {letter()};
    }
    return all;
}

void add_queue(std::vector<Situation>& all) {
    add_schedules(all);
    add_failures(all);
    add_duplicates(all);
    add_greylists(all);
    add_load(all);
}

}  // namespace fakemx::test
