// What a session asks: which moment, about whom, and the parsed argument. The session asks and goes
// on living; whoever answers may take as long as they like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "core/ids.h"
#include "core/time.h"
#include "smtp/auth.h"
#include "smtp/declaration.h"
#include "smtp/envelope.h"
#include "smtp/hook.h"
#include "smtp/lookalikes.h"
#include "smtp/tls.h"

namespace fakemx::smtp {

/// What is known of a session at any moment. Stays valid as long as the session lives.
struct SessionFacts {
    SessionId id{};
    std::string_view host;  ///< name of the host that the client connected to; of its options
    std::string client;     ///< the client's IP address, as text
    std::string local;      ///< the address that it connected to
    Instant connected_at{};
    std::shared_ptr<const TlsFacts> tls;    ///< null: in the clear
    std::shared_ptr<const AuthFacts> auth;  ///< of a successful AUTH; null: without
    /// What a trusted peer said about the client, whose addresses are the above; null: the peer is the client.
    std::shared_ptr<const Declaration> declared;
    std::string helo;  ///< argument of the last accepted EHLO, LHLO or HELO
    Envelope envelope;
    std::uint32_t commands = 0;         ///< command lines so far, this one included
    std::uint32_t protocol_errors = 0;  ///< of them refused by the protocol itself
    std::uint32_t transactions = 0;     ///< MAIL commands accepted so far
    std::uint32_t messages = 0;         ///< messages accepted so far
    std::uint32_t recipients = 0;       ///< recipients accepted so far, in all transactions
    bool esmtp = false;                 ///< the last accepted greeting was EHLO or LHLO
    bool in_transaction = false;        ///< MAIL was accepted, and the transaction is not over

    /// The address that the connection really came from.
    const std::string& peer() const { return declared ? declared->peer : client; }
};

/// What arrived between 354 and the final dot, or in chunks.
struct Message {
    std::uint64_t octets = 0;        ///< after removing the transparency dots, with all line ends
    std::uint64_t chunks = 0;        ///< BDAT commands that brought it (RFC 3030); 0: DATA
    std::uint64_t lines = 0;         ///< ended by CRLF
    std::uint64_t bare_cr = 0;       ///< CR not followed by LF
    std::uint64_t bare_lf = 0;       ///< LF not preceded by CR
    std::uint64_t long_lines = 0;    ///< lines over limits::text_line_octets_max
    std::uint64_t dotted_lines = 0;  ///< lines that came with a transparency dot (RFC 5321 §4.5.2)
    std::uint64_t bare_dot_lines = 0;  ///< lines with a leading dot that no second dot followed
    bool nul = false;                  ///< has a NUL octet
    bool control = false;              ///< has a control character that is not NUL, HT, CR or LF
    bool eight_bit = false;            ///< has an octet over 127
    Lookalikes lookalikes;    ///< what a lenient receiver could have taken for the end of data
    bool too_big = false;     ///< over the limit of the host
    bool before_354 = false;  ///< began to arrive before the reply to DATA (RFC 2920 §3.1)
    /// Which of the accepted recipients is decided, from 1 (LMTP, RFC 2033 §4.2); 0: all of them.
    std::uint32_t recipient = 0;
    std::string content;           ///< the first limits::message_octets_kept octets
    std::string rest_fingerprint;  ///< hex digest of the octets behind them; empty without any
};

struct HeloArgument {
    std::string name;   ///< as written
    bool valid = true;  ///< a Domain or an address literal (RFC 5321 §4.1.1.1)
};

struct MailArgument {
    PathArgument argument;
};

struct RcptArgument {
    PathArgument argument;
};

/// VRFY, EXPN, HELP, NOOP and unknown verbs: the text as written.
struct TextArgument {
    std::string verb;
    std::string text;
};

/// A complete AUTH exchange.
struct AuthArgument {
    AuthFacts facts;
    bool fits = false;  ///< the proof is that of a user of the host
};

/// A chunk that is not the last one (RFC 3030 §2).
struct ChunkFacts {
    std::uint64_t octets = 0;          ///< of this chunk
    std::uint64_t message_octets = 0;  ///< of the message so far
};

using Argument = std::variant<std::monostate, HeloArgument, MailArgument, RcptArgument,
                              TextArgument, AuthArgument, ChunkFacts, Message>;

/// The views belong to the session: valid until it is answered or abandoned.
struct Question {
    Hook hook = Hook::connect;
    const SessionFacts* session = nullptr;
    const Argument* argument = nullptr;
};

}  // namespace fakemx::smtp
