// What hooks are given, what they may answer, and how they wait.
#include <string>

#include "core/limits.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

/// What a hook that shows these values says of them.
std::string shown(smtp::Hook hook, const std::string& arguments, const std::string& values,
                  smtp::Argument argument) {
    ProfileFixture mine{with_profile("function mx.on." + std::string{smtp::name(hook)} + "(s, " +
                                     arguments + ")\n local t = table.pack(" + values +
                                     ")\n for i = 1, t.n do t[i] = tostring(t[i]) end\n"
                                     " return mx.reply(250, nil, table.concat(t, ' '))\nend")};
    mine.attempt = 3;
    return mine.said(hook, std::move(argument));
}

smtp::PathArgument path_argument(std::string local_part, std::string domain) {
    return {.path = {std::move(local_part), std::move(domain)},
            .parameters = {{"SIZE", "1200", true}, {"BODY", "8bitmime", true}, {"X", "", false}}};
}

smtp::Message a_message() {
    smtp::Message message;
    message.octets = 99;
    message.lines = 5;
    message.bare_cr = 1;
    message.bare_lf = 2;
    message.eight_bit = true;
    message.content =
        "Message-ID: <1@a.example>\r\nFrom: Ann <ann@a.example>\r\nSubject: one\r\n "
        "two\r\n\r\nbody\r\n";
    return message;
}

smtp::Verdict returned(std::string_view expression) {
    return ProfileFixture{on_connect("return " + std::string{expression})}.verdict(
        smtp::Hook::connect);
}

template <class Answer>
Answer answered(std::string_view expression) {
    const smtp::Verdict verdict = returned(expression);
    REQUIRE(std::holds_alternative<Answer>(verdict.answer));
    return std::get<Answer>(verdict.answer);
}

}  // namespace

