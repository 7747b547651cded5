// The state machine of a session, in one place. RFC 5321 §4.1.4 orders the commands:
//
//   - a session begins with EHLO or HELO; both begin anew wherever they come, as RSET does;
//   - a transaction is MAIL, then one or more RCPT, then DATA, or one or more BDAT (RFC 3030 §2) and
//     nothing but BDAT from the first on;
//   - RSET, NOOP, HELP, VRFY, EXPN and QUIT may come at any time;
//   - STARTTLS and AUTH come between transactions, behind EHLO (RFC 3207 §4, RFC 4954 §4);
//   - XCLIENT comes anywhere but in a transaction; behind it the session begins anew, with the greeting;
//   - after a greeting that refuses, only QUIT is taken (§3.1).
//
// The first table says what becomes of a verb in a state, the second which state follows when the
// command is accepted. A command that is refused leaves the state as it was. LHLO of LMTP (RFC 2033 §4.1) stands in
// the column of EHLO.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "smtp/command.h"

namespace fakemx::smtp {

enum class State : std::uint8_t {
    proxy,       ///< a PROXY header is to come, in front of everything else
    connecting,  ///< the greeting has not been given
    refused,     ///< the greeting was not 220
    fresh,       ///< greeted, neither EHLO nor HELO accepted
    ready,       ///< between transactions
    mail,        ///< MAIL accepted, no recipient yet
    rcpt,        ///< at least one recipient accepted
    tls,         ///< a TLS handshake is under way
    bdat,        ///< chunks of the message have come, not the last one (RFC 3030)
    data,        ///< 354 given, message data arriving or at its end
    mute,        ///< never answers again
    ended,
};

inline constexpr std::size_t state_count = 12;

enum class Admission : std::uint8_t {
    yes,
    bad_sequence,   ///< 503
    no_recipients,  ///< 554 where recipients were tried and refused, else 503 (RFC 5321 §3.3)
    never,          ///< no command is read in this state
};

namespace detail {

inline constexpr Admission yes = Admission::yes;
inline constexpr Admission bad = Admission::bad_sequence;
inline constexpr Admission nor = Admission::no_recipients;
inline constexpr Admission nev = Admission::never;

inline constexpr std::array<std::array<Admission, verb_count>, state_count> admissions{{
    // HELO EHLO MAIL RCPT DATA RSET NOOP VRFY EXPN HELP QUIT STARTTLS BDAT AUTH XCLIENT unsupported unknown
    {nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev},  // proxy
    {nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev,
     nev},  // connecting
    {bad, bad, bad, bad, bad, bad, bad, bad, bad, bad, yes, bad, bad, bad, bad, bad,
     bad},  // refused
    {yes, yes, bad, bad, bad, yes, yes, yes, yes, yes, yes, bad, bad, bad, yes, yes, yes},  // fresh
    {yes, yes, yes, bad, bad, yes, yes, yes, yes, yes, yes, yes, bad, yes, yes, yes, yes},  // ready
    {yes, yes, bad, yes, nor, yes, yes, yes, yes, yes, yes, bad, nor, bad, bad, yes, yes},  // mail
    {yes, yes, bad, yes, yes, yes, yes, yes, yes, yes, yes, bad, yes, bad, bad, yes, yes},  // rcpt
    {nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev},  // tls
    {yes, yes, bad, bad, bad, yes, yes, yes, yes, yes, yes, bad, yes, bad, bad, yes, yes},  // bdat
    {nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev},  // data
    {nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev},  // mute
    {nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev, nev},  // ended
}};

}  // namespace detail

constexpr Admission admission(State state, Verb verb) {
    return detail::admissions.at(static_cast<std::size_t>(state))
        .at(static_cast<std::size_t>(verb));
}

/// The state after an accepted command.
constexpr State next_state(State state, Verb verb) {
    switch (verb) {
        case Verb::helo:
        case Verb::ehlo: return State::ready;
        case Verb::mail: return State::mail;
        case Verb::rcpt: return State::rcpt;
        case Verb::data: return State::data;
        case Verb::rset: return state == State::fresh ? State::fresh : State::ready;
        case Verb::starttls: return State::tls;
        case Verb::bdat: return State::bdat;
        case Verb::xclient: return State::connecting;
        case Verb::auth:
        case Verb::quit:
        case Verb::noop:
        case Verb::vrfy:
        case Verb::expn:
        case Verb::help:
        case Verb::unsupported:
        case Verb::unknown: return state;
    }
    return state;
}

}  // namespace fakemx::smtp
