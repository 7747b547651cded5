// Domains with several hosts, with none, and with answers that make it hard to find them.
#include "conformance/situation_words.h"

namespace fakemx::test {

namespace {

constexpr std::string_view extensions = R"(extensions = { "PIPELINING" })";

/// Hosts mx1, mx2 … of receiver.example at 127.0.0.11, .12 …, each with what else is said of it, and zones.
std::string hosts(const std::vector<std::string>& each, std::string_view zones) {
    std::string text =
        fmt::format("domains = {{ \"receiver.example\" }}, {}, hosts = {{ ", extensions);
    for (std::size_t i = 1; i <= each.size(); ++i) {
        text +=
            fmt::format("{{ name = \"mx{0}.receiver.example\", address = \"127.0.0.{1}\" {2} }}, ",
                        i, 10 + i, each[i - 1]);
    }
    return fmt::format("{}}}, zones = {{ {} }}", text, zones);
}

std::string two_hosts(std::string_view zones = "") {
    return hosts({"", ""}, zones);
}

constexpr std::string_view refuses = R"(, connections = "refuse")";

/// At the first host, the first time.
std::string first_host(std::string_view hook, std::string_view verdict) {
    return on(hook, fmt::format("if s.host == \"mx1.receiver.example\" and "
                                "mx.state(\"times\"):add(\"{}\") == 1 then return {} end",
                                hook, verdict));
}

std::string queries(std::string_view type, std::string_view name, std::string_view verdict,
                    int times = 1'000'000) {
    return fmt::format(
        "function mx.on.query(q)\n  if q.type == \"{}\" and q.name == \"{}\" and q.count <= {} "
        "then return {} end\nend\n",
        type, name, times, verdict);
}

void add_choice(std::vector<Situation>& all, const QueueOptions& queue) {
    // The domains' own addresses are those of other hosts.
    all.push_back({.rule = "mx-lookup",
                   .fields = hosts({"", "", "", ""},
                                   R"(["receiver.example"] = { mx = { "mx1.receiver.example" },
                                                               a = "127.0.0.13" },
                                      ["other.example"] = { mx = { "mx2.receiver.example" },
                                                            a = "127.0.0.14" })"),
                   .letters = {letter(), to({"bob@other.example"})},
                   .queue = queue});
    all.push_back({.rule = "mx-preference",
                   .fields = two_hosts(
                       R"(["receiver.example"] = { mx = { { 20, "mx2.receiver.example" },
                                                          { 10, "mx1.receiver.example" } } })"),
                   .queue = queue});
    Situation equal{
        .rule = "mx-equal-random",
        .fields = two_hosts(R"(["receiver.example"] = { mx = { { 10, "mx1.receiver.example" },
                                                               { 10, "mx2.receiver.example" } } })"),
        .queue = queue};
    for (int i = 0; i < 44; ++i) equal.letters.push_back(letter());
    all.push_back(equal);
    const std::string first_refuses = hosts({std::string{refuses}, ""}, "");
    all.push_back({.rule = "mx-failover-connect",
                   .fields = first_refuses,
                   .queue = queue,
                   .beside = {"mx-try-two"}});
    all.push_back({.rule = "mx-try-two", .fields = first_refuses, .queue = queue});
    all.push_back({.rule = "mx-failover-greeting",
                   .fields = two_hosts(),
                   .hooks = first_host("connect", R"(mx.reply(421, "4.3.2", "busy"))"),
                   .queue = queue});
    all.push_back({.rule = "mx-no-shop-5yz",
                   .fields = two_hosts(),
                   .hooks = answers("rcpt", R"(mx.reply(550, "5.1.1", "nobody"))"),
                   .queue = queue,
                   .beside = {"retry-none-after-5yz"}});
    all.push_back(
        {.rule = "mx-self-loop",
         .fields = hosts({"", ""},
                         R"(["receiver.example"] = { mx = { { 10, "mx1.receiver.example" },
                                                                      { 20, "mta.sender.example" },
                                                                      { 30, "mx2.receiver.example" } } })"),
         .hooks = first_host("rcpt", R"(mx.reply(450, "4.2.0", "later"))"),
         .queue = queue});
}

void add_answers(std::vector<Situation>& all, const QueueOptions& queue) {
    all.push_back({.rule = "mx-implicit",
                   .fields = two_hosts(R"(["receiver.example"] = { a = "127.0.0.12" })"),
                   .hooks = queries("MX", "receiver.example", "mx.dns.no_data()"),
                   .queue = queue});
    all.push_back({.rule = "mx-no-a-when-mx",
                   .fields = hosts({std::string{refuses}, ""},
                                   R"(["receiver.example"] = { mx = { "mx1.receiver.example" },
                                                               a = "127.0.0.12" })"),
                   .queue = queue});
    all.push_back({.rule = "mx-nxdomain",
                   .fields = two_hosts(),
                   .hooks = queries("MX", "receiver.example", "mx.dns.nxdomain()"),
                   .queue = queue});
    all.push_back({.rule = "mx-servfail",
                   .fields = two_hosts(),
                   .hooks = queries("MX", "receiver.example", "mx.dns.servfail()", 3),
                   .queue = queue});
    all.push_back({.rule = "mx-unusable",
                   .fields = two_hosts(
                       R"(["receiver.example"] = { mx = { "none.receiver.example" },
                                                   a = "127.0.0.12" },
                          ["none.receiver.example"] = { txt = "no address" })"),
                   .queue = queue});
    all.push_back({.rule = "mx-null",
                   .fields = two_hosts(R"(["receiver.example"] = { mx = { { 0, "." } },
                                                                   a = "127.0.0.12" })"),
                   .queue = queue});
    all.push_back({.rule = "mx-cname-domain",
                   .fields = two_hosts(R"(["alias.example"] = { cname = "receiver.example" })"),
                   .letters = {to({"bob@alias.example"})},
                   .queue = queue});
    all.push_back({.rule = "mx-requery",
                   .fields = two_hosts(R"(["receiver.example"] = { mx = { "mx1.receiver.example" },
                                                                   ttl = "60s" })"),
                   .hooks = on("rcpt", R"(if mx.state("times"):add("rcpt") <= 3 then
    return mx.reply(450, "4.2.0", "later") end)"),
                   .queue = queue});
    all.push_back({.rule = "mx-truncated",
                   .fields = two_hosts(),
                   .hooks = queries("MX", "receiver.example", "mx.dns.truncated()"),
                   .queue = queue});
    all.push_back({.rule = "mx-idna",
                   .fields = R"(extensions = { "SMTPUTF8", "8BITMIME" },
                       domains = { "xn--bcher-kva.example" },
                       hosts = { { name = "mx1.receiver.example", address = "127.0.0.11" } })",
                   .letters = {to({"bob@b\xc3\xbc\x63her.example"})},
                   .queue = queue});
    all.push_back({.rule = "mx-partial-dns",
                   .fields = two_hosts(R"(["mx1.receiver.example"] = { fails = true })"),
                   .queue = queue});
}

}  // namespace

void add_names(std::vector<Situation>& all) {
    const QueueOptions queue{.by_names = true};
    add_choice(all, queue);
    add_answers(all, queue);
}

void add_innocent_names(std::vector<Situation>& all) {
    // The next host takes it five minutes after the silent one was connected to; the other message has no host at all.
    all.push_back({.rule = "timeout-temporary",
                   .fields = two_hosts(),
                   .hooks = first_host("connect", "mx.silence()"),
                   .letters = {letter(), to({"bob@missing.receiver.example"})},
                   .queue = QueueOptions{.by_names = true}});
}

}  // namespace fakemx::test
