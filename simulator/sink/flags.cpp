// One table of flags, and one case for each.
#include "sink/flags.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::sink {

namespace {

constexpr std::array<Flag, 36> table{{
    {'4', "", "Listen on IPv4 only"},
    {'6', "", "Listen on IPv6 only"},
    {'8', "", "Do not offer 8BITMIME"},
    {'a', "", "Do not offer AUTH"},
    {'A', "SECONDS", "Behind 354 read nothing, and reply 550 and close so much later"},
    {'b', "REPLY", "Of soft errors [450 4.3.0 Error: command failed]"},
    {'B', "REPLY", "Of hard errors [500 5.3.0 Error: command failed]"},
    {'c', "", "Count sessions, QUITs and messages on stdout"},
    {'C', "", "Do not offer XCLIENT"},
    {'d', "TEMPLATE", "Write each message to a file of its own"},
    {'D', "TEMPLATE", "Append all messages to one file"},
    {'e', "", "Do not offer ESMTP"},
    {'E', "", "Do not offer ENHANCEDSTATUSCODES"},
    {'f', "COMMANDS", "Answer these with a hard error; implies -p"},
    {'F', "", "Do not offer XFORWARD"},
    {'h', "NAME", "The host's name in greeting, HELO and EHLO [smtp-sink]"},
    {'H', "SECONDS", "Read nothing for so long behind 354"},
    {'L', "", "Speak LMTP, with a reply for each recipient"},
    {'m', "COUNT", "Connections at once; others wait in the kernel's queue [256]"},
    {'M', "COUNT", "Leave after so many messages"},
    {'n', "COUNT", "Leave after so many QUITs"},
    {'N', "", "Do not offer DSN"},
    {'p', "", "Do not offer PIPELINING"},
    {'P', "", "Greet like a Cisco PIX; implies -e"},
    {'q', "COMMANDS", "Disconnect at these, without a reply"},
    {'Q', "COMMANDS", "Answer these with 421 and disconnect"},
    {'r', "COMMANDS", "Answer these with a soft error; implies -p"},
    {'R', "DIRECTORY", "Change the root directory; needs root"},
    {'s', "COMMANDS", "Log these to syslog"},
    {'S', "TEXT", "Begins each message of -d and -D; takes C's escapes"},
    {'t', "SECONDS", "Silence after which a client is disconnected [100]"},
    {'T', "OCTETS", "TCP window"},
    {'u', "USER", "Become this user once it listens; needs root"},
    {'v', "", "Show the dialogues"},
    {'w', "SECONDS", "Delay the reply to DATA"},
    {'W', "COMMAND:SECONDS[:ODDS]", "Delay the reply to a command"},
}};

/// About thirty years.
constexpr std::uint64_t seconds_max = 1'000'000'000;
constexpr std::uint64_t counts_max = 1'000'000'000;

FlagError wrong(const Given& flag, std::string_view expected) {
    return {fmt::format("-{} {}: not {}", flag.letter, flag.value, expected)};
}

Result<std::uint64_t, FlagError> number(const Given& flag, std::string_view what,
                                        std::uint64_t least, std::uint64_t most) {
    const auto value = parse_decimal(flag.value);
    if (value && *value >= least && *value <= most) return *value;
    return wrong(flag, fmt::format("{} from {} to {}", what, least, most));
}

Result<Duration, FlagError> seconds(const Given& flag, std::uint64_t least) {
    const auto value = number(flag, "a number of seconds", least, seconds_max);
    if (!value) return value.error();
    return Duration{std::chrono::seconds{static_cast<std::int64_t>(*value)}};
}

FlagError unknown_command(const Given& flag, std::string_view word) {
    return {fmt::format("-{}: no command '{}'{}; there are {}", flag.letter, word,
                        did_you_mean(word, moment_names), fmt::join(moment_names, " "))};
}

/// Between blanks and commas.
Result<Moments, FlagError> commands(const Given& flag) {
    constexpr std::string_view separators = ", \t\r\n";
    Moments moments;
    std::string_view rest = flag.value;
    while (true) {
        rest.remove_prefix(std::min(rest.find_first_not_of(separators), rest.size()));
        if (rest.empty()) return moments;
        const std::string_view word = rest.substr(0, rest.find_first_of(separators));
        rest.remove_prefix(word.size());
        const auto moment = moment_named(word);
        if (!moment) return unknown_command(flag, word);
        moments.set(static_cast<std::size_t>(*moment));
    }
}

Result<smtp::Reply, FlagError> reply(const Given& flag, char first_digit) {
    auto read = smtp::parse_reply_text(flag.value);
    if (!read || flag.value.front() != first_digit) {
        return wrong(flag, fmt::format("a reply such as '{}{}'", first_digit,
                                       first_digit == '4' ? "50 4.3.0 Error: command failed"
                                                          : "00 5.3.0 Error: command failed"));
    }
    return *read;
}

/// COMMAND:SECONDS[:ODDS]
std::optional<FlagError> delay(const Given& flag, Settings& settings) {
    constexpr std::string_view form =
        "COMMAND:SECONDS or COMMAND:SECONDS:ODDS with ODDS from 1 to 99";
    const std::string_view text = flag.value;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return wrong(flag, form);
    const auto moment = moment_named(text.substr(0, colon));
    if (!moment) return unknown_command(flag, text.substr(0, colon));
    const std::string_view numbers = text.substr(colon + 1);
    const std::size_t second = numbers.find(':');
    const auto wait = parse_decimal(numbers.substr(0, second));
    if (!wait || *wait == 0 || *wait > seconds_max) return wrong(flag, form);
    std::uint64_t odds = 0;
    if (second != std::string_view::npos) {
        odds = parse_decimal(numbers.substr(second + 1)).value_or(0);
        if (odds < 1 || odds > 99) return wrong(flag, form);
    }
    Treatment& treatment = settings.treatment(*moment);
    treatment.delay = std::chrono::seconds{static_cast<std::int64_t>(*wait)};
    treatment.odds = static_cast<std::uint32_t>(odds);
    return std::nullopt;
}

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

/// \a \b \f \n \r \t \v, up to three octal digits; of anything else the backslash is left out.
std::string unescaped(std::string_view text) {
    constexpr std::string_view letters = "abfnrtv", meanings = "\a\b\f\n\r\t\v";
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            result += text[i];
            continue;
        }
        const char c = text[++i];
        const std::size_t letter = letters.find(c);
        if (is_octal(c)) {
            unsigned octet = 0;
            const std::size_t end = std::min(i + 3, text.size());
            while (i < end && is_octal(text[i]))
                octet = octet * 8 + static_cast<unsigned>(text[i++] - '0');
            --i;
            result += static_cast<char>(octet & 0xff);
        } else {
            result += letter == std::string_view::npos ? c : meanings[letter];
        }
    }
    return result;
}

