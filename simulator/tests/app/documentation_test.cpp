// What the documentation says about names and standard replies is what the program uses.
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "script/sender_host.h"
#include "sink/flags.h"
#include "smtp/hook.h"
#include "smtp/host.h"
#include "smtp/observation.h"
#include "support/catch.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

namespace {

std::vector<std::string> pages() {
    std::vector<std::string> found{"README.md"};
    for (const auto& entry : std::filesystem::recursive_directory_iterator("docs")) {
        if (entry.path().extension() == ".md") found.push_back(entry.path().string());
    }
    return found;
}

/// What stands between ```lua and ```.
std::vector<std::string> lua_blocks(const std::string& page) {
    constexpr std::string_view opening = "```lua\n";
    std::vector<std::string> blocks;
    for (std::size_t at = page.find(opening); at != std::string::npos;
         at = page.find(opening, at)) {
        at += opening.size();
        blocks.push_back(page.substr(at, page.find("```", at) - at));
    }
    return blocks;
}

}  // namespace

TEST_CASE("Every piece of Lua in the documentation loads") {
    std::size_t loaded = 0;
    for (const std::string& page : pages()) {
        for (std::string block : lua_blocks(read_file(page))) {
            // A piece of a profile stands for the rest of it.
            const bool sender = block.find("mx.sender") != std::string::npos;
            if (!sender && block.find("mx.profile") == std::string::npos)
                block = "mx.profile { summary = \"x\" }\n" + block;
            if (block.find("require \"fakemx\"") == std::string::npos)
                block = "local mx = require \"fakemx\"\n" + block;
            INFO(page << "\n" << block);
            ++loaded;
            if (sender) {
                const auto model = script::load_sender("mine", "mine.lua", block, {});
                CHECK((model ? "" : model.error().describe()) == "");
                continue;
            }
            const auto profile =
                script::load_scenario("mine", "mine.lua", block, {}, shipped_module);
            CHECK((profile ? "" : profile.error().describe()) == "");
        }
    }
    CHECK(loaded > 30);
}

TEST_CASE("The Lua reference lists every occasion with its standard reply") {
    const std::string page = read_file("docs/reference/lua.md");
    std::string table;
    for (std::size_t i = 0; i < smtp::occasion_count; ++i) {
        const auto occasion = static_cast<smtp::Occasion>(i);
        std::string reply = smtp::to_wire(smtp::standard_reply(occasion));
        reply.resize(reply.size() - 2);
        table += fmt::format("| `{}` | `{}` |\n", smtp::name(occasion), reply);
    }
    INFO(table);
    CHECK(page.find("|---|---|\n" + table + "<!-- /occasions -->") != std::string::npos);
}

TEST_CASE("The journal's page names every kind of anomaly and every end of a session") {
    const std::string page = read_file("docs/reference/journal.md");
    const auto named = [&](std::string_view name) {
        INFO(name);
        CHECK(page.find(fmt::format("`{}`", name)) != std::string::npos);
    };
    using Kind = smtp::Anomaly::Kind;
    for (int kind = 0; kind <= static_cast<int>(Kind::unread_input); ++kind) {
        named(smtp::name(static_cast<Kind>(kind)));
    }
    using How = smtp::Ended::How;
    for (int how = 0; how <= static_cast<int>(How::shutdown); ++how) {
        named(smtp::name(static_cast<How>(how)));
    }
}

TEST_CASE("Every hook has a page and a line in the Lua reference") {
    const std::string page = read_file("docs/reference/lua.md");
    for (const std::string_view hook : smtp::hook_names) {
        INFO(hook);
        CHECK(page.find(fmt::format("[`{0}`](hooks/{0}.md)", hook)) != std::string::npos);
        CHECK(read_file(fmt::format("docs/reference/hooks/{}.md", hook))
                  .starts_with("# mx.on." + std::string{hook}));
    }
}

TEST_CASE("Every manner has a page, a line in the list of them, and its options on its page") {
    const std::string list = read_file("docs/reference/manners/README.md");
    const std::regex option{"\\n  ([a-z_0-9]+) *= "};
    std::size_t manners = 0;
    for (const auto& entry : std::filesystem::directory_iterator("profiles/lib")) {
        const std::string name = entry.path().stem().string();
        const std::string source = read_file(entry.path().string());
        if (source.find(fmt::format("docs/reference/manners/{}.md", name)) == std::string::npos)
            continue;
        ++manners;
        INFO(name);
        const std::string page = read_file(fmt::format("docs/reference/manners/{}.md", name));
        CHECK(page.starts_with("# " + name + "\n"));
        CHECK(list.find(fmt::format("| [`{0}`]({0}.md) |", name)) != std::string::npos);
        const std::size_t begin = source.find("\nlocal spec = ");
        REQUIRE(begin != std::string::npos);
        const std::string spec = source.substr(begin, source.find("\n}", begin) - begin);
        for (std::sregex_iterator it{spec.begin(), spec.end(), option}, end; it != end; ++it) {
            INFO(it->str(1));
            CHECK(page.find(fmt::format("`{}", it->str(1))) != std::string::npos);
        }
    }
    CHECK(manners >= 13);
}

TEST_CASE("The pages of the greylisters have every parameter") {
    for (const char* const name :
         {"greylist", "greylistd", "haraka", "milter-greylist", "postgrey", "rspamd", "sqlgrey"}) {
        const std::string page = read_file(fmt::format("docs/reference/profiles/{}.md", name));
        for (const auto& parameter : ShippedProfile{.name = name}.load()->profile().parameters) {
            INFO(name << " " << parameter.name);
            CHECK(page.find(fmt::format("\n| `{}` | ", parameter.name)) != std::string::npos);
        }
    }
}

TEST_CASE("The command line's page has every flag of smtp-sink") {
    const std::string page = read_file("docs/reference/cli.md");
    for (const sink::Flag& flag : sink::flags()) {
        const std::string name =
            fmt::format("`-{}{}{}`", flag.letter, flag.value.empty() ? "" : " ", flag.value);
        INFO(name);
        CHECK(page.find(name) != std::string::npos);
    }
}

}  // namespace fakemx::test
