// How one host of a receiver is set up: its name, what it offers, its limits, and its own words for
// the replies that no hook decides.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "core/time.h"
#include "smtp/auth.h"
#include "smtp/extension.h"
#include "smtp/reply.h"
#include "smtp/verdict.h"

namespace fakemx::smtp {

/// Every occasion on which the server speaks in its own words. A profile may reword each
/// (`replies = { noop = "250 OK" }`); "{host}", "{client}" and "{id}" in a text stand for the host's
/// name, the name the client gave in EHLO or HELO, and the id of the transaction; "{octets}" for the size of
/// a chunk.
enum class Occasion : std::uint8_t {
    greeting,
    greeting_deferred,
    greeting_rejected,
    ehlo,  ///< the first line; the offered extensions follow
    helo,
    helo_deferred,
    helo_rejected,
    starttls,
    starttls_deferred,
    starttls_rejected,
    starttls_again,  ///< STARTTLS inside TLS
    auth,
    auth_deferred,
    auth_rejected,
    auth_cancelled,
    auth_malformed,
    auth_line_too_long,
    auth_required,
    auth_login_user,      ///< LOGIN asks for the name
    auth_login_password,  ///< and for the password
    unknown_mechanism,
    mail,
    mail_deferred,
    mail_rejected,
    rcpt,
    rcpt_deferred,
    rcpt_rejected,
    data,
    data_deferred,
    data_rejected,
    bdat,
    bdat_deferred,
    bdat_rejected,
    message,
    message_deferred,
    message_rejected,
    rset,
    vrfy,
    expn,
    help,
    noop,
    quit,
    command_deferred,  ///< defer() for any other command
    command_rejected,  ///< reject() for any other command
    unknown_command,
    unsupported_command,
    malformed_line,  ///< bare CR or LF, NUL or octets over 127 in a command line
    bad_syntax,
    missing_client_name,  ///< EHLO, HELO or LHLO without an argument
    bad_sender_syntax,
    bad_recipient_syntax,
    bad_parameter,
    utf8_undeclared,  ///< an address needs SMTPUTF8, and MAIL did not name it
    unknown_parameter,
    bad_sequence,
    no_recipients,
    bad_chunk_size,
    line_too_long,
    path_too_long,
    too_many_recipients,
    message_too_big,
    relay_denied,
    xclient_refused,
    too_many_errors,
    too_many_sessions,
    idle_timeout,
    shutting_down,
    profile_failed,
};

inline constexpr std::size_t occasion_count =
    static_cast<std::size_t>(Occasion::profile_failed) + 1;

std::string_view name(Occasion occasion);
std::optional<Occasion> occasion_named(std::string_view name);

/// What RFC 5321, 2034 and 5248 suggest for the occasion.
const Reply& standard_reply(Occasion occasion);

/// "220 {host} LMTP fakemx"
const Reply& lmtp_greeting();

struct HostOptions {
    std::string name = "mx.fakemx.test";
    std::vector<std::string> domains;  ///< served ones; empty: every domain (compared without case)
    /// In the order of the EHLO reply.
    std::vector<Offer> extensions =
        offers({Extension::pipelining, Extension::size, Extension::eight_bit_mime,
                Extension::enhanced_status_codes});
    /// What is offered inside TLS, where that differs.
    std::optional<std::vector<Offer>> extensions_in_tls;
    std::uint64_t message_octets_max =
        limits::message_octets_default;  ///< 0: no limit (RFC 1870 §4)
    std::uint32_t recipients_max = limits::recipients_default;
    Users users;                 ///< for AUTH; none: everybody may
    bool auth_required = false;  ///< before MAIL (RFC 6409 §4.3)
    /// What clients prove with are stand-ins (concealment.h), which say themselves whether the proof fitted.
    bool proofs_replaced = false;
    /// What goes wrong in every TLS handshake, if anything.
    std::optional<HandshakeFault> handshake;
    bool implicit_tls = false;  ///< TLS from the first octet (RFC 8314 §3.3)
    bool lmtp = false;          ///< LMTP in the place of SMTP (RFC 2033)
    Duration idle_timeout = limits::idle_timeout_default;
    std::array<std::optional<Reply>, occasion_count> replies;  ///< own words, by Occasion

    const Reply& reply_for(Occasion occasion) const {
        const auto& own = replies.at(static_cast<std::size_t>(occasion));
        if (own) return *own;
        return lmtp && occasion == Occasion::greeting ? lmtp_greeting() : standard_reply(occasion);
    }
};

}  // namespace fakemx::smtp
