// Framing of command lines: CRLF and nothing else ends a line (RFC 5321 §2.3.8), however it was split.
#include "smtp/line_buffer.h"

#include <vector>

#include "core/limits.h"
#include "support/catch.h"
#include "support/draws.h"

using namespace fakemx;
using smtp::LineBuffer;

namespace {

struct Taken {
    std::string text;
    std::size_t octets;
    bool too_long;
    bool operator==(const Taken&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Taken& line) {
    return out << line.octets << (line.too_long ? " too long: " : ": ") << line.text;
}

/// What comes out when `input` arrives in pieces that end at `cuts`, and what is left.
std::vector<Taken> lines_of(std::string_view input, const std::vector<std::size_t>& cuts) {
    LineBuffer buffer;
    std::vector<Taken> lines;
    std::size_t from = 0;
    const auto arrive = [&](std::size_t to) {
        buffer.append(input.substr(from, to - from));
        from = to;
        while (const auto line = buffer.take_line()) {
            lines.push_back({std::string{line->text}, line->octets, line->too_long});
        }
        REQUIRE(buffer.size() <= limits::line_octets_kept + 1);
    };
    for (const std::size_t cut : cuts) arrive(cut);
    arrive(input.size());
    lines.push_back({std::string{buffer.beginning().substr(0, 64)}, buffer.arrived(), false});
    return lines;
}

std::vector<Taken> lines_of(std::string_view input) {
    return lines_of(input, {});
}

std::string x(std::size_t count) {
    return std::string(count, 'x');
}

}  // namespace

TEST_CASE("a line ends at CRLF and nowhere else") {
    CHECK(lines_of("NOOP\r\n") == std::vector<Taken>{{"NOOP", 6, false}, {"", 0, false}});
    CHECK(lines_of("\r\n\r\n") ==
          std::vector<Taken>{{"", 2, false}, {"", 2, false}, {"", 0, false}});
    CHECK(lines_of("a\nb\rc\n\r\r\n") ==
          std::vector<Taken>{{"a\nb\rc\n\r", 9, false}, {"", 0, false}});
    CHECK(lines_of("\r\r\n") == std::vector<Taken>{{"\r", 3, false}, {"", 0, false}});
    CHECK(lines_of("a\r\nb") == std::vector<Taken>{{"a", 3, false}, {"b", 1, false}});
    CHECK(lines_of("a\r") == std::vector<Taken>{{"a\r", 2, false}});
    CHECK(lines_of("a\n") == std::vector<Taken>{{"a\n", 2, false}});
}

TEST_CASE("an over-long line is thrown away as it comes, and counted to its end") {
    const std::size_t most = limits::line_octets_kept;
    CHECK(lines_of(x(most) + "\r\nQUIT\r\n") ==
          std::vector<Taken>{{x(most), most + 2, false}, {"QUIT", 6, false}, {"", 0, false}});
    CHECK(lines_of(x(most + 1) + "\r\nQUIT\r\n") ==
          std::vector<Taken>{{x(64), most + 3, true}, {"QUIT", 6, false}, {"", 0, false}});
    CHECK(lines_of(x(3 * most) + "\r\n") ==
          std::vector<Taken>{{x(64), 3 * most + 2, true}, {"", 0, false}});
    // Without an end it is still known how much there was, and how it began.
    CHECK(lines_of("abc" + x(3 * most)) ==
          std::vector<Taken>{{"abc" + x(61), 3 * most + 3, false}});
}

TEST_CASE("splitting the input anywhere changes nothing") {
    const std::size_t most = limits::line_octets_kept;
    for (const std::string& input :
         {std::string{"EHLO a\r\nMAIL FROM:<>\r\n\r\r\n\n\r\nx\r"}, x(most) + "\r\nNOOP\r\n",
          x(most + 1) + "\r\nNOOP\r\n", x(most - 1) + "\r\r\nNOOP", x(most) + "\r\r\nNOOP",
          x(most + 1) + "\r\r\nNOOP", x(2 * most) + "\r" + x(5) + "\r\n" + x(2 * most) + "\r",
          x(most + 2) + "\n" + x(most) + "\r"}) {
        const auto whole = lines_of(input);
        std::vector<std::size_t> every;
        for (std::size_t at = 1; at < input.size(); ++at) every.push_back(at);
        REQUIRE(lines_of(input, every) == whole);
        for (std::size_t at = 0; at<input.size(); at += input.size()> 100 && at > 10 &&
                                         at + 20 < input.size() && at % most > 10 &&
                                         at % most < most - 10
                                     ? 7
                                     : 1) {
            CAPTURE(at);
            REQUIRE(lines_of(input, {at}) == whole);
        }
    }
}

TEST_CASE("random input, randomly split") {
    test::Draws draws{"lines"};
    for (int n = 0; n < 300; ++n) {
        std::string input;
        while (input.size() < 12'000) {
            input +=
                draws.one_in(20) ? x(draws.below(6000)) : draws.text("ab\r\n\n\r", draws.below(9));
            if (draws.one_in(3)) input += "\r\n";
        }
        std::vector<std::size_t> cuts;
        for (std::size_t at = draws.below(50); at < input.size(); at += 1 + draws.below(3000)) {
            cuts.push_back(at);
        }
        REQUIRE(lines_of(input, cuts) == lines_of(input));
    }
}

TEST_CASE("octets can be taken without cutting them into lines, and nothing is held once all are") {
    LineBuffer buffer;
    buffer.append("DATA\r\nhello\r\n.\r\nQUIT\r\n");
    CHECK(buffer.take_line()->text == "DATA");
    CHECK(buffer.rest() == "hello\r\n.\r\nQUIT\r\n");
    buffer.drop(10);
    CHECK(buffer.take_line()->text == "QUIT");
    CHECK_FALSE(buffer.take_line().has_value());
    CHECK(buffer.empty());
    buffer.append("left");
    buffer.clear();
    CHECK(buffer.empty());
    CHECK(buffer.rest().empty());
}

TEST_CASE("an endless line does not cost more the longer it gets") {
    // 8 MiB of one line in pieces of 16 octets: quadratic behaviour would take minutes.
    LineBuffer buffer;
    for (int n = 0; n < 512 * 1024; ++n) {
        buffer.append("0123456789abcdef");
        REQUIRE_FALSE(buffer.take_line().has_value());
    }
    buffer.append("\r\n");
    CHECK(buffer.take_line()->octets == 8 * 1024 * 1024 + 2);
    // And many lines at once.
    std::string many;
    for (int n = 0; n < 200'000; ++n) many += "NOOP\r\n";
    buffer.append(many);
    int count = 0;
    while (buffer.take_line()) ++count;
    CHECK(count == 200'000);
}
