// Grids and what they say: one for each trigger, and those that say less than one would like.
#include "matrix/reading.h"

#include "support/catch.h"

namespace fakemx::matrix::test {

namespace {

using journal::Outcome;

/// Five words, A to E: "pass", "FAIL", "some", "-" for a variant that was not made, "?" for one that was not sent. Refusals are at the
/// end of the data.
Grid grid_of(const std::array<std::string_view, 5>& words, smtp::Hook stage = smtp::Hook::message) {
    Grid grid;
    for (const Variant variant : variants) {
        const std::string_view word = words.at(index(variant));
        Cell& cell = grid[variant];
        if (word == "-") cell.why_not = "the message has none";
        if (word == "pass" || word == "some")
            cell.results.push_back({Outcome::accepted, smtp::Hook::message, 250, "OK"});
        if (word == "FAIL" || word == "some")
            cell.results.push_back({Outcome::deferred, stage, 451, "4.3.2 Internal server error"});
    }
    return grid;
}

Trigger trigger_of(const std::array<std::string_view, 5>& words) {
    return read(grid_of(words), false).trigger;
}

bool notes_have(const Reading& reading, std::string_view words) {
    for (const std::string& note : reading.notes) {
        if (note.find(words) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("the five outcomes of the matrix") {
    CHECK(trigger_of({"pass", "pass", "pass", "pass", "FAIL"}) == Trigger::attachment);
    CHECK(trigger_of({"pass", "pass", "pass", "FAIL", "FAIL"}) == Trigger::tracking);
    CHECK(trigger_of({"pass", "pass", "FAIL", "FAIL", "FAIL"}) == Trigger::html);
    CHECK(trigger_of({"pass", "FAIL", "FAIL", "FAIL", "FAIL"}) == Trigger::links);
    CHECK(trigger_of({"FAIL", "FAIL", "FAIL", "FAIL", "FAIL"}) == Trigger::envelope);
    CHECK(trigger_of({"pass", "pass", "pass", "pass", "pass"}) == Trigger::none);
}

TEST_CASE("a variant that was not made adds nothing") {
    CHECK(trigger_of({"pass", "-", "FAIL", "-", "-"}) == Trigger::html);
    CHECK(trigger_of({"pass", "-", "pass", "-", "FAIL"}) == Trigger::attachment);
    CHECK(trigger_of({"pass", "pass", "-", "FAIL", "-"}) == Trigger::tracking);
    CHECK(trigger_of({"FAIL", "-", "-", "-", "-"}) == Trigger::envelope);
}

TEST_CASE("one that was not sent leaves open what it was") {
    const Reading reading = read(grid_of({"pass", "?", "?", "FAIL", "FAIL"}), false);
    CHECK(reading.trigger == Trigger::unclear);
    CHECK(reading.verdict ==
          "D fails, A passes: its links; or HTML; or tracking, redirects, or the number of links");
    CHECK(trigger_of({"?", "?", "?", "FAIL", "FAIL"}) == Trigger::unclear);
    CHECK(trigger_of({"?", "?", "?", "?", "?"}) == Trigger::unclear);
    // What was not sent above the first that fails does not matter.
    CHECK(trigger_of({"pass", "pass", "FAIL", "?", "?"}) == Trigger::html);
}

TEST_CASE("less fails and more passes: no single thing in the content does that") {
    CHECK(trigger_of({"pass", "FAIL", "pass", "pass", "pass"}) == Trigger::contradictory);
    CHECK(trigger_of({"FAIL", "pass", "pass", "pass", "pass"}) == Trigger::contradictory);
    CHECK(trigger_of({"pass", "FAIL", "FAIL", "pass", "FAIL"}) == Trigger::contradictory);
}

TEST_CASE("what passes and fails alike is no cause, but may be a suspicion") {
    const Reading from_d = read(grid_of({"pass", "pass", "pass", "some", "some"}), false);
    CHECK(from_d.trigger == Trigger::intermittent);
    CHECK(from_d.suspect == Variant::d);
    CHECK(read(grid_of({"pass", "pass", "pass", "some", "FAIL"}), false).suspect == Variant::d);
    CHECK(read(grid_of({"pass", "pass", "pass", "FAIL", "some"}), false).suspect == Variant::d);
    for (const auto& words : std::array<std::array<std::string_view, 5>, 3>{
             {{"some", "some", "some", "some", "some"},
              {"pass", "some", "pass", "pass", "some"},
              {"some", "FAIL", "FAIL", "FAIL", "FAIL"}}}) {
        const Reading reading = read(grid_of(words), false);
        CHECK(reading.trigger == Trigger::intermittent);
        CHECK_FALSE(reading.suspect);
    }
}

TEST_CASE("what is refused before there is content is not refused for it") {
    const auto at = [](smtp::Hook stage, const std::array<std::string_view, 5>& words) {
        return read(grid_of(words, stage), false);
    };
    CHECK(at(smtp::Hook::rcpt, {"pass", "pass", "pass", "FAIL", "FAIL"}).trigger ==
          Trigger::contradictory);
    CHECK(at(smtp::Hook::mail, {"pass", "pass", "pass", "FAIL", "FAIL"}).trigger ==
          Trigger::contradictory);
    // But for its size, which is said at MAIL.
    const Reading declared = at(smtp::Hook::mail, {"pass", "pass", "pass", "pass", "FAIL"});
    CHECK(declared.trigger == Trigger::attachment);
    CHECK(declared.verdict.find("size") != std::string::npos);
    CHECK(at(smtp::Hook::mail, {"FAIL", "FAIL", "FAIL", "FAIL", "FAIL"})
              .verdict.find("before any content") != std::string::npos);
}

TEST_CASE("the smallest variant that fails decides whether there was content") {
    Grid grid = grid_of({"pass", "pass", "pass", "FAIL", "FAIL"});
    grid[Variant::d].results.front().stage = smtp::Hook::rcpt;
    const Reading reading = read(grid, false);
    CHECK(reading.trigger == Trigger::contradictory);
    CHECK(reading.verdict == "D fails, but before any content was there");
    grid = grid_of({"pass", "pass", "pass", "FAIL", "FAIL"});
    grid[Variant::e].results.front().stage = smtp::Hook::rcpt;
    CHECK(read(grid, false).trigger == Trigger::tracking);
    // The last chunk of BDAT is the end of the data.
    CHECK(
        read(grid_of({"pass", "pass", "pass", "FAIL", "FAIL"}, smtp::Hook::bdat), false).trigger ==
        Trigger::tracking);
    // Nor is it suspected.
    CHECK_FALSE(
        read(grid_of({"pass", "pass", "pass", "some", "some"}, smtp::Hook::rcpt), false).suspect);
    CHECK(read(grid_of({"pass", "pass", "?", "some", "some"}), false).verdict ==
          "D fails now and then, B never: perhaps HTML; or tracking, redirects, or the number of "
          "links");
}

TEST_CASE("each of the 32 outcomes has a verdict, and only six name a cause") {
    std::array<int, 9> counts{};
    for (unsigned failing = 0; failing < 32; ++failing) {
        std::array<std::string_view, 5> words;
        for (std::size_t i = 0; i < words.size(); ++i)
            words.at(i) = (failing >> i & 1) != 0 ? "FAIL" : "pass";
        const Reading reading = read(grid_of(words), false);
        ++counts.at(static_cast<std::size_t>(reading.trigger));
        CHECK_FALSE(reading.verdict.empty());
    }
    CHECK(counts == std::array<int, 9>{1, 1, 1, 1, 1, 1, 0, 26, 0});
}

TEST_CASE("what else may be behind a refusal is said") {
    const Grid all = grid_of({"FAIL", "FAIL", "FAIL", "FAIL", "FAIL"});
    CHECK(notes_have(read(all, false), "A has the message's text"));
    CHECK_FALSE(notes_have(read(all, false), "not refused alike"));
    CHECK_FALSE(notes_have(read(all, false), "530"));
    Grid other = all;
    other[Variant::e].results.front().code = 552;
    CHECK(notes_have(read(other, false), "not refused alike"));
    const Grid at_mail = grid_of({"FAIL", "FAIL", "FAIL", "FAIL", "FAIL"}, smtp::Hook::mail);
    CHECK_FALSE(notes_have(read(at_mail, false), "A has the message's text"));
    other = at_mail;
    for (Cell& cell : other.cells) cell.results.front().code = 530;
    CHECK(notes_have(read(other, false), "530 asks for STARTTLS or AUTH"));
    CHECK(
        notes_have(read(grid_of({"FAIL", "pass", "pass", "pass", "pass"}), false), "greylisting"));
    CHECK_FALSE(
        notes_have(read(grid_of({"pass", "FAIL", "pass", "pass", "pass"}), false), "greylisting"));
}

TEST_CASE("authentication comes first, and a signature that is gone is told") {
    const Reading reading = read(grid_of({"FAIL", "FAIL", "FAIL", "FAIL", "FAIL"}), true);
    REQUIRE_FALSE(reading.notes.empty());
    CHECK(reading.notes.front().starts_with("look at authentication first"));
    CHECK(notes_have(reading, "no DKIM signature"));
    CHECK_FALSE(
        notes_have(read(grid_of({"FAIL", "-", "-", "-", "-"}), false), "no DKIM signature"));
}

TEST_CASE("all is taken, but some only when it came back") {
    Grid grid = grid_of({"pass", "pass", "pass", "pass", "pass"});
    CHECK_FALSE(notes_have(read(grid, false), "tried again"));
    grid[Variant::c].results.front().tries = 2;
    CHECK(read(grid, false).trigger == Trigger::none);
    CHECK(notes_have(read(grid, false), "tried again"));
}

TEST_CASE("triggers have names") {
    for (const std::string& word : trigger_names()) {
        const auto trigger = trigger_named(word);
        REQUIRE(trigger);
        CHECK(name(*trigger) == word);
    }
    CHECK_FALSE(trigger_named("moon"));
}

}  // namespace fakemx::matrix::test
