// The tables of docs/reference/shared-clock.md: which senders are run on the shared clock, and for which reasons one cannot be. Made of
// the scripts that run them, and of the observer's own list of reasons.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "shared_clock/stranger.h"
#include "support/catch.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

namespace {

namespace fs = std::filesystem;
using shared_clock::StrangerFacts;

const std::string page = "docs/reference/shared-clock.md";

/// The text of the line that begins so, behind that; empty where there is none.
std::string line_behind(const std::string& text, std::string_view beginning) {
    const std::size_t at = ("\n" + text).find("\n" + std::string{beginning});
    if (at == std::string::npos) return {};
    const std::size_t begin = at + beginning.size();
    return text.substr(begin, text.find('\n', begin) - begin);
}

/// The folders of client-tests/ that run it: "`44-postfix-lifetime`, `49-postfix-fifty`".
std::string tests_of(const std::string& sender, const std::vector<std::string>& folders) {
    std::string found;
    for (const std::string& folder : folders) {
        const fs::path path = fs::path{"client-tests"} / folder / "run";
        const std::string script = read_file(path.string());
        if (script.find("from lifetime import") == std::string::npos ||
            script.find('"' + sender + '"') == std::string::npos)
            continue;
        found += fmt::format("{}`{}`", found.empty() ? "" : ", ", folder);
    }
    return found;
}

std::string reason(const std::string& name) {
    for (const StrangerFacts& facts : shared_clock::stranger_facts()) {
        if (facts.name == name) return fmt::format("no: {}", facts.message);
    }
    FAIL("no such reason: " << name);
    return {};
}

std::string senders_table() {
    std::map<std::string, std::string> scripts;
    for (const auto& entry : fs::directory_iterator("client-tests/senders")) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() == ".sh" && name != "root" && name != "inside")
            scripts[name] = read_file(entry.path().string());
    }
    std::vector<std::string> folders;
    for (const auto& entry : fs::directory_iterator("client-tests")) {
        const std::string name = entry.path().filename().string();
        if (fs::exists(entry.path() / "run") && std::isdigit(name.front()) != 0)
            folders.push_back(name);
    }
    std::sort(folders.begin(), folders.end());
    std::string text = "| sender | on the shared clock | client tests |\n|---|---|---|\n";
    for (const auto& [name, script] : scripts) {
        const std::string refused = line_behind(script, "# refused: ");
        const std::string tests = tests_of(name, folders);
        INFO(name << " is run by no client test");
        CHECK_FALSE(tests.empty());
        text += fmt::format("| `{}` | {} | {} |\n", name, refused.empty() ? "yes" : reason(refused),
                            tests);
    }
    return text;
}

/// A message with what stands for what is seen.
std::string shown(std::string_view message) {
    std::string text;
    for (const char c : message) text += c == '{' ? "…" : c == '}' ? "" : std::string{c};
    return text;
}

std::string reasons_table() {
    std::string text = "| what the run says | whom it concerns | what helps |\n|---|---|---|\n";
    for (const StrangerFacts& facts : shared_clock::stranger_facts())
        text +=
            fmt::format("| {} | {} | {} |\n", shown(facts.message), facts.senders, facts.remedy);
    return text;
}

struct Section {
    std::string begin_mark, end_mark, text;
};

std::vector<Section> sections() {
    return {{"<!-- clock senders: generated -->\n", "<!-- /clock senders -->\n", senders_table()},
            {"<!-- clock reasons: generated -->\n", "<!-- /clock reasons -->\n", reasons_table()}};
}

}  // namespace

TEST_CASE("every reason stands in its place of the list, and says something") {
    std::size_t index = 0;
    for (const StrangerFacts& facts : shared_clock::stranger_facts()) {
        INFO(facts.name);
        CHECK(static_cast<std::size_t>(facts.kind) == index++);
        CHECK_FALSE(facts.senders.empty());
        CHECK_FALSE(facts.remedy.empty());
        const std::string said = shared_clock::why(facts.kind, "poll", "libx.so");
        CHECK(said.find('{') == std::string::npos);
        CHECK_FALSE(said.empty());
    }
    CHECK(shared_clock::why(shared_clock::StrangerKind::own_timeout, "poll", "libx.so") ==
          "it sleeps in poll with a timeout of the kernel's, called from libx.so");
}

TEST_CASE("the page of the shared clock says who can be on it, and who cannot") {
    // When this fails: build, then `fakemx_test_app "[.clock]"` from the root of the repository.
    const std::string text = read_file(page);
    for (const Section& section : sections()) {
        const std::size_t begin = text.find(section.begin_mark);
        REQUIRE(begin != std::string::npos);
        const std::size_t from = begin + section.begin_mark.size();
        const std::size_t end = text.find(section.end_mark);
        REQUIRE(end != std::string::npos);
        CHECK(text.substr(from, end - from) == section.text);
    }
}

TEST_CASE("write who can be on the shared clock into its page", "[.clock]") {
    std::string text = read_file(page);
    for (const Section& section : sections()) {
        const std::size_t begin = text.find(section.begin_mark) + section.begin_mark.size();
        text.replace(begin, text.find(section.end_mark) - begin, section.text);
    }
    std::ofstream{page} << text;
}

}  // namespace fakemx::test
