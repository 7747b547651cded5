// Reading and running transcripts.
#include "support/transcript.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::test {

namespace {

struct Failure {
    std::string text;
};

int hex_digit(char c) {
    if (is_ascii_digit(c)) return c - '0';
    const char lower = ascii_lower(c);
    if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
    throw std::invalid_argument("\\x wants two hex digits");
}

class Runner {
public:
    explicit Runner(TranscriptDriver& driver) : driver_(driver) {}

    void line(std::string_view line) {
        if (line.empty() || line.front() == '#') return;
        const std::string_view rest = line.size() > 2 ? line.substr(line[2] == ' ' ? 3 : 2) : "";
        if (line.starts_with("C:")) {
            say(unescape(rest) + "\r\n");
        } else if (line.starts_with("C-")) {
            say(unescape(rest));
        } else if (line.starts_with("S:")) {
            expect(unescape(rest), false);
        } else if (line.starts_with("S~")) {
            expect(unescape(rest), true);
        } else if (line.front() == '+') {
            const auto duration = parse_duration(line.substr(1));
            if (!duration) throw Failure{fmt::format("'{}' is no duration", line.substr(1))};
            client();
            driver_.advance(*duration);
        } else if (line.front() == '!') {
            direct(line.substr(1));
        } else {
            throw Failure{"a line begins with C: C- S: S~ + ! or #"};
        }
    }

    void finish() {
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            current_ = i;
            nothing_left();
        }
    }

private:
    struct Client {
        TranscriptDriver::Client handle;
        std::string received;
    };

    Client& client() {
        if (clients_.empty()) clients_.push_back({driver_.connect(0, default_address), {}});
        return clients_.at(current_);
    }

    void say(const std::string& octets) {
        client();
        nothing_left();
        driver_.send(client().handle, octets);
    }

    void nothing_left() {
        Client& current = client();
        current.received += driver_.receive(current.handle, 0);
        if (!current.received.empty()) {
            throw Failure{fmt::format("expected: nothing more\n  actual:   {}",
                                      escape_octets(current.received))};
        }
    }

    void expect(const std::string& expected, bool is_pattern) {
        Client& current = client();
        const auto lines = std::count(current.received.begin(), current.received.end(), '\n');
        if (lines == 0) current.received += driver_.receive(current.handle, 1);
        const std::size_t end = current.received.find("\r\n");
        if (end == std::string::npos) {
            throw Failure{fmt::format(
                "expected: {}\n  actual:   {}", escape_octets(expected),
                current.received.empty() ? "nothing" : escape_octets(current.received))};
        }
        const std::string actual = current.received.substr(0, end);
        current.received.erase(0, end + 2);
        if (is_pattern ? !matches(expected, actual) : expected != actual) {
            throw Failure{fmt::format("expected: {}\n  actual:   {}", escape_octets(expected),
                                      escape_octets(actual))};
        }
    }

    void direct(std::string_view directive) {
        if (directive.starts_with("connect")) {
            connect(trim(directive.substr(7)));
        } else if (directive.starts_with("client ")) {
            const auto number = parse_decimal(trim(directive.substr(7)));
            if (!number || *number < 1 || *number > clients_.size())
                throw Failure{"no such client"};
            current_ = *number - 1;
        } else if (directive == "tls" || directive.starts_with("tls ")) {
            driver_.start_tls(client().handle, std::string{trim(directive.substr(3))});
        } else if (directive == "finish") {
            driver_.finish(client().handle);
        } else if (directive == "reset") {
            driver_.reset(client().handle);
        } else if (directive == "closed") {
            expect_ending(TranscriptDriver::Ending::closed);
        } else if (directive == "reset-by-server") {
            expect_ending(TranscriptDriver::Ending::reset);
        } else if (directive == "quiet") {
            nothing_left();
            if (driver_.ending(client().handle, false) != TranscriptDriver::Ending::none) {
                throw Failure{"expected: an open connection\n  actual:   it is over"};
            }
        } else if (!driver_.direct(directive)) {
            throw Failure{fmt::format("unknown directive '!{}'", directive)};
        }
    }

