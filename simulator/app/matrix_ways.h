// The ways in which fakemx matrix comes to outcomes: a profile in virtual time, a real server, a command for each copy, a journal of
// copies that somebody else has sent. It must not know what the outcomes mean.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/exit_status.h"
#include "core/result.h"
#include "core/time.h"
#include "matrix/reading.h"
#include "matrix/variants.h"

namespace fakemx::app {

/// Why there are no outcomes, and the exit status for that.
struct NoGrid {
    ExitStatus status = ExitStatus::harness_failed;
    std::string message;
};

/// What is sent, and how.
struct Consignment {
    const matrix::Kit* kit = nullptr;
    std::string tag;           ///< of this run, in each Message-ID
    std::uint32_t repeat = 1;  ///< copies of each variant
    std::string from;
    std::string to;
    std::string helo;
    std::uint32_t tries = 1;  ///< as long as the reply is 4yz
    Duration retry_after{};
    Duration pause{};  ///< between copies

    struct Copy {
        matrix::Variant variant;
        std::uint32_t number;
    };
    /// All copies, variants by turns, so that what changes with time meets all of them alike.
    std::vector<Copy> copies() const;
    std::string text_of(const Copy& copy) const {
        return matrix::copy_of(*kit, copy.variant, copy.number, tag);
    }
    /// As far as the kit says it.
    matrix::Grid empty_grid() const;
};

/// One try of a copy.
using TryOnce = std::function<Result<matrix::CopyResult, NoGrid>(const Consignment::Copy&)>;

/// All copies in real time, with pauses; those that are put off or lost are tried once more, as often as `sent` says.
Result<matrix::Grid, NoGrid> try_all(const Consignment& sent, const TryOnce& try_once);

/// Each copy over a connection of its own, from 192.0.2.1. `profile` and `settings` as the user gave them.
Result<matrix::Grid, NoGrid> play_matrix(const Consignment& sent, const std::string& profile,
                                         const std::vector<std::string>& settings,
                                         std::uint64_t seed);

/// Over SMTP without TLS.
Result<matrix::Grid, NoGrid> send_matrix(const Consignment& sent, const std::string& host,
                                         const std::string& port);

/// {file}, {variant}, {copy}, {from} and {to} in the words are filled in. Exit status 0: taken; 75 (EX_TEMPFAIL): put off; else refused.
Result<matrix::Grid, NoGrid> command_matrix(const Consignment& sent,
                                            const std::vector<std::string>& words);

/// What a journal says of variants.
struct JournalGrid {
    matrix::Grid grid;
    std::uint64_t by_field = 0;   ///< deliveries of messages that say which variant they are
    std::uint64_t by_traits = 0;  ///< of those that do not
    std::uint64_t unseen = 0;     ///< that were refused before there was a message to look at
};
Result<JournalGrid, NoGrid> read_matrix(const std::string& journal);

/// Writes one file for each variant that was made, and variants.txt, into the folder, which is made. Gives the error, if there is one.
std::optional<std::string> write_matrix(const Consignment& sent, const std::string& folder);

}  // namespace fakemx::app
