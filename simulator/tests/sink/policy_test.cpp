// The receiver that the flags describe, in virtual time. The replies are those of smtp-sink 3.7; client test 30 asks
// the real one.
#include "sink/policy.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/virtual_run.h"
#include "sink/flags.h"
#include "support/catch.h"
#include "support/virtual_driver.h"

using namespace fakemx;
using namespace fakemx::test;
using sink::Given;

namespace {

class Sink {
public:
    explicit Sink(const std::vector<Given>& given, std::uint64_t seed = 1)
        : settings_(*sink::read_flags(given)),
          profile_(sink::profile_of(settings_)),
          policy_(settings_),
          simulator_(profile_, policy_, journal, {.seed = seed}),
          run_(simulator_) {}

    /// The replies to each line, "\n" for line ends; the greeting first.
    std::vector<std::string> dialogue(const std::vector<std::string>& lines) {
        client_ = run_.connect();
        std::vector<std::string> replies{reply()};
        for (const std::string& line : lines) {
            run_.send(client_, line + "\r\n");
            replies.push_back(reply());
        }
        return replies;
    }
    std::string reply() {
        std::string text = run_.received(client_);
        std::erase(text, '\r');
        if (text.ends_with('\n')) text.pop_back();
        if (run_.closed(client_)) text += text.empty() ? "<closed>" : "\n<closed>";
        return text;
    }
    std::string said(const std::string& octets) {
        run_.send(client_, octets);
        return reply();
    }
    std::string after(Duration duration) {
        run_.advance(duration);
        return reply();
    }

    RecordingSink journal;

private:
    sink::Settings settings_;
    engine::Profile profile_;
    sink::SinkPolicy policy_;
    engine::Simulator simulator_;
    engine::VirtualRun run_;
    engine::VirtualRun::Client client_ = 0;
};

using Lines = std::vector<std::string>;

const Lines transaction{"HELO x.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA",
                        "x\r\n."};

std::string last(Sink& sink, const Lines& lines) {
    return sink.dialogue(lines).back();
}

}  // namespace

TEST_CASE("sink: a whole session, in smtp-sink's words") {
    Sink sink{{}};
    Lines lines = transaction;
    lines[0] = "EHLO x.test";
    for (const char* more : {"RSET", "NOOP", "VRFY u", "XCLIENT NAME=x", "XFORWARD NAME=x", "HELP",
                             "EXPN u", "FOO", "", "LHLO x", "STARTTLS", "DATA", "QUIT"})
        lines.emplace_back(more);
    CHECK(sink.dialogue(lines) ==
          Lines{"220 smtp-sink ESMTP",
                "250-smtp-sink\n250-PIPELINING\n250-8BITMIME\n"
                "250-AUTH PLAIN LOGIN\n250-XCLIENT NAME HELO\n"
                "250-XFORWARD NAME ADDR PROTO HELO\n"
                "250-ENHANCEDSTATUSCODES\n250-DSN\n250 ",
                "250 2.1.0 Ok", "250 2.1.5 Ok", "354 End data with <CR><LF>.<CR><LF>",
                "250 2.0.0 Ok", "250 2.1.0 Ok", "250 2.0.0 Ok", "250 2.0.0 Ok", "250 2.0.0 Ok",
                "250 2.0.0 Ok", "500 5.5.1 Error: unknown command",
                "500 5.5.1 Error: unknown command", "500 5.5.1 Error: unknown command",
                "500 5.5.2 Error: unknown command", "500 5.5.1 Error: unknown command",
                "500 5.5.1 Error: unknown command", "503 5.5.1 Error: bad sequence of commands",
                "221 Bye\n<closed>"});
}

TEST_CASE("sink: what is not offered") {
    Sink sink{{{'8', ""}, {'a', ""}, {'C', ""}, {'E', ""}, {'F', ""}, {'N', ""}, {'p', ""}}};
    CHECK(sink.dialogue({"EHLO x", "XCLIENT x", "XFORWARD x", "AUTH PLAIN x"}) ==
          Lines{"220 smtp-sink ESMTP", "250-smtp-sink\n250 ", "500 5.5.1 Error: unknown command",
                "500 5.5.1 Error: unknown command", "250 2.0.0 Ok"});
    Sink plain{{{'e', ""}, {'h', "mx.example"}}};
    CHECK(plain.dialogue({"EHLO x", "HELO x"}) ==
          Lines{"220 mx.example", "500 5.5.1 Error: unknown command", "250 mx.example"});
    Sink pix{{{'P', ""}}};
    CHECK(pix.dialogue({"EHLO x", "HELO x"}) ==
          Lines{"220 ********", "500 5.5.1 Error: unknown command", "250 smtp-sink"});
    // There is no such command to be soft about.
    Sink both{{{'e', ""}, {'r', "ehlo"}}};
    CHECK(last(both, {"EHLO x"}) == "500 5.5.1 Error: unknown command");
}

