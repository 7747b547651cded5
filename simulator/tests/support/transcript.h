// One language for dialogues in text files, used for sessions, the engine and profiles, and run by
// whoever can drive a server: in virtual time, or over real sockets.
//
//   # why                      a comment
//   C: EHLO client.test        the client sends this line; CRLF is added
//   C- MAIL FROM:<a@b.te       the same without CRLF
//   S: 250 OK                  the next line of the server is exactly this
//   S~ 250 2.0.0 * queued *    the same, with * for any text
//   +5m                        time passes
//   !connect [HOST] [from IP]  another client connects, and speaks from here on; HOST counts from 0
//   !client N                  the Nth client speaks from here on (the first is 1)
//   !finish                    the client sends no more (TCP FIN)
//   !reset                     the client resets the connection
//   !tls [NAME]                the client does a TLS handshake, asking for NAME (SNI)
//   !closed                    the server has closed the connection, and nothing more came
//   !reset-by-server           the server has reset it
//   !quiet                     the server has sent nothing more, and the connection is open
//   !NAME …                    anything else is for the driver
//
// In C, S and what a driver takes: \r \n \t \0 \\ \xNN, and \{40*ab} for "ab" forty times. Before the
// first line that needs a client, one connects by itself to host 0. At the end, and before a client
// speaks, nothing may be left that the server sent and no S line expected.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace fakemx::test {

class TranscriptDriver {
public:
    using Client = std::size_t;
    enum class Ending { none, closed, cut, reset };  ///< cut: TLS without close_notify

    virtual ~TranscriptDriver() = default;

    virtual Client connect(std::size_t host, const std::string& address) = 0;
    virtual void send(Client client, std::string_view octets) = 0;
    virtual void finish(Client client) = 0;
    virtual void reset(Client client) = 0;
    /// To the end of the handshake; empty: without SNI.
    virtual void start_tls(Client client, const std::string& server_name) = 0;
    virtual void advance(Duration duration) = 0;
    /// Octets that have come since the last call. Waits, where waiting means something, until there are
    /// at least so many line ends among them or the connection is over.
    virtual std::string receive(Client client, std::size_t lines) = 0;
    /// How the server has ended the connection. Waits, where waiting means something, until it has if
    /// `expected`.
    virtual Ending ending(Client client, bool expected) = 0;
    /// A directive that the language does not know. False: nor does the driver.
    virtual bool direct(std::string_view directive) = 0;
};

/// Runs a transcript. Nothing went wrong: an empty string. Otherwise "file:line: …" with what was
/// expected and what came.
std::string run_transcript(TranscriptDriver& driver, std::string_view text, std::string_view file);

/// The same for a file, named from the root of the source tree.
std::string run_transcript_file(TranscriptDriver& driver, const std::string& file);

/// The .txt files of a folder, in order of their names.
std::vector<std::string> transcripts_in(const std::string& folder);

/// `text` with its escapes replaced; throws std::invalid_argument for one that does not exist.
std::string unescape(std::string_view text);

/// True when `text` is `pattern`, in which * stands for any text.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace fakemx::test
