// fakemx matrix, as a shell would start it: planted causes are found, and what cannot be done is told. The page in docs/ shows what
// it prints.
#include <fstream>

#include <fmt/format.h>

#include "support/catch.h"
#include "support/directory.h"
#include "support/generated_page.h"
#include "tests/app/run.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

using Catch::Matchers::Contains;

namespace {

const std::string newsletter = "client-tests/63-matrix/newsletter.eml";
const std::string planted = "client-tests/63-matrix/planted.lua";

Outcome matrix(std::vector<std::string> words) {
    words.insert(words.begin(), "matrix");
    return run(std::move(words));
}

/// Against the shipped profile of Netease, which says nothing but 451 4.3.2, whatever it is.
const std::vector<std::vector<std::string>> netease_causes{
    {"attachment", "--set", "cause=content"},
    {"tracking", "--set", "cause=content", "--set", "spam=click%.mailer%.example"},
    {"envelope", "--set", "cause=authentication"},
    {"none", "--set", "cause=none", "--set", "first_contact=false", "--set", "internal_error=0"}};

std::vector<std::string> against_netease(const std::vector<std::string>& cause) {
    std::vector<std::string> words{newsletter, "--profile", "netease"};
    words.insert(words.end(), cause.begin() + 1, cause.end());
    return words;
}

void write(const std::string& path, std::string_view text) {
    std::ofstream{path, std::ios::binary} << text;
}

/// The commands of the page with what they print, the first one whole, of the others the grid and the verdict.
std::string shown() {
    std::string text;
    for (const auto& cause : netease_causes) {
        if (cause.front() == "none") continue;
        std::string command = "fakemx matrix newsletter.eml --profile netease";
        for (std::size_t i = 1; i < cause.size(); ++i)
            command +=
                cause[i].find('%') == std::string::npos ? " " + cause[i] : " '" + cause[i] + "'";
        std::string out = matrix(against_netease(cause)).out;
        if (!text.empty()) out = out.substr(out.find("\nvariant ") + 1);
        text += fmt::format("```\n$ {}\n{}```\n\n", command, out);
    }
    text.pop_back();
    return text;
}

}  // namespace

TEST_CASE("planted causes are found", "[matrix]") {
    for (const std::string cause :
         {"none", "attachment", "tracking", "html", "links", "envelope"}) {
        const std::vector<std::string> words{newsletter, "--profile", planted, "--set",
                                             "cause=" + cause};
        const Outcome outcome = matrix(words);
        INFO(cause << "\n" << outcome.err << outcome.out);
        CHECK(outcome.status == (cause == "none" ? 0 : 1));
        CHECK_THAT(outcome.out, Contains("\nverdict: " + cause + ": "));
        CHECK(outcome.out == matrix(words).out);
    }
    const std::vector<std::string> size{newsletter,   "--profile", planted,     "--set",
                                        "cause=size", "--expect",  "attachment"};
    CHECK(matrix(size).status == 0);
}

TEST_CASE("a cause that is chance is not taken for content", "[matrix]") {
    const Outcome outcome = matrix({newsletter, "--profile", planted, "--set", "cause=chance",
                                    "--repeat", "6", "--expect", "intermittent", "--json"});
    INFO(outcome.err << outcome.out);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains("\"trigger\":\"intermittent\",\"suspect\":null"));
    CHECK_THAT(outcome.out, Contains("\"sent\":6"));
}

TEST_CASE("netease hides its causes behind one text, and the matrix tells them apart", "[matrix]") {
    for (const auto& cause : netease_causes) {
        auto words = against_netease(cause);
        words.insert(words.end(), {"--expect", cause.front()});
        const Outcome outcome = matrix(words);
        INFO(outcome.err << outcome.out);
        CHECK(outcome.status == 0);
        if (cause.front() != "none")
            CHECK_THAT(outcome.out, Contains("451 4.3.2 Internal server error"));
    }
}

TEST_CASE("a copy that is put off is tried again, as often as asked", "[matrix]") {
    const std::vector<std::string> words{newsletter, "--profile", "flaky-data", "--set", "tries=1"};
    CHECK_THAT(matrix(words).out, Contains("verdict: envelope: "));
    auto again = words;
    again.insert(again.end(), {"--tries", "2", "--retry-after", "5m"});
    const Outcome outcome = matrix(again);
    INFO(outcome.err << outcome.out);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains("(try 2)"));
}

