// What a session saw and did, as it happened. Whoever drives the session stamps an observation with
// the time and makes a journal event of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/time.h"
#include "smtp/auth.h"
#include "smtp/command.h"
#include "smtp/declaration.h"
#include "smtp/hook.h"
#include "smtp/lookalikes.h"
#include "smtp/path.h"
#include "smtp/tls.h"

namespace fakemx::smtp {

/// A command line arrived.
struct CommandSeen {
    Verb verb = Verb::unknown;
    std::string line;          ///< without CRLF; the start of it where it was too long
    bool pipelined = false;    ///< its octets were there before the reply to what came before it
    std::optional<Path> path;  ///< of MAIL and RCPT, where the syntax was right
    std::optional<std::uint64_t> declared_octets;  ///< SIZE= of MAIL, where EHLO offered it
};

/// The server answered, or decided never to.
struct Answered {
    Hook stage = Hook::connect;  ///< the moment that was answered
    int code = 0;                ///< 0: silence, or octets that begin with no code
    std::string text;  ///< enhanced code and text of all lines, LF between them; raw octets escaped
    bool scripted = false;  ///< decided by the profile, not by the server itself
    bool silent = false;
    bool raw = false;        ///< octets as the profile gave them, which need be no reply
    Duration after{};        ///< how long the reply is held back
    bool paced = false;      ///< it leaves later, or in pieces: not before Drained
    bool accepted = false;   ///< the command had its effect
    bool unasked = false;    ///< no answer to anything
    bool lost = false;       ///< the whole of it never leaves
    bool in_pieces = false;  ///< its octets leave one part after the other
    Duration pause{};        ///< for so long nothing is read behind it
    std::string recipient;   ///< LMTP, at the end of data: whom it is about; empty: everybody
    std::string cause;       ///< why, where the profile says it; not a part of the reply
};

/// The end of data was seen; counts as in Message.
struct MessageSeen {
    std::uint64_t octets = 0;
    std::uint64_t chunks = 0;
    std::uint64_t lines = 0;
    std::uint64_t bare_cr = 0;
    std::uint64_t bare_lf = 0;
    std::uint64_t long_lines = 0;
    std::uint64_t dotted_lines = 0;
    std::uint64_t bare_dot_lines = 0;
    bool nul = false;
    bool control = false;
    bool eight_bit = false;
    Lookalikes lookalikes;
    bool too_big = false;
    bool before_354 = false;  ///< began to arrive before the reply to DATA (RFC 2920 §3.1)
};

/// A TLS handshake is over, well or not.
struct TlsSeen {
    TlsFacts facts;       ///< as far as it came
    std::string failure;  ///< empty: the session is encrypted from here on
};

/// An AUTH exchange is complete; the answer follows.
struct AuthSeen {
    AuthFacts facts;
    bool fits = false;  ///< the proof is that of a user of the host
};

/// What a client said within AUTH: its shape, and never its octets.
struct AuthLineSeen {
    enum class Shape : std::uint8_t {
        response,
        empty,
        equals,  ///< "=" alone: an initial response of no octets (RFC 4954 §4)
        cancel,  ///< "*" alone
    };
    Shape shape = Shape::response;
    bool initial = false;      ///< it stood in the AUTH command
    std::uint64_t octets = 0;  ///< of the line, with its CRLF
};

std::string_view name(AuthLineSeen::Shape shape);

/// A trusted peer has said for whom it speaks: what comes from here on is that client's.
struct Declared {
    std::shared_ptr<const Declaration> declaration;
};

/// Something a client should not do, or that is worth knowing when reading a transcript.
struct Anomaly {
    enum class Kind : std::uint8_t {
        early_talk,  ///< octets before the greeting (RFC 5321 §4.3.1)
        bare_cr,     ///< in a command line
        bare_lf,     ///< in a command line
        nul,         ///< in a command line
        eight_bit,   ///< in a command line
        line_too_long,
        blank_after_colon,     ///< "MAIL FROM: <…" (RFC 5321 §3.3)
        bad_helo_name,         ///< neither a domain nor an address literal (§4.1.1.1)
        bad_proxy_header,      ///< at the beginning, where one must stand
        not_offered,           ///< an extension that EHLO did not offer, or before EHLO
        plaintext_before_tls,  ///< behind STARTTLS, without waiting for its 220 (RFC 3207 §4.2)
        cut_off_line,          ///< the session ended in the middle of a command line
        cut_off_message,       ///< the session ended in the middle of the message data
        unread_input,  ///< the client left without waiting for an answer, and this stood behind
    };
    Kind kind = Kind::early_talk;
    std::string detail;  ///< the octets concerned, or a count
};

std::string_view name(Anomaly::Kind kind);

/// The session is over.
struct Ended {
    enum class How : std::uint8_t {
        quit,           ///< after the reply to QUIT
        client_closed,  ///< the client closed its side
        client_lost,    ///< connection reset or broken
        server_closed,  ///< by verdict, or after a 421
        server_reset,   ///< by verdict
        idle,
        silence_over,  ///< limits::silence_max after mx.silence()
        too_many_errors,
        tls_failed,    ///< the handshake
        proxy_failed,  ///< no PROXY header came, or a bad one
        shutdown,
    };
    How how = How::quit;
    std::string detail;  ///< of quit: how much the client had sent behind it
};

std::string_view name(Ended::How how);

using Observation = std::variant<CommandSeen, Answered, MessageSeen, TlsSeen, AuthSeen,
                                 AuthLineSeen, Declared, Anomaly, Ended>;

}  // namespace fakemx::smtp