TEST_CASE("the session shows what is known of it") {
    ProfileFixture mine{on_connect(R"(
        return mx.reply(250, nil, table.concat({ s.id, s.host, s.ip, s.local_ip, s.helo,
          tostring(s.esmtp), tostring(s.from), #s.recipients, s.recipients[1] or '-',
          s.transactions, s.messages, s.commands, s.errors }, ' ')))")};
    CHECK(mine.said() == "7 mx.example 192.0.2.1 127.0.0.1  false nil 0 - 0 0 0 0");
    mine.facts.helo = "client.example";
    mine.facts.esmtp = true;
    mine.facts.in_transaction = true;
    mine.facts.envelope.recipients.push_back({"bo", "163.com"});
    mine.facts.transactions = 1;
    mine.facts.messages = 2;
    mine.facts.commands = 3;
    mine.facts.protocol_errors = 4;
    CHECK(mine.said() ==
          "7 mx.example 192.0.2.1 127.0.0.1 client.example true  1 bo@163.com 1 2 3 4");
    mine.facts.envelope.reverse_path = {"ann", "a.example"};
    CHECK_THAT(mine.said(), Contains("true ann@a.example 1"));
}

TEST_CASE("the client's host name is what a trusted peer said") {
    ProfileFixture mine{on_connect("return mx.reply(250, nil, tostring(s.name))")};
    CHECK(mine.said() == "nil");
    mine.facts.declared =
        std::make_shared<const smtp::Declaration>(smtp::Declaration{.name = "mail.example"});
    CHECK(mine.said() == "mail.example");
    mine.facts.declared = std::make_shared<const smtp::Declaration>();
    CHECK(mine.said() == "nil");
}

TEST_CASE("message.recipient is whom LMTP asks about, and nobody elsewhere") {
    ProfileFixture mine{
        with_profile("function mx.on.message(s, message)\n"
                     "return mx.reply(250, nil, tostring(message.recipient)) end")};
    mine.facts.envelope.recipients = {{"one", "d.test"}, {"two", "d.test"}};
    CHECK(mine.said(smtp::Hook::message, smtp::Message{}) == "nil");
    CHECK(mine.said(smtp::Hook::message, smtp::Message{.recipient = 2}) == "two@d.test");
}

TEST_CASE("arguments show what has arrived") {
    using smtp::Hook;
    CHECK(shown(Hook::ehlo, "hello", "hello.name, hello.valid",
                smtp::HeloArgument{"client.example", true}) == "client.example true");
    CHECK(shown(Hook::helo, "hello", "hello.name, hello.valid", smtp::HeloArgument{"_", false}) ==
          "_ false");
    CHECK(shown(Hook::mail, "mail",
                "mail.address, mail.local_part, mail.domain, mail.size, mail.body, "
                "mail.params.SIZE, mail.params.X, mail.params.Y",
                smtp::MailArgument{path_argument("ann", "a.example")}) ==
          "ann@a.example ann a.example 1200 8BITMIME 1200 true nil");
    CHECK(shown(Hook::mail, "mail", "mail.address, mail.domain, mail.size, mail.body",
                smtp::MailArgument{}) == "  nil nil");
    CHECK(shown(Hook::rcpt, "rcpt", "rcpt.address, rcpt.local_part, rcpt.domain, rcpt.attempt",
                smtp::RcptArgument{path_argument("bo", "163.com")}) == "bo@163.com bo 163.com 3");
    CHECK(
        shown(Hook::message, "message",
              "message.attempt, message.size, message.lines, message.id, message.from_domain, "
              "#message.content, message.bare_cr, message.bare_lf, message.eight_bit, message.nul",
              a_message()) == "3 99 5 1@a.example a.example 82 1 2 true false");
    CHECK(shown(Hook::message, "message",
                "message:header 'Subject', message:header 'subject', message:header 'X'",
                a_message()) == "one two one two nil");
    CHECK(shown(Hook::message, "message", "message.id, message.from_domain", smtp::Message{}) ==
          "nil nil");
    for (const Hook hook : {Hook::vrfy, Hook::expn, Hook::help, Hook::noop, Hook::unknown}) {
        CHECK(shown(hook, "command", "command.verb, command.text",
                    smtp::TextArgument{"vRFY", "a b"}) == "vRFY a b");
    }
    for (const Hook hook : {Hook::connect, Hook::data, Hook::rset, Hook::quit, Hook::idle}) {
        CHECK(shown(hook, "nothing", "nothing", {}) == "nil");
    }
}

TEST_CASE("misspelt fields are errors at the user's line, with the nearest name") {
    CHECK(failure_of("return s.hello") ==
          "mine.lua:3: the session has no field 'hello'; did you mean 'helo'?");
    CHECK_THAT(failure_of("return s[1]"), StartsWith("mine.lua:3: "));
    CHECK_THAT(failure_of("s.ip = 'x'"), Contains("the session cannot be written"));
    CHECK_THAT(failure_of("return getmetatable(s).x"), Contains("nil value"));
    ProfileFixture mine{
        with_profile("function mx.on.rcpt(s, rcpt)\n  return rcpt.adress\nend\n"
                     "function mx.on.message(s, message)\n"
                     "  return message.header('Subject')\nend\n"
                     "function mx.on.mail(s, mail) return mail.attempt end")};
    CHECK(mine.failure(smtp::Hook::rcpt, smtp::RcptArgument{}).message ==
          "mine.lua:3: rcpt has no field 'adress'; did you mean 'address'?");
    CHECK_THAT(mine.failure(smtp::Hook::message, a_message()).message,
               EndsWith("'header' belongs behind the message: message:header \"Subject\""));
    CHECK_THAT(mine.failure(smtp::Hook::mail, smtp::MailArgument{}).message,
               EndsWith("mail has no field 'attempt'"));
}

TEST_CASE("returning nothing is the default verdict") {
    CHECK(returned("nil") == smtp::Verdict{});
    CHECK(ProfileFixture{on_connect("")}.verdict(smtp::Hook::connect) == smtp::Verdict{});
    CHECK(ProfileFixture{on_connect("return")}.verdict(smtp::Hook::connect) == smtp::Verdict{});
}

TEST_CASE("every verdict") {
    const auto reply = answered<smtp::Reply>("mx.reply(451, '4.3.2', 'Internal server error')");
    CHECK(reply.code == 451);
    CHECK(smtp::format(reply.enhanced.value()) == "4.3.2");
    CHECK(reply.lines == std::vector<std::string>{"Internal server error"});
    CHECK(answered<smtp::Reply>("mx.reply(250)").lines.empty());
    CHECK(answered<smtp::Reply>("mx.reply(250, nil, { 'a', 'b' })").lines ==
          std::vector<std::string>{"a", "b"});
    CHECK(answered<smtp::Reply>("mx.reply(999, nil, 'odd')").code == 999);
    CHECK(answered<smtp::StandardAnswer>("mx.accept()") == smtp::StandardAnswer{});
    CHECK(answered<smtp::StandardAnswer>("mx.defer 'later'") ==
          smtp::StandardAnswer{smtp::Disposition::defer, "later"});
    CHECK(answered<smtp::StandardAnswer>("mx.reject()").disposition == smtp::Disposition::reject);
    CHECK(answered<smtp::RawAnswer>("mx.raw('25\\r\\n')").octets == "25\r\n");
    CHECK(std::holds_alternative<smtp::Silence>(returned("mx.silence()").answer));
    CHECK(std::holds_alternative<smtp::Silence>(returned("mx.close()").answer));
    CHECK(returned("mx.close()").ending == smtp::Ending::close);
    CHECK(returned("mx.reset()").ending == smtp::Ending::reset);
}

TEST_CASE("every modifier") {
    CHECK(returned("mx.accept():after '3s'").pacing.after == 3s);
    const auto drip = returned("mx.accept():drip { octets = 2, every = '1s' }").pacing;
    CHECK(drip.pieces == std::vector<std::uint32_t>{2});
    CHECK(drip.repeat_last_piece);
    CHECK(drip.every == 1s);
    const auto slice = returned("mx.accept():slice { 3, 10 }").pacing;
    CHECK(slice.pieces == std::vector<std::uint32_t>{3, 10});
    CHECK_FALSE(slice.repeat_last_piece);
    CHECK(returned("mx.accept():slice { octets = 5 }").pacing.repeat_last_piece);
    CHECK(returned("mx.accept():then_close()").ending == smtp::Ending::close);
    CHECK(returned("mx.accept():then_reset()").ending == smtp::Ending::reset);
    CHECK(returned("mx.reply(421, nil, 'x'):then_stay()").ending == smtp::Ending::stay);
    CHECK(returned("mx.accept():then_half_close()").ending == smtp::Ending::half_close);
    CHECK(returned("mx.accept():then_cut()").ending == smtp::Ending::cut);
    CHECK(returned("mx.half_close()").ending == smtp::Ending::half_close);
    const auto late = returned("mx.accept():late '30s'").pacing;
    CHECK((late.late && late.after == 30s));
    CHECK_FALSE(returned("mx.accept():late '30s':after '3s'").pacing.late);
    CHECK(returned("mx.accept():lost()").lost_after == 0U);
    CHECK(returned("mx.accept():lost(3)").lost_after == 3U);
    CHECK(returned("mx.accept():stop_reading()").reading == smtp::Reading{});
    CHECK(returned("mx.accept():stop_reading '10m'").reading == smtp::Reading{.every = 10min});
    CHECK(returned("mx.accept():read_slowly { octets = 7, every = '2s' }").reading ==
          smtp::Reading{.octets = 7, .every = 2s});
    const auto next = returned("mx.accept():and_then('5s', mx.defer():then_close())").and_then;
    REQUIRE(next);
    CHECK(next->wait == 5s);
    CHECK(next->verdict.ending == smtp::Ending::close);
    ProfileFixture mine{
        with_profile("function mx.on.data(s) return mx.accept():in_body(100, mx.reset()) end\n"
                     "function mx.on.starttls(s) return mx.accept():handshake('close', 9) end")};
    const auto in_body = mine.verdict(smtp::Hook::data).in_body;
    REQUIRE(in_body);
    CHECK(in_body->octets == 100);
    CHECK(in_body->verdict.ending == smtp::Ending::reset);
    CHECK(mine.verdict(smtp::Hook::starttls).handshake ==
          smtp::HandshakeFault{.kind = smtp::HandshakeFault::Kind::close, .octets = 9});
    const auto chained = returned("mx.reply(450, nil, 'x'):after '1s':slice { 1 }:then_close()");
    CHECK(chained.pacing.after == 1s);
    CHECK(chained.pacing.pieces.size() == 1);
    CHECK(chained.ending == smtp::Ending::close);
}

TEST_CASE("verdicts are values that do not change") {
    ProfileFixture mine{
        with_profile("local no = mx.reply(450, nil, 'no')\n"
                     "function mx.on.connect(s) return no:after '3s' end\n"
                     "function mx.on.quit(s) return no end\n"
                     "function mx.on.idle(s) no.code = 5 end")};
    CHECK(mine.verdict(smtp::Hook::connect).pacing.after == 3s);
    CHECK(mine.verdict(smtp::Hook::quit).pacing.after == 0s);
    CHECK_THAT(mine.failure(smtp::Hook::idle).message, Contains("a verdict cannot be changed"));
}

TEST_CASE("what is wrong with a verdict is said at the user's line") {
    const auto complaint = [](const std::string& expression) {
        const std::string text = failure_of("return " + expression);
        CHECK_THAT(text, StartsWith("mine.lua:3: "));
        return text;
    };
    CHECK_THAT(complaint("mx.reply()"), EndsWith("a code of three digits first"));
    CHECK_THAT(complaint("mx.reply(45)"), EndsWith("a code of three digits first"));
    CHECK_THAT(complaint("mx.reply(450.5)"), EndsWith("a code of three digits first"));
    CHECK_THAT(complaint("mx.reply(450, 'Try later')"),
               Contains("\"4.3.2\", or nil; this is 'Try later'"));
    CHECK_THAT(complaint("mx.reply(450, 4)"), Contains("this is 'number'"));
    CHECK_THAT(complaint("mx.reply(450, nil, {})[1]"), Contains("a verdict has no method"));
    CHECK_THAT(complaint("mx.reply(450, nil, { 5 })"),
               EndsWith("line 1 of the reply is no string"));
    CHECK_THAT(complaint("mx.reply(450, nil, true)"), Contains("a text or a list of lines"));
    CHECK_THAT(complaint("mx.reply(450, nil, 'a\\r\\nb')"), Contains("has no line ends"));
    CHECK_THAT(complaint("mx.defer 'a\\nb'"), Contains("has no line ends"));
    CHECK_THAT(complaint("mx.reply(450, nil, ('x'):rep(300000))"), Contains("a reply may have"));
    CHECK_THAT(complaint("mx.accept(('x'):rep(300000))"), Contains("a reply may have"));
    CHECK_THAT(complaint("mx.raw(('x'):rep(300000))"), Contains("a reply may have"));
    CHECK_THAT(complaint("mx.accept():after(3)"),
               EndsWith("a duration has a unit: write \"3s\", not 3"));
    CHECK_THAT(complaint("mx.accept():after(0.5)"), Contains("is expected, not a number"));
    CHECK_THAT(complaint("mx.accept():after()"), Contains("a duration such as \"90s\""));
    CHECK_THAT(complaint("mx.accept():aftr '3s'"),
               EndsWith("a verdict has no method 'aftr'; did you mean 'after'?"));
    CHECK_THAT(complaint("mx.accept().after('3s')"), Contains("with a colon"));
    CHECK_THAT(complaint("mx.accept():drip { octets = 1, evry = '1s' }"),
               Contains("did you mean 'every'?"));
    CHECK_THAT(complaint("mx.accept():drip { octets = 0, every = '1s' }"), Contains("at least 1"));
    CHECK_THAT(complaint("mx.accept():drip '1s'"), Contains(":drip takes a table"));
    CHECK_THAT(complaint("mx.accept():slice {}"), Contains("sizes of the segments"));
    CHECK_THAT(complaint("mx.accept():slice { 3, -1 }"), Contains("at least 1"));
    CHECK_THAT(complaint("mx.accept():late '3s':drip { octets = 1, every = '1s' }"),
               Contains("leaves whole"));
    CHECK_THAT(complaint("mx.accept():slice { 3 }:late '3s'"), Contains("leaves whole"));
    CHECK_THAT(complaint("mx.accept():stop_reading '0s'"), Contains("longer than 0s, or none"));
    CHECK_THAT(complaint("mx.accept():lost(-1)"), Contains(":lost takes a number of octets"));
    CHECK_THAT(complaint("mx.accept():and_then('5s', 451)"), Contains("takes a verdict"));
    CHECK_THAT(complaint("mx.accept():and_then(mx.reset())"), Contains("a duration such as"));
    CHECK_THAT(complaint("mx.accept():and_then('5s', mx.reset()):and_then('9s', mx.reset())"),
               Contains("stands once behind a verdict"));
    CHECK_THAT(complaint("mx.accept():in_body('1KiB', mx.reset())"), Contains("number of octets"));
    CHECK_THAT(complaint("mx.accept():in_body(1, mx.accept():in_body(2, mx.reset()))"),
               Contains("has no :in_body"));
    CHECK_THAT(complaint("mx.accept():read_slowly { octets = 1 }"), Contains("a duration such as"));
    CHECK_THAT(complaint("mx.accept():read_slowly(5)"),
               EndsWith(":read_slowly takes a table, such as :read_slowly { octets = 1, every = "
                        "\"1s\" }"));
    CHECK_THAT(complaint("mx.accept():handshake 'stal'"), EndsWith("did you mean 'stall'?"));
    CHECK_THAT(complaint("mx.replay(450)"),
               EndsWith("mx has no member 'replay'; did you mean 'reply'?"));
}

TEST_CASE("a hook that returns something else fails at its own line") {
    CHECK(failure_of("return 451") ==
          "mine.lua:2: the hook connect returned a number; it returns one verdict such as "
          "mx.reply(…), or nothing");
    CHECK(failure_of("return mx.accept():in_body(1, mx.reset())") ==
          "mine.lua:2: the hook connect used :in_body, which is for the hook data");
    CHECK_THAT(failure_of("return mx.accept():handshake 'stall'"),
               EndsWith("the hook connect used :handshake, which is for the hook starttls"));
    CHECK_THAT(failure_of("return mx.accept(), 5"), Contains("returned 2 values"));
    CHECK_THAT(failure_of("return s"), Contains("returned a "));
    CHECK_THAT(failure_of("error(mx.accept())"), Contains("raised with a verdict for a message"));
}

TEST_CASE("a hook that fails says where") {
    ProfileFixture mine{
        with_profile("local function deep(x)\n  return x.y.z\nend\n"
                     "function mx.on.connect(s)\n  local v = deep {}\n  return v\nend")};
    const engine::ScriptError error = mine.failure();
    CHECK(error.message == "mine.lua:3: attempt to index a nil value (field 'y')");
    CHECK(error.file == "mine.lua");
    CHECK(error.line == 3);
    CHECK_THAT(error.traceback, Contains("mine.lua:6"));
    // The next question is answered as if nothing had been.
    CHECK_THAT(mine.failure().message, Contains("field 'y'"));
}

TEST_CASE("budgets hold in hooks, and pcall does not catch them") {
    CHECK(failure_of("while true do end") ==
          "mine.lua:3: this question used up its 1000000 instructions; is there a loop without an "
          "end?");
    CHECK_THAT(failure_of("pcall(function() while true do end end)"), Contains("used up"));
    CHECK_THAT(failure_of("local t = {} for i = 1, 1e9 do t[i] = { i, i, i, i } end"),
               EndsWith("this question needed more than 16 MiB of memory"));
    CHECK_THAT(failure_of("local t = {} local x = ('x'):rep(200000)\n"
                          "for i = 1, 1e9 do t[i] = mx.raw(x) end"),
               EndsWith("this question needed more than 16 MiB of memory"));
    CHECK_THAT(failure_of("local t, sizes = {}, {} for i = 1, 50000 do sizes[i] = 1 end\n"
                          "for i = 1, 1e9 do t[i] = mx.accept():slice(sizes) end"),
               EndsWith("this question needed more than 16 MiB of memory"));
    CHECK_THAT(failure_of("while true do mx.state('a'):add('k') end"), Contains("used up"));
    CHECK_THAT(failure_of("while true do mx.sleep '1us' end"), Contains("used up"));
    CHECK_THAT(failure_of("return (' '):rep(4000):find(('a-'):rep(2000) .. 'b')"),
               Contains("steps"));
}

TEST_CASE("sleeping takes the server's time") {
    ProfileFixture mine{
        on_connect("local before = mx.now()\nmx.sleep '90s'\nmx.sleep '250ms'\n"
                   "mx.sleep '0s'\nreturn mx.reply(250, nil, "
                   "('%d %d'):format(before, mx.now() - before))")};
    CHECK(mine.said() == "1767225600 90");
    CHECK(mine.slept == 90s + 250ms);
    CHECK(
        ProfileFixture{on_connect("local ok, v = pcall(function() mx.sleep '1s' return s.ip end)\n"
                                  "return mx.reply(250, nil, v)")}
            .said() == "192.0.2.1");
    // Longer than any clock lasts.
    ProfileFixture forever{on_connect("mx.sleep '100000000d'")};
    const auto consultation = forever.ask(smtp::Hook::connect);
    const auto step = consultation->resume(forever.now);
    CHECK(std::get<engine::Sleep>(step.outcome).until > forever.now);
}

TEST_CASE("where sleeping does not work, it says so") {
    const auto expected = Contains(
        "mx.sleep does not work inside a function that table.sort or "
        "string.gsub calls");
    CHECK_THAT(failure_of("table.sort({ 2, 1 }, function() mx.sleep '1s' end)"), expected);
    CHECK_THAT(failure_of("('x'):gsub('x', function() mx.sleep '1s' end)"), expected);
    CHECK_THAT(failure_of("mx.sleep(5)"), EndsWith("a duration has a unit: write \"5s\", not 5"));
    CHECK_THAT(failure_of("mx.sleep 'soon'"), Contains("'soon' is no duration"));
    ProfileFixture mine{with_profile("function mx.on.close(s)\n  mx.sleep '1s'\nend")};
    CHECK_THAT(mine.failure(smtp::Hook::close).message,
               StartsWith("mine.lua:3: the hook close cannot sleep"));
}

TEST_CASE("sleeping questions do not see each other, and can be given up") {
    ProfileFixture mine{
        on_connect("local id = s.id\nmx.sleep '10s'\n"
                   "return mx.reply(250, nil, id .. ' ' .. s.id)")};
    std::vector<std::unique_ptr<engine::Consultation>> asleep;
    for (int i = 0; i < 50; ++i) {
        asleep.push_back(mine.ask(smtp::Hook::connect));
        const auto step = asleep.back()->resume(mine.now);
        CHECK(std::holds_alternative<engine::Sleep>(step.outcome));
    }
    for (std::size_t i = 0; i < asleep.size(); i += 2) asleep[i].reset();
    mine.now += 10s;
    for (std::size_t i = 1; i < asleep.size(); i += 2) {
        const auto step = asleep[i]->resume(mine.now);
        REQUIRE(std::holds_alternative<smtp::Verdict>(step.outcome));
    }
    asleep.clear();
    CHECK(mine.said() == "7 7");
}

TEST_CASE("a question asleep at the first line of its hook is small") {
    ProfileFixture mine{with_profile("function mx.on.rcpt(s, rcpt)\n  mx.sleep '1h'\nend")};
    // The first ones make what all of them share.
    mine.answer(smtp::Hook::rcpt, smtp::RcptArgument{});
    const std::size_t before = mine.profile->lua_octets();
    constexpr std::size_t count = 10'000;
    std::vector<std::unique_ptr<engine::Consultation>> asleep;
    for (std::size_t i = 0; i < count; ++i) {
        asleep.push_back(mine.ask(smtp::Hook::rcpt, smtp::RcptArgument{}));
        const auto step = asleep.back()->resume(mine.now);
        REQUIRE(std::holds_alternative<engine::Sleep>(step.outcome));
    }
    const std::size_t each = (mine.profile->lua_octets() - before) / count;
    INFO("octets each: " << each);
    CHECK(each <= 1536);
    asleep.clear();
    // The collector has them sooner or later.
    const std::size_t half = before + count * each / 2;
    for (int i = 0; i < 200'000 && mine.profile->lua_octets() > half; ++i) {
        mine.ask(smtp::Hook::rcpt, smtp::RcptArgument{})->resume(mine.now);
    }
    CHECK(mine.profile->lua_octets() <= half);
}

TEST_CASE("notes are kept, within bounds") {
    ProfileFixture mine{
        on_connect("mx.log('one ' .. s.ip)\nmx.sleep '1s'\nmx.log 'two'\nprint('a', 1)")};
    mine.verdict(smtp::Hook::connect);
    CHECK(mine.notes == std::vector<std::string>{"one 192.0.2.1", "two", "a\t1"});
    ProfileFixture many{on_connect("for i = 1, 100 do print(('x'):rep(5000)) end")};
    many.verdict(smtp::Hook::connect);
    CHECK(many.notes.size() == limits::notes_max);
    CHECK(many.notes[0].size() == limits::note_octets_max);
    CHECK_THAT(failure_of("for i = 1, 100 do mx.log 'x' end"), Contains("16 notes"));
}

}  // namespace fakemx::script::test
