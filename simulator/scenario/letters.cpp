// The messages that a scenario has the sender send, and the words of its command.
#include <algorithm>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "core/time.h"
#include "scenario/scenario.h"

namespace fakemx::scenario {

namespace {

std::string domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? "localhost" : std::string{address.substr(at + 1)};
}

/// Lines of text, `octets` of them together with their line ends.
std::string filling(std::uint64_t octets) {
    constexpr std::string_view line =
        "The quick brown fox jumps over the lazy dog, and over and over again.\r\n";
    std::string text;
    text.reserve(octets);
    while (text.size() + line.size() <= octets) text += line;
    const std::uint64_t left = octets - text.size();
    if (left > 2) {
        text += line.substr(0, left - 2);
        text += "\r\n";
    }
    return text;
}

std::string_view field_name(std::string_view line) {
    return line.substr(0, line.find(':'));
}

std::string text_of(const Letter& letter, std::uint64_t number, std::uint64_t seed, Instant begin) {
    std::string text;
    for (const std::string& line :
         {fmt::format("From: <{}>", letter.from.empty() ? "postmaster@localhost" : letter.from),
          // One in each line: many of them would be longer than a line may be (RFC 5322 §2.1.1).
          fmt::format("To: {}", fmt::join(letter.to, ",\r\n ")),
          fmt::format("Subject: {}",
                      letter.subject.empty() ? fmt::format("Message {}", number) : letter.subject),
          fmt::format("Date: {}", format_date_time(begin)),
          fmt::format("Message-ID: <{}.{}@{}>", number, seed, domain_of(letter.from)),
          std::string{"MIME-Version: 1.0"},
          std::string{"Content-Type: text/plain; charset=us-ascii"}}) {
        const bool is_replaced =
            std::any_of(letter.header.begin(), letter.header.end(), [&](const std::string& other) {
                return equal_ignoring_case(field_name(other), field_name(line));
            });
        if (!is_replaced) text += line + "\r\n";
    }
    for (const std::string& line : letter.header) text += line + "\r\n";
    text += "\r\n";
    if (letter.body) return text + *letter.body;
    return text + (letter.octets == 0 ? fmt::format("This is message {}.\r\n", number)
                                      : filling(letter.octets));
}

}  // namespace

std::uint64_t Scenario::deliveries() const {
    std::uint64_t count = 0;
    for (const Letter& letter : send) count += letter.count * letter.to.size();
    return count;
}

std::vector<LetterFile> write_letters(const std::vector<Letter>& letters, std::uint64_t seed,
                                      Instant begin) {
    std::vector<LetterFile> files;
    for (const Letter& letter : letters) {
        for (std::uint32_t copy = 0; copy < letter.count; ++copy) {
            const std::uint64_t number = files.size() + 1;
            files.push_back({fmt::format("{:04}.eml", number), letter.from, letter.to, letter.host,
                             text_of(letter, number, seed, begin)});
        }
    }
    return files;
}

std::string fill_in(std::string_view word, const Values& values) {
    std::string filled;
    while (!word.empty()) {
        const std::size_t open = word.find('{');
        filled += word.substr(0, open);
        if (open == std::string_view::npos) break;
        word.remove_prefix(open);
        const std::size_t close = word.find('}');
        const auto known = std::find_if(values.begin(), values.end(), [&](const auto& value) {
            return close != std::string_view::npos && word.substr(1, close - 1) == value.first;
        });
        if (known == values.end()) {
            filled += '{';
            word.remove_prefix(1);
        } else {
            filled += known->second;
            word.remove_prefix(close + 1);
        }
    }
    return filled;
}

}  // namespace fakemx::scenario
