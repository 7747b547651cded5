// One definition: what it names is bound, is documented, and is what editors are told.
#include "script/definition.h"

#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "smtp/hook.h"
#include "support/catch.h"
#include "tests/script/profile_fixture.h"

namespace fakemx::script::test {

using Catch::Matchers::Contains;

namespace {

std::string file(const std::string& path) {
    std::ifstream stream{path};
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// How the page of docs/reference writes a member of this group.
std::string mention(const Group& group, std::string_view name) {
    if (&group == &mx_group) return fmt::format("mx.{}", name);
    if (&group == &expect_group) return fmt::format("`mx.expect.{}`", name);
    if (&group == &param_group) return fmt::format("`mx.param.{}(", name);
    if (&group == &dns_group) return fmt::format("`mx.dns.{}", name);
    if (&group == &hook_group) return fmt::format("[`{0}`](hooks/{0}.md)", name);
    if (&group == &session_group) return fmt::format("`s.{}`", name);
    if (&group == &verdict_group || &group == &answer_group) return fmt::format("`:{}", name);
    if (&group == &state_group) return fmt::format("`seen:{}(", name);
    if (&group == &message_group && (name.starts_with("header") || name == "has_attachment"))
        return fmt::format("`message:{} ", name);
    return fmt::format("`{}`", name);
}

/// The page of docs/reference that a group is on.
std::string_view page_of(const Group& group) {
    for (const Group* one : {&zone_group, &dns_group, &answer_group, &query_group}) {
        if (&group == one) return "dns";
    }
    for (const Group* one : {&sender_group, &retry_group, &timeouts_group}) {
        if (&group == one) return "senders";
    }
    for (const Group* one :
         {&scenario_group, &letter_group, &judge_group, &expect_group, &selection_group,
          &expectation_group, &delivery_group, &attempt_group, &notice_group}) {
        if (&group == one) return "scenarios";
    }
    return "lua";
}

/// Reads every member of a group behind `object`; the values do not matter.
std::string read_all(const Group& group, std::string_view object) {
    std::string code;
    for (const Member& member : group.members) {
        code += fmt::format("local _ = {}.{}\n", object, member.name);
    }
    return code;
}

}  // namespace

TEST_CASE("every name has its mention in the documentation") {
    for (const Group* group : all_groups()) {
        const std::string page = file(fmt::format("docs/reference/{}.md", page_of(*group)));
        REQUIRE_FALSE(page.empty());
        for (const Member& member : group->members) {
            INFO(group->name << " " << member.name);
            CHECK(page.find(mention(*group, member.name)) != std::string::npos);
            CHECK_FALSE(member.summary.empty());
            CHECK_FALSE(member.type.empty());
        }
    }
}

TEST_CASE("every hook has its page, and every page its hook") {
    // One of them is none of SMTP's.
    CHECK(hook_group.members.size() == smtp::hook_names.size() + 1);
    CHECK_THAT(file("docs/reference/hooks/query.md"), Contains("mx.on.query(q)"));
    for (const std::string_view name : smtp::hook_names) {
        INFO(name);
        CHECK(has_member(hook_group, name));
        CHECK_THAT(file(fmt::format("docs/reference/hooks/{}.md", name)),
                   Contains(fmt::format("mx.on.{}(s", name)));
    }
}

TEST_CASE("editors are told what the definition says") {
    // When this fails: build, then `fakemx_test_script "[.stubs]"` from the root of the repository.
    CHECK(file("docs/reference/fakemx.meta.lua") == editor_stubs());
}

TEST_CASE("write the file for editors", "[.stubs]") {
    std::ofstream{"docs/reference/fakemx.meta.lua"} << editor_stubs();
}

TEST_CASE("everything defined is bound") {
    using smtp::Hook;
    ProfileFixture mine{
        "local mx = require 'fakemx' mx.profile { summary = 'x' }\n" +
        std::string{"local params = mx.params local param = mx.param\n"} +
        read_all(param_group, "param") +
        // mx.on is read as a whole only.
        read_all(mx_group, "mx") + "function mx.on.connect(s)\n" + read_all(session_group, "s") +
        "local verdict = mx.accept()\n" + read_all(verdict_group, "verdict") +
        "local store = mx.state 'store'\n" + read_all(state_group, "store") + "end\n" +
        "function mx.on.ehlo(s, hello)\n" + read_all(hello_group, "hello") + "end\n" +
        "function mx.on.mail(s, mail)\n" + read_all(mail_group, "mail") + "end\n" +
        "function mx.on.rcpt(s, rcpt)\n" + read_all(rcpt_group, "rcpt") + "end\n" +
        "function mx.on.message(s, message)\n" + read_all(message_group, "message") + "end\n" +
        "function mx.on.noop(s, command)\n" + read_all(command_group, "command") + "end\n"};
    mine.verdict(Hook::connect);
    mine.verdict(Hook::ehlo, smtp::HeloArgument{});
    mine.verdict(Hook::mail, smtp::MailArgument{});
    mine.verdict(Hook::rcpt, smtp::RcptArgument{});
    mine.verdict(Hook::message, smtp::Message{});
    mine.verdict(Hook::noop, smtp::TextArgument{});
}

TEST_CASE("all fields of a profile and of its hosts are taken") {
    CHECK(loading("local mx = require 'fakemx'\nmx.profile { summary = 'x', host = 'a.b', "
                  "domains = { 'a.b' }, extensions = {}, extensions_in_tls = {}, users = {}, "
                  "auth_required = false, lmtp = true, replies = {}, "
                  "recipients_max = 1, "
                  "idle_timeout = '1s', tls = {}, zones = {}, sender_zones = '', template_header = "
                  "'X-Campaign', "
                  "params = {}, "
                  "presets = {} }") == "loaded");
    CHECK(profile_group.members.size() == 20);
    CHECK(loading(
              "local mx = require 'fakemx'\nmx.profile { summary = 'x', hosts = { { name = 'a.b', "
              "address = '127.0.0.1', domains = { 'a.b' }, extensions = {}, extensions_in_tls = "
              "{}, users = {}, auth_required = false, lmtp = false, replies = {}, "
              "recipients_max = 1, idle_timeout = '1s', tls = {} } } }") == "loaded");
    CHECK(host_group.members.size() == 14);
    CHECK(loading("local mx = require 'fakemx'\nmx.profile { summary = 'x', tls = { "
                  "certificate = 'valid', oldest = 'TLSv1.2', newest = 'TLSv1.2', ciphers = 'ALL', "
                  "ask_client_certificate = false, implicit = false } }") == "loaded");
    CHECK(tls_options_group.members.size() == 8);
}

}  // namespace fakemx::script::test
