// What happens between a sender and a profile, moment by moment: recorded in virtual time, played again over
// real sockets, and written down for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "support/transcript.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

/// What a sender does next. It then waits for its replies, up to an hour, and goes on when it has them.
struct Move {
    std::string octets;  ///< empty: nothing is said
    int replies = 1;
    Duration waits{};  ///< whatever comes meanwhile
    bool tls = false;  ///< a handshake, and no octets
};

struct Moment {
    enum class What {
        client,     ///< says `octets`
        server,     ///< says `octets`, in one segment
        handshake,  ///< of TLS, to its end
        noted,      ///< `octets` are words about what happens
        closed,
        half_closed,  ///< closed as a client sees it; the server reads on
        cut,          ///< closed inside TLS, without a close_notify
        reset,
        given_up,  ///< nothing has come for an hour
    };
    Duration at{};
    What what{};
    std::string octets{};
};

using Record = std::vector<Moment>;

/// How many replies are complete in these octets.
int complete_replies(std::string_view octets);

/// A client connects and makes its moves, in virtual time. Ends with them, or with the connection.
Record record(const ShippedProfile& shipped, const std::vector<Move>& moves);

/// Plays the client's side of a record and compares the server's. Empty: as recorded.
std::string replay(TranscriptDriver& driver, const Record& record);

/// Behind so many moves of the client, with times counted from there.
Record behind(const Record& record, std::size_t moves);

/// One line for each of its lines, with its instant where that is another one than before. C and S with a
/// colon end with CRLF, with a hyphen they do not; what does not print is escaped, as in transcripts.
std::string shown(const Record& record);

}  // namespace fakemx::test
