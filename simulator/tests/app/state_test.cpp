// What a profile remembers, seen and changed from the outside: fakemx state.
#include <csignal>
#include <fstream>

#include "app/run.h"
#include "http/local_client.h"
#include "support/blocking_client.h"
#include "support/catch.h"
#include "support/directory.h"

using namespace fakemx;
using namespace fakemx::test;

namespace {

constexpr std::string_view profile = R"(
local mx = require "fakemx"
mx.profile { summary = "Remembers" }
local noops, ips, said, since = mx.state "noops", mx.state "ips", mx.state "said", mx.state "since"
function mx.on.noop(s, text)
  noops:add(s.ip, 1, "1h")
  noops:hit("rate", "10m")
  ips:include("all", s.ip)
  said:set("last\n", text.text)
  since:mark(s.ip)
  return mx.reply(250, nil, ("%d %s"):format(noops:get(s.ip), mx.chance(1, 2) and "heads" or "tails"))
end
)";

/// The profile above under a stepped clock that stands.
class Remembering {
public:
    Remembering() : serving_(arguments()) {}

    std::string socket() const { return directory_.file("control"); }
    std::string file(const std::string& name) const { return directory_.file(name); }
    Outcome state(std::vector<std::string> order) const {
        order.insert(order.begin(), "state");
        order.insert(order.end(), {"--control", socket()});
        return run(std::move(order));
    }
    std::string noop(const std::string& text) const {
        Client client{serving_.port()};
        client.reply();
        client.send("NOOP " + text + "\r\n");
        return client.reply();
    }

private:
    Arguments arguments() const {
        std::ofstream{directory_.file("mine.lua")} << profile;
        return {.words = {directory_.file("mine.lua"), "--listen", "127.0.0.1:0", "--clock",
                          "stepped", "--control", socket(), "--seed", "1"}};
    }

    Directory directory_;
    Serving serving_;
};

}  // namespace

TEST_CASE("state: shows what is remembered, and takes it back") {
    const Remembering server;
    CHECK(server.state({"show"}).err.find("nothing is remembered there") != std::string::npos);
    const std::string first = server.noop("a");
    const Outcome shown = server.state({"show"});
    CHECK(shown.out ==
          "ips  all  set [\"127.0.0.1\"]\n"
          "noops  127.0.0.1  counter 1  until 2026-01-01T01:00:00Z\n"
          "noops  rate  hits [\"2026-01-01T00:00:00Z\"]  longest 10m\n"
          "said  last\\n  value \"a\"\n"
          "since  127.0.0.1  mark 2026-01-01T00:00:00Z\n");
    CHECK(server.state({"show", "noops", "rate"}).out ==
          "noops  rate  hits [\"2026-01-01T00:00:00Z\"]  longest 10m\n");
    CHECK(server.state({"show", "said", "--json"}).out ==
          R"({"store":"said","key":"last\\n","value":"a"})"
          "\n");

    // As if nothing had come since.
    const std::string snapshot = server.state({"show", "--json"}).out;
    std::ofstream{server.file("snapshot.json")} << snapshot;
    const std::string second = server.noop("b");
    CHECK(server.state({"show", "--json"}).out != snapshot);
    CHECK(server.state({"load", server.file("snapshot.json")}).status == 0);
    CHECK(server.state({"show", "--json"}).out == snapshot);
    CHECK(server.noop("b") == second);

    CHECK(server.state({"reset"}).status == 0);
    CHECK(server.state({"show"}).out == "");
    CHECK(server.noop("a") == first);
    CHECK(server.state({"show", "--json"}).out == snapshot);
}

TEST_CASE("state: what is put in counts for the profile") {
    const Remembering server;
    CHECK(server.state({"set", "noops", "127.0.0.1", "counter=41", "ttl=10m"}).status == 0);
    CHECK(server.noop("a").starts_with("250 42 "));
    CHECK(server.state({"show", "noops", "127.0.0.1"}).out ==
          "noops  127.0.0.1  counter 42  until 2026-01-01T00:10:00Z\n");
    CHECK(server.state({"forget", "noops", "127.0.0.1"}).status == 0);
    CHECK(server.noop("a").starts_with("250 1 "));
    CHECK(server.state({"forget", "noops"}).status == 0);
    CHECK(server.state({"show", "noops"}).out == "");

    for (const auto& [text, shown] :
         {std::pair{"value=hello", "value \"hello\""}, std::pair{"value=5", "value 5"},
          std::pair{"value=\"5\"", "value \"5\""}, std::pair{"value=true", "value true"},
          std::pair{"mark=now", "mark 2026-01-01T00:00:00Z"},
          std::pair{"set=[\"b\",\"a\",\"a\"]", "set [\"a\",\"b\"]"}}) {
        CAPTURE(text);
        CHECK(server.state({"set", "s", "k", text}).status == 0);
        CHECK(server.state({"show", "s"}).out == "s  k  " + std::string{shown} + "\n");
    }
}

TEST_CASE("state: what is wrong is said, and changes nothing") {
    const Remembering server;
    server.noop("a");
    const std::string before = server.state({"show", "--json"}).out;
    const auto refused = [&](std::vector<std::string> order, const std::string& why) {
        CAPTURE(order);
        const Outcome outcome = server.state(std::move(order));
        CHECK(outcome.status == 2);
        CAPTURE(outcome.err);
        CHECK(outcome.err.find(why) != std::string::npos);
    };
    refused({"set", "s", "k", "conter=3"}, "unknown 'conter'; did you mean 'counter'?");
    refused({"set", "s", "k", "counter=x"}, "\"x\" is no integer");
    refused({"set", "s", "k", "counter"}, "'counter' is no NAME=VALUE");
    refused({"set", "s", "k", "counter=1", "mark=now"}, "'counter' or 'mark', not both");
    refused({"set", "s", "k", "ttl=1h"}, "say what the key holds");
    refused({"set", "s", "k", "mark=noon"}, "neither \"now\" nor an instant");
    refused({"set", "s", "k", "counter=1", "ttl=5"}, "\"5\" is no duration");
    refused({"set", "s", "k", "set=1"}, "1 is no list");
    refused({"set", "s", "k", "set=[1]"}, "1 is no text");
    refused({"set", "s", "k", "hits=[]"}, "has no longest");
    refused({"set", "s", "k\\q", "counter=1"}, "is no text");
    refused({"load", "/nowhere"}, "/nowhere: it cannot be read");
    refused({"load", "/dev/null"}, "this is no JSON");
    refused({"sho"}, "unknown 'state sho'; did you mean 'show'?");

    const auto status = [&](http::Request request) {
        request.target = "/state";
        return http::ask(server.socket(), request)->status;
    };
    for (const std::string body :
         {"", "{", "[]", "{}", R"({"set":{}})", R"({"set":[5]})", R"({"forget":{}})",
          R"({"forget":{"store":5}})", R"({"forget":{"store":"s","kay":"k"}})",
          R"({"set":[],"forget":{"store":"s"}})", R"({"set":[{"store":"s","counter":1}]})"}) {
        CAPTURE(body);
        CHECK(status({.method = "POST", .body = body}) == 400);
    }
    for (const std::string body : {"{}", R"({"entries":[]})", R"({"entries":[],"chance":[{}]})",
                                   R"({"entries":[],"chance":[{"decision":"a","asked":0}]})",
                                   R"({"entries":[{"store":"s","key":"k"}],"chance":[]})"}) {
        CAPTURE(body);
        CHECK(status({.method = "PUT", .body = body}) == 400);
    }
    CHECK(status({.method = "PATCH"}) == 405);
    CHECK(server.state({"show", "--json"}).out == before);
}
