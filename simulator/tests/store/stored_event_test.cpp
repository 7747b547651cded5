// Events come back from their JSON as they were, as far as it has them.
#include "store/stored_event.h"

#include <memory>

#include "support/catch.h"

namespace {

using namespace fakemx;
using namespace fakemx::smtp;

std::string written(const journal::Event& event) {
    std::string text;
    journal::append_json(text, event, journal::Form::full);
    return text;
}

journal::Event event(journal::EventBody body) {
    return {SessionId{7}, 3, default_epoch + 1500ms, std::move(body)};
}

}  // namespace

TEST_CASE("every kind of event is read as it was written") {
    MessageSeen message{.octets = 99,
                        .chunks = 2,
                        .lines = 7,
                        .bare_cr = 1,
                        .bare_lf = 2,
                        .long_lines = 3,
                        .dotted_lines = 4,
                        .bare_dot_lines = 5,
                        .nul = true,
                        .control = true,
                        .eight_bit = true,
                        .too_big = true,
                        .before_354 = true};
    message.lookalikes.look_at(std::string_view{"\r\n.\nx\r.\r\ny\r\n\0.\r\n", 17});
    auto declaration = std::make_shared<Declaration>();
    declaration->by = Declaration::By::proxy_v2;
    declaration->peer = "192.0.2.9";
    declaration->client = "192.0.2.1";
    declaration->helo = "mx\xff";
    const Answered reply{.stage = Hook::rcpt,
                         .code = 450,
                         .text = "4.2.0 wait\nfor \"us\"",
                         .scripted = true,
                         .silent = true,
                         .raw = true,
                         .after = 1500ms,
                         .accepted = true,
                         .unasked = true,
                         .lost = true,
                         .in_pieces = true,
                         .pause = 3min,
                         .recipient = "bob@b.test",
                         .cause = "greylist"};
    const std::vector<journal::EventBody> bodies{
        journal::Opened{"mx.a.test", "192.0.2.1", "127.0.0.2"},
        CommandSeen{.verb = Verb::mail, .line = "MAIL FROM:<\xff\\\r>", .pipelined = true},
        reply,
        message,
        TlsSeen{{"TLSv1.3",
                 "TLS_AES_256_GCM_SHA384",
                 "mx.a.test",
                 "CN=a",
                 true,
                 {"TLSv1.3 TLSv1.2", 30, 2, 9},
                 "expired"},
                "no"},
        AuthSeen{{.mechanism = Mechanism::cram_md5, .user = "ann", .identity = "ben"}, true},
        AuthLineSeen{.shape = AuthLineSeen::Shape::equals, .initial = true, .octets = 17},
        Declared{declaration},
        Anomaly{Anomaly::Kind::unread_input, "QUIT\r\n"},
        Ended{Ended::How::shutdown, "bye"},
        journal::ScriptFailed{Hook::data, "mine.lua:3: no", "stack"},
        journal::Note{std::nullopt, "seen"},
        journal::Submitted{3, "ann@a.test", {"bob@b.test", "x\xff y@b.test"}, "A: b\r\n\r\n\xff"},
        journal::Believed{3, "bob@b.test", journal::Belief::deferred, "later\t", true},
        journal::RunOver{"all is settled", 75, default_epoch + 8h},
        journal::RunOver{"the horizon is 8d", std::nullopt, default_epoch},
        journal::Queried{.name = "a.test",
                         .type = "MX",
                         .client = "192.0.2.1",
                         .transport = "tcp",
                         .rcode = "NOERROR",
                         .answers = 2,
                         .ttl = 60,
                         .records = {"CNAME b.test", "b.test MX 10 mx.a.test"},
                         .truncated = true,
                         .after = 3s,
                         .scripted = true},
    };
    for (const auto& body : bodies) {
        const std::string text = written(event(body));
        const auto read = store::read_event(text);
        INFO(text);
        REQUIRE(read.has_value());
        CHECK(written(*read) == text);
    }
}

TEST_CASE("what is no event of a session is nothing") {
    for (const char* text :
         {"", "{", "[]", "{}",
          R"({"session":1,"number":1,"at":"never","event":"ended","how":"quit"})",
          R"({"session":1,"number":1,"at":"2026-01-01T00:00:00Z","event":"ended","how":"somehow"})",
          R"({"session":1,"number":1,"at":"2026-01-01T00:00:00Z","event":"anomaly","kind":"odd"})",
          R"({"session":1,"number":1,"at":"2026-01-01T00:00:00Z","event":"tea"})"}) {
        INFO(text);
        CHECK_FALSE(store::read_event(text).has_value());
    }
}