    void connect(std::string_view arguments) {
        std::size_t host = 0;
        std::string address = default_address;
        const std::size_t from = arguments.find("from ");
        const std::string_view index = trim(arguments.substr(0, from));
        if (!index.empty()) {
            const auto number = parse_decimal(index);
            if (!number) throw Failure{"!connect [HOST] [from IP]"};
            host = *number;
        }
        if (from != std::string_view::npos) address = trim(arguments.substr(from + 5));
        clients_.push_back({driver_.connect(host, address), {}});
        current_ = clients_.size() - 1;
    }

    void expect_ending(TranscriptDriver::Ending expected) {
        nothing_left();
        const auto actual = driver_.ending(client().handle, true);
        nothing_left();
        if (actual == expected) return;
        constexpr std::string_view names[] = {"an open connection", "closed", "cut", "reset"};
        throw Failure{fmt::format("expected: {}\n  actual:   {}",
                                  names[static_cast<std::size_t>(expected)],
                                  names[static_cast<std::size_t>(actual)])};
    }

    static constexpr const char* default_address = "192.0.2.1";

    TranscriptDriver& driver_;
    std::vector<Client> clients_;
    std::size_t current_ = 0;
};

}  // namespace

std::string unescape(std::string_view text) {
    std::string octets;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            octets += text[i];
            continue;
        }
        const char kind = ++i < text.size() ? text[i] : '\0';
        switch (kind) {
            case 'r': octets += '\r'; break;
            case 'n': octets += '\n'; break;
            case 't': octets += '\t'; break;
            case '0': octets += '\0'; break;
            case '\\': octets += '\\'; break;
            case 'x':
                if (i + 2 >= text.size()) throw std::invalid_argument("\\x wants two hex digits");
                octets += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
                i += 2;
                break;
            case '{': {
                const std::size_t star = text.find('*', i);
                const std::size_t end = text.find('}', i);
                if (star == std::string_view::npos || end == std::string_view::npos || star > end) {
                    throw std::invalid_argument("\\{COUNT*TEXT}");
                }
                const auto count = parse_decimal(text.substr(i + 1, star - i - 1));
                if (!count || *count > 1'000'000) throw std::invalid_argument("\\{COUNT*TEXT}");
                const std::string repeated = unescape(text.substr(star + 1, end - star - 1));
                for (std::uint64_t n = 0; n < *count; ++n) octets += repeated;
                i = end;
                break;
            }
            default: throw std::invalid_argument(fmt::format("unknown escape '\\{}'", kind));
        }
    }
    return octets;
}

bool matches(std::string_view pattern, std::string_view text) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    if (!text.starts_with(pattern.substr(0, star))) return false;
    const std::string_view rest = pattern.substr(star + 1);
    for (std::size_t at = star; at <= text.size(); ++at) {
        if (matches(rest, text.substr(at))) return true;
    }
    return false;
}

std::string run_transcript(TranscriptDriver& driver, std::string_view text, std::string_view file) {
    Runner runner{driver};
    std::size_t number = 0;
    try {
        while (!text.empty()) {
            ++number;
            const std::size_t end = text.find('\n');
            runner.line(text.substr(0, end));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        runner.finish();
    } catch (const Failure& failure) {
        return fmt::format("{}:{}:\n  {}", file, number, failure.text);
    } catch (const std::invalid_argument& error) {
        return fmt::format("{}:{}: {}", file, number, error.what());
    }
    return {};
}

std::string run_transcript_file(TranscriptDriver& driver, const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return file + ": cannot be read";
    const std::string text{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
    return run_transcript(driver, text, file);
}

std::vector<std::string> transcripts_in(const std::string& folder) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace fakemx::test
