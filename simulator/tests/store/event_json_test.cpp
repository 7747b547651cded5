// Taking events apart again, held against the code that puts them together.
#include "store/event_json.h"

#include <vector>

#include "journal/event.h"
#include "store/records.h"
#include "support/catch.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

/// Events of every kind, with every field set and with none, and with texts that look like JSON.
std::vector<journal::Event> all_kinds_of_events() {
    const std::string awkward =
        "\"},{\"at\":\"x\",\"pipelined\":true,\\ \r\n\t\x01 [äöü] \\\" 网易";
    const std::vector<journal::EventBody> bodies{
        journal::Opened{"mx.fakemx.test", "2001:db8::1", "2001:db8::2"},
        journal::Opened{},
        smtp::CommandSeen{.line = "NOOP " + awkward, .pipelined = true},
        smtp::CommandSeen{.line = "NOOP", .pipelined = true},
        smtp::CommandSeen{.line = "NOOP"},
        smtp::CommandSeen{.pipelined = true},
        smtp::Answered{.stage = smtp::Hook::message,
                       .code = 451,
                       .text = awkward,
                       .scripted = true,
                       .after = 90s,
                       .accepted = true,
                       .recipient = awkward},
        smtp::Answered{.silent = true},
        smtp::MessageSeen{.octets = 1,
                          .lines = 2,
                          .bare_cr = 3,
                          .bare_lf = 4,
                          .long_lines = 5,
                          .dotted_lines = 6,
                          .bare_dot_lines = 7,
                          .nul = true,
                          .eight_bit = true,
                          .too_big = true,
                          .before_354 = true},
        smtp::MessageSeen{},
        smtp::TlsSeen{.facts = {.version = "TLSv1.3",
                                .cipher = "TLS_AES_256_GCM_SHA384",
                                .server_name = awkward,
                                .client_subject = awkward,
                                .resumed = true},
                      .failure = awkward},
        smtp::TlsSeen{},
        smtp::Declared{std::make_shared<const smtp::Declaration>(
            smtp::Declaration{.by = smtp::Declaration::By::proxy_v2,
                              .peer = "127.0.0.1",
                              .client = "2001:db8::7",
                              .port = 4711,
                              .local = "2001:db8::9",
                              .local_port = 25,
                              .name = awkward,
                              .helo = awkward,
                              .login = awkward})},
        smtp::Declared{std::make_shared<const smtp::Declaration>()},
        smtp::Anomaly{smtp::Anomaly::Kind::nul, awkward},
        smtp::Ended{smtp::Ended::How::idle, awkward},
        journal::ScriptFailed{smtp::Hook::rcpt, "a.lua:1: " + awkward, "traceback\n" + awkward},
        journal::Note{smtp::Hook::rcpt, awkward},
        journal::Queried{.name = "a.test",
                         .type = "TXT",
                         .client = "192.0.2.1",
                         .transport = "udp",
                         .rcode = "NOERROR",
                         .answers = 2,
                         .ttl = 60,
                         .records = {"TXT " + awkward, "b.test MX 10 mx.a.test"}},
        journal::Submitted{1, awkward, {awkward, "at", "b@b.test]"}, "A: b\r\n\r\n" + awkward},
        journal::Submitted{},
        journal::Believed{1, awkward, journal::Belief::failed, awkward, true},
        journal::RunOver{awkward, 0, epoch},
    };
    std::vector<journal::Event> events;
    for (const auto& body : bodies) {
        events.push_back({SessionId{7}, static_cast<std::uint32_t>(events.size() + 1),
                          epoch + std::chrono::milliseconds{events.size()}, body});
    }
    return events;
}

std::vector<std::string> objects_in(std::string_view array) {
    std::vector<std::string> objects;
    CHECK(store::for_each_object(array, [&](std::string_view object) {
        objects.emplace_back(object);
        return true;
    }));
    return objects;
}

}  // namespace

TEST_CASE("the canonical form of a stored event is that of the event") {
    for (const auto& event : all_kinds_of_events()) {
        std::string full, canonical;
        append_json(full, event, journal::Form::full);
        append_json(canonical, event, journal::Form::canonical);
        CHECK(store::canonical_form(full) == canonical);
        CHECK(store::canonical_form(canonical) == canonical);
    }
}

TEST_CASE("an array gives its objects as they stand there") {
    std::string array{"["};
    std::vector<std::string> expected;
    for (const auto& event : all_kinds_of_events()) {
        append_json(expected.emplace_back(), event, journal::Form::full);
        if (array.size() > 1) array += ',';
        array += expected.back();
    }
    array += ']';
    CHECK(objects_in(array) == expected);
    CHECK(objects_in("[]").empty());
}

TEST_CASE("what is no array of objects is told") {
    const auto any = [](std::string_view) { return true; };
    for (const std::string_view text :
         {"", "[", "{}", "[1]", "[{]", "[{\"a\":\"}]", "[{},]", "[{},,{}]"}) {
        INFO(text);
        CHECK_FALSE(store::for_each_object(text, any));
    }
    CHECK_FALSE(store::for_each_object("[{},{}]", [](std::string_view) { return false; }));
}