TEST_CASE("the variants are written to a folder, with what was done", "[matrix]") {
    const Directory directory;
    const std::string folder = directory.file("variants");
    CHECK(matrix({newsletter, "--out", folder}).status == 0);
    for (const char* const name : {"A", "B", "C", "D", "E"})
        CHECK_THAT(read_file(folder + "/" + name + ".eml"),
                   Contains(fmt::format("\r\nX-Fakemx-Variant: {}; copy 1\r\n", name)));
    CHECK_THAT(read_file(folder + "/variants.txt"), Contains("1 tracking pixel removed"));
    // A command gets the same files; what it says with its exit status counts.
    const Outcome sent = matrix({newsletter, "--expect", "html", "--", "sh", "-c",
                                 "grep -q '^X-Fakemx-Variant: {variant}; copy {copy}' {file} && "
                                 "case {variant} in A|B) exit 0;; *) exit 75;; esac"});
    INFO(sent.err << sent.out);
    CHECK(sent.status == 0);
    CHECK_THAT(sent.out, Contains("exit status 75"));
}

TEST_CASE("a command is run again for a copy that it puts off", "[matrix]") {
    const Directory directory;
    const std::string once = "{variant}{copy}; test -e $f || { touch $f; exit 75; }";
    std::vector<std::string> words{newsletter, "--pause", "1ms", "--retry-after", "1ms"};
    const std::vector<std::string> command{"--", "sh", "-c", "f=" + directory.file("seen") + once};
    words.insert(words.end(), {"--tries", "2"});
    words.insert(words.end(), command.begin(), command.end());
    const Outcome outcome = matrix(words);
    INFO(outcome.err << outcome.out);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, Contains("(try 2)"));
    CHECK_THAT(outcome.out, Contains("only when they were tried again"));
}

TEST_CASE("a way that is given counts, whatever is exported for other subcommands", "[matrix]") {
    const Directory directory;
    const std::pair<std::string, std::string> journal{"FAKEMX_JOURNAL", directory.file("none.db")};
    const std::pair<std::string, std::string> host{"FAKEMX_HOST", "192.0.2.1"};
    const std::pair<std::string, std::string> setting{"FAKEMX_SET", "cause=links"};
    const auto outcome = [](std::vector<std::string> words,
                            std::vector<std::pair<std::string, std::string>> exported) {
        words.insert(words.begin(), {"matrix", newsletter});
        return run(Arguments{std::move(words), std::move(exported)});
    };
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"--profile", planted, "--expect", "links"},
                                               {"--out", directory.file("variants")},
                                               {"--", "true"}}) {
        const Outcome given = outcome(words, {journal, host, setting});
        INFO(given.err << given.out);
        CHECK(given.status == 0);
    }
    CHECK_THAT(outcome({}, {journal, host}).err, Contains("one of them"));
    CHECK_THAT(outcome({}, {journal}).err, Contains("none.db"));
    CHECK(outcome({"--expect", "links"}, {{"FAKEMX_PROFILE", planted}, setting}).status == 0);
    CHECK(outcome({"--expect", "links", "--profile", ""}, {{"FAKEMX_PROFILE", planted}}).status ==
          2);
}

TEST_CASE("what cannot be done is told", "[matrix]") {
    const Directory directory;
    const auto told = [](std::vector<std::string> words, int status, const std::string& why) {
        const Outcome outcome = matrix(std::move(words));
        INFO(outcome.err);
        CHECK(outcome.status == status);
        CHECK_THAT(outcome.err, Contains(why));
        CHECK(outcome.out.empty());
    };
    const std::string file = directory.file("m.eml");
    told({newsletter}, 2, "what is to become of the variants?");
    told({"--profile", "netease"}, 2, "MESSAGE.eml is missing");
    told({newsletter, "--profile", "netease", "--journal", "x.db"}, 2, "one of them");
    told({newsletter, "--host", "127.0.0.1"}, 2, "--from and --to");
    told({newsletter, "--profile", "moon"}, 2, "moon");
    told({newsletter, "--profile", "netease", "--from", "moon"}, 2, "not an address");
    told({newsletter, "--profile", "netease", "--pause", "soon"}, 2, "not a duration");
    told({directory.file("none.eml"), "--profile", "netease"}, 2, "No such file");
    told({".", "--profile", "netease"}, 2, "a directory");
    write(file, "");
    told({file, "--profile", "netease"}, 2, "empty");
    write(file, "hello, world\n");
    told({file, "--profile", "netease"}, 2, "no message");
    write(file, "From: <a@b.example>\n\n" + std::string(70 * 1024 * 1024, 'x'));
    told({file, "--profile", "netease"}, 2, "more than 73400320 octets");
    told({"--journal", directory.file("none.db")}, 3, "none.db");
}

TEST_CASE("the matrix page shows what the program prints", "[matrix]") {
    CHECK(GeneratedPage("docs/reference/matrix.md", "matrix").part() == shown());
}

TEST_CASE("write the matrix page", "[.matrix]") {
    GeneratedPage("docs/reference/matrix.md", "matrix").write(shown());
}

}  // namespace fakemx::test