/// Sets one member of the treatment of every command in the list.
std::optional<FlagError> treat(const Given& flag, Settings& settings, bool Treatment::*member) {
    const auto moments = commands(flag);
    if (!moments) return moments.error();
    for (std::size_t i = 0; i < moment_count; ++i) {
        if (moments->test(i)) settings.treatments.at(i).*member = true;
    }
    return std::nullopt;
}

template <class Value, class Target>
std::optional<FlagError> take(const Result<Value, FlagError>& value, Target& target) {
    if (!value) return value.error();
    target = static_cast<Target>(*value);
    return std::nullopt;
}

std::optional<FlagError> take_count(const Given& flag, std::optional<std::uint64_t>& target) {
    const auto value = number(flag, "a number", 1, counts_max);
    if (!value) return value.error();
    target = *value;
    return std::nullopt;
}

std::optional<FlagError> apply_wait(const Given& flag, Settings& settings) {
    if (flag.letter == 't') return take(seconds(flag, 1), settings.idle_timeout);
    if (flag.letter == 'w') {
        settings.treatment(Moment::data).odds = 0;
        return take(seconds(flag, 1), settings.treatment(Moment::data).delay);
    }
    const auto wait = seconds(flag, 0);
    if (!wait) return wait.error();
    settings.abort_after = *wait;
    return std::nullopt;
}

