// docs/reference/profiles/netease.md: every reply in it is shown by the transcript that it names, every refusal of the profile stands in
// it, and its table of parameters is the profile's. docs/reference/capabilities.md: what it names is there.
#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/parameter_text.h"
#include "support/catch.h"
#include "support/generated_page.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

namespace {

const std::string page = "docs/reference/profiles/netease.md";

std::string between(const std::string& text, std::string_view begin, std::string_view end) {
    const std::size_t from = text.find(begin);
    REQUIRE(from != std::string::npos);
    const std::size_t to = text.find(end, from);
    REQUIRE(to != std::string::npos);
    return text.substr(from + begin.size(), to - from - begin.size());
}

std::string table_of_parameters() {
    std::string table = "| parameter | default | what it is |\n|---|---|---|\n";
    const auto netease = ShippedProfile{"netease"}.load();
    for (const auto& parameter : netease->profile().parameters) {
        const std::string value = app::text_of(parameter.value);
        table += fmt::format("| `{}` | {} | {} |\n", parameter.name,
                             value.empty() ? "" : fmt::format("`{}`", value), parameter.summary);
    }
    return table;
}

/// The lines of a table whose first cell is a reply.
std::vector<std::string> rows_between(const std::string& text, const char* name) {
    std::vector<std::string> rows;
    std::istringstream lines{
        between(text, fmt::format("<!-- {} -->\n", name), fmt::format("<!-- /{} -->", name))};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("| `")) rows.push_back(line);
    }
    return rows;
}

std::vector<std::string> found(const std::string& text, const std::regex& pattern) {
    std::vector<std::string> all;
    for (std::sregex_iterator it{text.begin(), text.end(), pattern}, none; it != none; ++it)
        all.push_back((*it)[1]);
    return all;
}

}  // namespace

TEST_CASE("every reply on netease's page is shown by the transcript beside it") {
    const std::string text = read_file(page);
    std::size_t checked = 0;
    for (const char* table : {"replies", "older", "enterprise"}) {
        for (const std::string& row : rows_between(text, table)) {
            INFO(row);
            const std::string reply = row.substr(3, row.find('`', 3) - 3);
            const auto names = found(row, std::regex{R"(\((?:\.\./)+(profiles/tests/[^)]*)\))"});
            REQUIRE(names.size() == 1);
            const std::string transcript = read_file(names.front());
            CHECK((transcript.find("S: " + reply) != std::string::npos ||
                   transcript.find("S~ " + reply) != std::string::npos));
            ++checked;
        }
    }
    CHECK(checked > 70);
}

TEST_CASE("every refusal of netease stands on its page") {
    const std::string text = read_file(page);
    const std::string rows = read_file("profiles/lib/netease/tags.lua");
    const auto words =
        found(rows, std::regex{R"re((?:tag|older_tag|wire|page|older_words) = "([^"%<]*))re"});
    CHECK(words.size() > 50);
    for (const std::string& word : words) {
        INFO(word);
        CHECK(text.find(" " + word.substr(0, word.find_last_not_of(" :") + 1)) !=
              std::string::npos);
    }
}

TEST_CASE("every number of netease says where it is from") {
    const std::regex label{"doc|wild|shaper|vendor-told|folklore|inferred|invented"};
    const auto netease = ShippedProfile{"netease"}.load();
    for (const auto& parameter : netease->profile().parameters) {
        INFO(parameter.name << ": " << parameter.summary);
        CHECK((parameter.name == "meets" || std::regex_search(parameter.summary, label)));
    }
}

TEST_CASE("netease's page has its parameters") {
    // When this fails: build, then `fakemx_test_app "[.netease]"` from the root of the repository.
    CHECK(GeneratedPage{page, "parameters"}.part() == table_of_parameters());
}

TEST_CASE("write netease's parameters into its page", "[.netease]") {
    GeneratedPage{page, "parameters"}.write(table_of_parameters());
}

TEST_CASE("the page of capabilities has every row, and what it names is there") {
    const std::string text = read_file("docs/reference/capabilities.md");
    constexpr std::array<int, 5> rows{12, 79, 10, 7, 21};
    for (std::size_t article = 0; article < rows.size(); ++article) {
        for (int row = 1; row <= rows.at(article); ++row) {
            INFO(article << "." << row);
            CHECK(text.find(fmt::format("\n| {}.{} | ", article, row)) != std::string::npos);
        }
    }
    for (const std::string& name : found(text, std::regex{"`([a-z0-9_/-]+[.]txt)`"})) {
        INFO(name);
        CHECK(std::filesystem::exists("profiles/tests/" + name));
    }
    for (const std::string& name : found(text, std::regex{"`([0-9][0-9]-[a-z0-9-]+)`"})) {
        INFO(name);
        CHECK(std::filesystem::is_directory("client-tests/" + name));
    }
    for (const std::string& name : found(text, std::regex{"`([a-z0-9_]+_test[.]cpp)`"})) {
        INFO(name);
        const std::filesystem::recursive_directory_iterator tests{"simulator/tests"};
        CHECK(std::any_of(begin(tests), end(tests),
                          [&](const auto& entry) { return entry.path().filename() == name; }));
    }
}

}  // namespace fakemx::test
