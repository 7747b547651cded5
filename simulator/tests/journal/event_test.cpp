// Events as JSON, full and canonical.
#include "journal/event.h"

#include "journal/records.h"
#include "support/catch.h"

using namespace fakemx;
using namespace fakemx::journal;

namespace {

std::string json(EventBody body, Form form = Form::full) {
    std::string text;
    append_json(text, {SessionId{7}, 3, default_epoch, std::move(body)}, form);
    return text;
}

const std::string head = R"({"session":7,"number":3,"at":"2026-01-01T00:00:00Z",)";
const std::string canonical_head = R"({"session":7,"number":3,)";

}  // namespace

TEST_CASE("every kind of event has its form") {
    CHECK(json(Opened{"mx.test", "192.0.2.1"}) ==
          head + R"("event":"opened","host":"mx.test","client":"192.0.2.1"})");
    CHECK(json(smtp::CommandSeen{.line = "NOOP \"\\\xff", .pipelined = true}) ==
          head + R"("event":"command","line":"NOOP \"\\\\\\xff","pipelined":true})");
    CHECK(
        json(smtp::Answered{.stage = smtp::Hook::rcpt,
                            .code = 450,
                            .text = "4.2.0 wait",
                            .scripted = true,
                            .after = 3s}) ==
        head +
            R"("event":"reply","stage":"rcpt","code":450,"text":"4.2.0 wait","after":"3s","scripted":true})");
    CHECK(json(smtp::Answered{.stage = smtp::Hook::noop, .silent = true}) ==
          head + R"("event":"reply","stage":"noop","silent":true})");
    CHECK(json(smtp::MessageSeen{.octets = 5, .lines = 1, .bare_lf = 2, .before_354 = true}) ==
          head + R"("event":"message","octets":5,"lines":1,"bare_lf":2,"before_354":true})");
    CHECK(json(smtp::MessageSeen{}) == head + R"("event":"message","octets":0,"lines":0})");
    const smtp::TlsFacts facts{.version = "TLSv1.3",
                               .cipher = "TLS_AES_256_GCM_SHA384",
                               .server_name = "mx\xff",
                               .client_subject = "CN=mta",
                               .resumed = true};
    CHECK(json(smtp::TlsSeen{.facts = facts, .failure = {}}) ==
          head + R"("event":"tls","version":"TLSv1.3","cipher":"TLS_AES_256_GCM_SHA384",)"
                 R"("server_name":"mx\\xff","client_subject":"CN=mta","resumed":true})");
    CHECK(json(smtp::TlsSeen{.facts = {}, .failure = "no shared cipher"}, Form::canonical) ==
          canonical_head + R"("event":"tls","failure":"no shared cipher"})");
    const smtp::Declared declared{std::make_shared<const smtp::Declaration>(
        smtp::Declaration{.by = smtp::Declaration::By::xclient,
                          .peer = "127.0.0.1",
                          .client = "198.51.100.7",
                          .port = 4711,
                          .local = "203.0.113.9",
                          .local_port = 25,
                          .name = "a.test",
                          .helo = "b.test",
                          .login = "ann"})};
    CHECK(json(declared) ==
          head + R"("event":"declared","by":"xclient","peer":"127.0.0.1","client":"198.51.100.7",)"
                 R"("port":4711,"local":"203.0.113.9","local_port":25,"name":"a.test",)"
                 R"("helo":"b.test","login":"ann"})");
    CHECK(json(declared, Form::canonical) ==
          canonical_head +
              R"("event":"declared","by":"xclient","peer":"127.0.0.1","client":"198.51.100.7",)"
              R"("local":"203.0.113.9","name":"a.test","helo":"b.test","login":"ann"})");
    CHECK(
        json(smtp::Answered{.stage = smtp::Hook::message, .code = 250, .recipient = "a@b.test"}) ==
        head + R"("event":"reply","stage":"message","code":250,"recipient":"a@b.test"})");
    CHECK(json(smtp::Anomaly{smtp::Anomaly::Kind::bare_lf, "a\nb"}) ==
          head + R"("event":"anomaly","kind":"bare_lf","detail":"a\\nb"})");
    CHECK(json(smtp::Ended{smtp::Ended::How::client_lost, "reset by peer"}) ==
          head + R"("event":"ended","how":"client_lost","detail":"reset by peer"})");
    CHECK(
        json(ScriptFailed{smtp::Hook::mail, "x.lua:3: no", "trace"}) ==
        head +
            R"("event":"script_failed","hook":"mail","message":"x.lua:3: no","traceback":"trace"})");
    CHECK(json(Note{smtp::Hook::mail, "hello"}) ==
          head + R"("event":"note","hook":"mail","text":"hello"})");
    const Submitted given{2, "", {"bob@b.test", "eve@b.test"}, "A: b\r\n"};
    CHECK(json(given) == head +
                             R"("event":"submitted","message":2,"to":["bob@b.test","eve@b.test"],)"
                             R"("text":"A: b\\r\\n"})");
    CHECK(json(given, Form::canonical) ==
          canonical_head + R"("event":"submitted","message":2,"to":["bob@b.test","eve@b.test"]})");
    CHECK(json(Believed{2, "bob@b.test", Belief::failed, "exit status 1", true}) ==
          head + R"("event":"believed","message":2,"recipient":"bob@b.test","belief":"failed",)"
                 R"("text":"exit status 1","by_status":true})");
    CHECK(json(RunOver{"all is settled", 0, default_epoch}) ==
          head + R"("event":"over","why":"all is settled","status":0,)"
                 R"("silent_until":"2026-01-01T00:00:00Z"})");
}

TEST_CASE("the canonical form leaves out what cannot repeat") {
    CHECK(json(smtp::CommandSeen{.line = "NOOP", .pipelined = true}, Form::canonical) ==
          canonical_head + R"("event":"command","line":"NOOP"})");
    CHECK(json(smtp::MessageSeen{.octets = 5, .lines = 1, .before_354 = true}, Form::canonical) ==
          canonical_head + R"("event":"message","octets":5,"lines":1})");
    CHECK(json(smtp::Ended{smtp::Ended::How::client_lost, "broken pipe"}, Form::canonical) ==
          canonical_head + R"("event":"ended","how":"client_lost"})");
}

TEST_CASE("every outcome, ending and anomaly has a name of its own") {
    for (int i = 0; i <= static_cast<int>(Outcome::lost); ++i) {
        CHECK_FALSE(name(static_cast<Outcome>(i)).empty());
    }
    for (int i = 0; i <= static_cast<int>(smtp::Ended::How::shutdown); ++i) {
        CHECK_FALSE(smtp::name(static_cast<smtp::Ended::How>(i)).empty());
    }
    for (int i = 0; i <= static_cast<int>(smtp::Anomaly::Kind::unread_input); ++i) {
        CHECK_FALSE(smtp::name(static_cast<smtp::Anomaly::Kind>(i)).empty());
    }
    CHECK(stage_name(smtp::Hook::message) == "end-of-data");
    CHECK(stage_name(smtp::Hook::rcpt) == "rcpt");
}
