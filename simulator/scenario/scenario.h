// What a scenario says: which receiver, which clock, what is sent and by whom, when it is over, and what is expected of the
// sender. Plain values; how a user writes them is settled in docs/reference/scenarios.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.h"
#include "oracle/expectation.h"
#include "oracle/judge.h"

namespace fakemx::scenario {

/// Messages that fakemx writes for the command to send.
struct Letter {
    std::string from;             ///< reverse path
    std::vector<std::string> to;  ///< at least one
    std::uint32_t count = 1;      ///< so many of them, each with a Message-ID of its own
    std::uint64_t octets = 0;     ///< the body is filled up to this; 0: a line
    std::string subject;
    std::string host;  ///< that takes them; empty: the first one
    /// Lines beside, or in the place of, those that every message has: "Bcc: carl@example.test".
    std::vector<std::string> header;
    std::optional<std::string> body;  ///< these octets, as they are, in the place of a line of text
};

/// When the run ends, apart from its horizon.
enum class Over : std::uint8_t {
    command,  ///< the command has ended, and its connections are closed
    settled,  ///< every delivery was accepted, rejected, or given up in a notice
    horizon,  ///< only then
};

inline constexpr std::array<std::string_view, 3> over_names{"command", "settled", "horizon"};

struct Scenario {
    std::string name;  ///< of the file, without directory and ending
    std::string summary;
    std::string profile;  ///< name or path of another file; empty: this one
    std::vector<std::pair<std::string, std::string>> params;  ///< of that profile
    std::optional<std::uint64_t> seed;
    std::string clock;  ///< "real", "xN", "stepped", "shared"; empty: real
    std::string epoch;
    std::string state;  ///< file with what the profile remembers at the start; empty: nothing
    std::vector<Letter> send;
    std::vector<std::string> command;  ///< unless the command line has another
    Over over = Over::command;
    std::optional<Duration> horizon;
    Duration watch{};  ///< once all is settled, so long for what must not come any more
    std::optional<int> exit_status;    ///< that the command is to end with
    std::vector<std::string> notices;  ///< domains of a host beside the profile's, which takes all
    oracle::Policy policy;
    std::vector<oracle::Expectation> expect;
    /// What fakemx conform has it for: rules that a sender meets here, and the kinds of senders that it is meant for (none: all).
    std::vector<std::string> exercises;
    std::vector<std::string> senders;
    bool needs_names =
        false;  ///< the sender has to look for hosts by itself, at fakemx's name server

    /// Deliveries that the letters make, one for each recipient.
    std::uint64_t deliveries() const;
};

/// One message as a file that the command is to send.
struct LetterFile {
    std::string name;  ///< "0001.eml"
    std::string from;
    std::vector<std::string> to;
    std::string host;  ///< see Letter
    std::string text;  ///< with CRLF line ends, but for a body that has others
};

/// All messages, in order. `begin` becomes their Date; the same seed gives the same Message-IDs.
std::vector<LetterFile> write_letters(const std::vector<Letter>& letters, std::uint64_t seed,
                                      Instant begin);

using Values = std::vector<std::pair<std::string, std::string>>;

/// The word with each {name} of `values` replaced. Braces around anything else stay: shells and programs have theirs.
std::string fill_in(std::string_view word, const Values& values);

}  // namespace fakemx::scenario
