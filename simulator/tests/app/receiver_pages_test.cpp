// The pages of the receivers around Netease say what the profiles do: every parameter, and for every reply a transcript that shows it.
#include <array>
#include <filesystem>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "support/catch.h"
#include "support/transcript.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

namespace {

constexpr std::array<std::string_view, 7> receivers{"coremail", "gmail", "icloud", "nginx-proxy",
                                                    "outlook",  "qq",    "yahoo"};

std::string page_of(std::string_view receiver) {
    return read_file(fmt::format("docs/reference/profiles/{}.md", receiver));
}

std::vector<std::string> transcripts_of(std::string_view receiver) {
    std::vector<std::string> found;
    for (const std::string& transcript : transcripts_in("profiles/tests")) {
        if (profile_shown_by(transcript) == receiver) found.push_back(transcript);
    }
    return found;
}

/// What stands between the parentheses of `pattern`, wherever it matches.
std::vector<std::string> found_in(const std::string& text, const char* pattern) {
    const std::regex expression{pattern};
    std::vector<std::string> found;
    for (std::sregex_iterator it{text.begin(), text.end(), expression}, end; it != end; ++it) {
        found.push_back(it->str(1));
    }
    return found;
}

}  // namespace

TEST_CASE("The pages of the receivers have every parameter with its default") {
    for (const std::string_view receiver : receivers) {
        const std::string page = page_of(receiver);
        const ShippedProfile shipped{.name = std::string{receiver}};
        const auto loaded = shipped.load();
        for (const auto& parameter : loaded->profile().parameters) {
            INFO(receiver << " " << parameter.name);
            CHECK(page.find(fmt::format("\n| `{}` | ", parameter.name)) != std::string::npos);
        }
    }
}

TEST_CASE("The pages of the receivers name their transcripts, all of them and no others") {
    for (const std::string_view receiver : receivers) {
        const std::string page = page_of(receiver);
        for (const std::string& transcript : transcripts_of(receiver)) {
            const std::string file = std::filesystem::path{transcript}.filename().string();
            INFO(receiver << " " << file);
            CHECK(page.find(fmt::format("`{}`", file)) != std::string::npos);
        }
        for (const std::string& file : found_in(page, "`([a-z0-9-]+\\.txt)`")) {
            INFO(receiver << " " << file);
            CHECK(std::filesystem::exists("profiles/tests/" + file));
        }
    }
}

TEST_CASE("Every reply that a receiver says by name is on its page, and in a transcript") {
    for (const std::string_view receiver : receivers) {
        if (receiver == "nginx-proxy") continue;  // has one reply
        std::string shown;
        for (const std::string& transcript : transcripts_of(receiver))
            shown += read_file(transcript);
        const std::string page = page_of(receiver);
        // The error about a name that does not exist lists those that do.
        ShippedProfile shipped{.name = std::string{receiver},
                               .settings = {{"says", "no such reply"}}};
        std::string error;
        try {
            shipped.load();
        } catch (const std::runtime_error& refused) {
            error = refused.what();
        }
        INFO(error);
        const std::vector<std::string> replies =
            found_in(error.substr(error.rfind("one of ") + 7), "(\\w+)");
        CHECK(replies.size() > 5);
        for (const std::string& reply : replies) {
            if (reply == "nothing") continue;
            INFO(receiver << " " << reply);
            CHECK((page.find(fmt::format("`says={}`", reply)) != std::string::npos ||
                   page.find(fmt::format("`{}`", reply)) != std::string::npos));
            CHECK((shown.find(fmt::format("says-{}@", reply)) != std::string::npos ||
                   shown.find(fmt::format("!set says={}\n", reply)) != std::string::npos));
        }
    }
}

}  // namespace fakemx::test