TEST_CASE("sink: AUTH is spoken, and everybody may") {
    Sink sink{{}};
    // base64 of "\0ann\0secret"
    CHECK(last(sink, {"EHLO x", "AUTH PLAIN AGFubgBzZWNyZXQ="}) == "235 2.0.0 Ok");
    CHECK(last(sink, {"EHLO x", "AUTH CRAM-MD5"}).starts_with("504"));
}

TEST_CASE("sink: -L is LMTP, with a reply for each recipient at the dot") {
    const Lines lines{"EHLO x",
                      "HELO x",
                      "LHLO x",
                      "MAIL FROM:<a@b.test>",
                      "DATA",
                      "RCPT TO:<c@d.test>",
                      "RCPT TO:<e@d.test>",
                      "DATA",
                      "x\r\n.",
                      "QUIT"};
    Sink sink{{{'L', ""}}};
    CHECK(sink.dialogue(lines) ==
          Lines{"220 smtp-sink ESMTP", "500 5.5.1 Error: unknown command",
                "500 5.5.1 Error: unknown command",
                "250-smtp-sink\n250-PIPELINING\n250-8BITMIME\n250-AUTH PLAIN LOGIN\n"
                "250-XCLIENT NAME HELO\n250-XFORWARD NAME ADDR PROTO HELO\n"
                "250-ENHANCEDSTATUSCODES\n250-DSN\n250 ",
                "250 2.1.0 Ok", "503 5.5.1 Error: bad sequence of commands", "250 2.1.5 Ok",
                "250 2.1.5 Ok", "354 End data with <CR><LF>.<CR><LF>", "250 2.2.0 Ok\n250 2.2.0 Ok",
                "221 Bye\n<closed>"});
    const Lines message{lines.begin() + 2, lines.end() - 1};
    const auto dot = [&](std::vector<Given> given) {
        given.push_back({'L', ""});
        Sink faulty{given};
        return last(faulty, message);
    };
    CHECK(dot({{'r', "."}}) == "450 4.3.0 Error: command failed\n450 4.3.0 Error: command failed");
    CHECK(dot({{'Q', "."}}) == "421 4.0.0 Server closing connection\n<closed>");
    CHECK(dot({{'q', "."}}) == "<closed>");
    // Not for each reply: once.
    Sink delayed{{{'L', ""}, {'W', ".:7"}}};
    CHECK(last(delayed, message).empty());
    CHECK(delayed.after(7s - 1us).empty());
    CHECK(delayed.after(1us) == "250 2.2.0 Ok\n250 2.2.0 Ok");
    // LHLO has a name of its own, and -e and -P leave it.
    for (const auto& [flag, command, expected] : {std::tuple{'f', "ehlo helo", "250-smtp-sink"},
                                                  {'f', "lhlo", "500 5.3.0 Error: command failed"},
                                                  {'e', "", "250-smtp-sink"},
                                                  {'P', "", "250-smtp-sink"}}) {
        Sink named{{{'L', ""}, {flag, command}}};
        CHECK(last(named, {"LHLO x"}).starts_with(expected));
    }
}

TEST_CASE("sink: every command that a flag may name, with every fault") {
    const Lines whole{"EHLO x.test",
                      "AUTH PLAIN AGFubgBzZWNyZXQ=",
                      "XCLIENT x",
                      "XFORWARD x",
                      "VRFY u",
                      "NOOP",
                      "RSET",
                      "MAIL FROM:<a@b.test>",
                      "RCPT TO:<c@d.test>",
                      "DATA",
                      "x\r\n.",
                      "HELO x.test",
                      "QUIT"};
    const std::vector<std::pair<std::string, std::size_t>> places{
        {"CONNECT", 0}, {"EHLO", 1}, {"AUTH", 2},  {"XCLIENT", 3}, {"XFORWARD", 4},
        {"VRFY", 5},    {"NOOP", 6}, {"RSET", 7},  {"MAIL", 8},    {"RCPT", 9},
        {"DATA", 10},   {".", 11},   {"HELO", 12}, {"QUIT", 13}};
    const Lines undisturbed = Sink{{}}.dialogue(whole);
    for (const auto& [command, place] : places) {
        for (const auto& [flag, expected] :
             {std::pair{'f', "500 5.3.0 Error: command failed"},
              {'r', "450 4.3.0 Error: command failed"},
              {'q', "<closed>"},
              {'Q', "421 4.0.0 Server closing connection\n<closed>"}}) {
            INFO(flag << ' ' << command);
            Sink sink{{{flag, command}}};
            const Lines lines{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(place)};
            Lines replies = sink.dialogue(lines);
            CHECK(replies.back() == expected);
            replies.pop_back();
            // -f and -r imply -p.
            for (std::string& reply : replies) {
                const std::size_t at = reply.find("250-PIPELINING\n");
                if (at != std::string::npos) reply.erase(at, 15);
            }
            Lines before{undisturbed.begin(),
                         undisturbed.begin() + static_cast<std::ptrdiff_t>(place)};
            if (before.size() > 1) before[1].erase(before[1].find("250-PIPELINING\n"), 15);
            CHECK(replies == before);
        }
        INFO("-W " << command);
        Sink sink{{{'W', command + ":7"}}};
        const Lines lines{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(place)};
        CHECK(last(sink, lines).empty());
        CHECK(sink.after(7s - 1us).empty());
        CHECK_FALSE(sink.after(1us).empty());
    }
}