std::optional<FlagError> apply_reply(const Given& flag, Settings& settings) {
    if (flag.letter == 'b') {
        auto read = reply(flag, '4');
        if (!read) return read.error();
        settings.soft_reply = std::move(*read);
    } else {
        auto read = reply(flag, '5');
        if (!read) return read.error();
        settings.hard_reply = std::move(*read);
    }
    return std::nullopt;
}

std::optional<FlagError> apply(const Given& flag, Settings& settings) {
    switch (flag.letter) {
        case '4': settings.family = Family::ipv4; break;
        case '6': settings.family = Family::ipv6; break;
        case '8': settings.eight_bit_mime = false; break;
        case 'a': settings.auth = false; break;
        case 'A':
        case 't':
        case 'w': return apply_wait(flag, settings);
        case 'b':
        case 'B': return apply_reply(flag, settings);
        case 'c': settings.counters = true; break;
        case 'C': settings.xclient = false; break;
        case 'd': settings.dump_each = flag.value; break;
        case 'D': settings.dump_all = flag.value; break;
        case 'e': settings.esmtp = false; break;
        case 'E': settings.enhanced_codes = false; break;
        case 'f': settings.pipelining = false; return treat(flag, settings, &Treatment::hard);
        case 'F': settings.xforward = false; break;
        case 'h': settings.hostname = flag.value; break;
        case 'H': return take(seconds(flag, 1), settings.read_after);
        case 'L': settings.lmtp = true; break;
        case 'm':
            return take(number(flag, "a number of connections", 1, counts_max),
                        settings.connections_max);
        case 'M': return take_count(flag, settings.messages_max);
        case 'n': return take_count(flag, settings.quits_max);
        case 'N': settings.dsn = false; break;
        case 'p': settings.pipelining = false; break;
        case 'P':
            settings.pix = true;
            settings.esmtp = false;
            break;
        case 'q': return treat(flag, settings, &Treatment::disconnect);
        case 'Q': return treat(flag, settings, &Treatment::close);
        case 'r': settings.pipelining = false; return treat(flag, settings, &Treatment::soft);
        case 'R': settings.root = flag.value; break;
        case 's': {
            const auto moments = commands(flag);
            if (!moments) return moments.error();
            settings.logged |= *moments;
            break;
        }
        case 'S': settings.dump_start = unescaped(flag.value); break;
        case 'T':
            return take(number(flag, "a number of octets", 1, limits::receive_window_max),
                        settings.window_octets);
        case 'u': settings.user = flag.value; break;
        case 'v': settings.verbose = true; break;
        case 'W': return delay(flag, settings);
        default: return FlagError{fmt::format("-{}: smtp-sink has no such flag", flag.letter)};
    }
    return std::nullopt;
}

}  // namespace

std::span<const Flag> flags() {
    return table;
}

Result<Settings, FlagError> read_flags(const std::vector<Given>& given) {
    Settings settings;
    for (const Given& flag : given) {
        if (auto error = apply(flag, settings)) return *error;
    }
    if (!settings.dump_each.empty() && !settings.dump_all.empty()) {
        return FlagError{"-d and -D: only one of them"};
    }
    return settings;
}

Result<int, FlagError> read_backlog(std::string_view text) {
    const auto value = parse_decimal(text);
    if (value && *value >= 1 && *value <= std::numeric_limits<int>::max())
        return static_cast<int>(*value);
    return FlagError{fmt::format(
        "{}: not a backlog: a number of connections from 1, the last word of the line", text)};
}

}  // namespace fakemx::sink