TEST_CASE("sink: of several faults the first counts: -q, -Q, -f, -r, -W") {
    std::vector<Given> given{{'W', "mail:5"}};
    const Lines lines{"HELO x", "MAIL FROM:<a@b.test>"};
    Sink delayed{given};
    CHECK(last(delayed, lines).empty());
    for (const auto& [flag, reply] : {std::pair{'r', "450 4.3.0 Error: command failed"},
                                      {'f', "500 5.3.0 Error: command failed"},
                                      {'Q', "421 4.0.0 Server closing connection\n<closed>"},
                                      {'q', "<closed>"}}) {
        given.push_back({flag, "mail"});
        Sink sink{given};
        CHECK(last(sink, lines) == reply);
    }
}

TEST_CASE("sink: replies of one's own; a soft 421 does not close") {
    Sink sink{{{'r', "mail"}, {'b', "421 4.7.0 Slow down"}, {'f', "noop"}, {'B', "554 5.7.1 No"}}};
    CHECK(sink.dialogue({"HELO x", "MAIL FROM:<a@b.test>", "NOOP"}) ==
          Lines{"220 smtp-sink ESMTP", "250 smtp-sink", "421 4.7.0 Slow down", "554 5.7.1 No"});
}

TEST_CASE("sink: QUIT that is refused does not end the session") {
    Sink sink{{{'f', "quit"}}};
    CHECK(sink.dialogue({"QUIT", "QUIT"})[2] == "500 5.3.0 Error: command failed");
}

TEST_CASE("sink: -A breaks off behind 354, and looks at nothing until then") {
    const Lines until_data{transaction.begin(), transaction.end() - 1};
    Sink at_once{{{'A', "0"}}};
    CHECK(last(at_once, until_data) ==
          "354 End data with <CR><LF>.<CR><LF>\n550 This violates SMTP\n<closed>");
    Sink later{{{'A', "5"}}};
    CHECK(last(later, transaction).empty());
    CHECK(later.after(4s).empty());
    CHECK(later.after(1s) == "550 This violates SMTP\n<closed>");
    CHECK(later.journal.messages.empty());
}

TEST_CASE("sink: -H reads nothing for a while behind 354") {
    Sink sink{{{'H', "5"}}};
    CHECK(last(sink, {transaction.begin(), transaction.end() - 1}) ==
          "354 End data with <CR><LF>.<CR><LF>");
    CHECK(sink.said("x\r\n.\r\n").empty());
    CHECK(sink.after(5s - 1us).empty());
    CHECK(sink.after(1us) == "250 2.0.0 Ok");
    CHECK(sink.said("NOOP\r\n") == "250 2.0.0 Ok");
    // Behind a delayed one, from when it has left.
    Sink both{{{'H', "5"}, {'w', "3"}}};
    CHECK(last(both, {transaction.begin(), transaction.end() - 1}).empty());
    CHECK(both.after(3s) == "354 End data with <CR><LF>.<CR><LF>");
    CHECK(both.said("x\r\n.\r\n").empty());
    CHECK(both.after(5s - 1us).empty());
    CHECK(both.after(1us) == "250 2.0.0 Ok");
}

TEST_CASE("sink: a silent client is disconnected without a word") {
    Sink sink{{{'t', "30"}}};
    sink.dialogue({"HELO x"});
    CHECK(sink.after(30s - 1us).empty());
    CHECK(sink.after(1us) == "<closed>");
}

TEST_CASE("sink: odds prolong a delay by whole multiples, the same for the same seed") {
    const auto waits = [](std::uint64_t seed) {
        std::vector<int> multiples;
        for (int i = 0; i < 20; ++i) {
            Sink one{{{'W', "noop:10:50"}}, seed + static_cast<std::uint64_t>(i)};
            std::string reply = last(one, {"HELO x", "NOOP"});
            int multiple = 0;
            for (; reply.empty(); ++multiple) reply = one.after(10s);
            multiples.push_back(multiple);
        }
        return multiples;
    };
    const auto first = waits(7);
    CHECK(first == waits(7));
    CHECK(std::count(first.begin(), first.end(), 0) > 0);
    CHECK(*std::max_element(first.begin(), first.end()) > 1);
}

TEST_CASE("sink: messages of any size, and very many recipients") {
    Sink sink{{}};
    Lines lines{"HELO x", "MAIL FROM:<a@b.test>"};
    for (int i = 0; i < 2000; ++i) lines.push_back(fmt::format("RCPT TO:<u{}@d.test>", i));
    CHECK(last(sink, lines) == "250 2.1.5 Ok");
}
