// What several chapters ask about a command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/dialogue.h"
#include "smtp/command.h"

namespace fakemx::conformance {

/// The first word of a line, escaped and not longer than a verb may be.
std::string verb_of(std::string_view line);

/// A domain of two labels at least that is no name for "here" (RFC 5321 §2.3.5).
bool is_fqdn(std::string_view name);
/// Half a sentence.
std::string_view why_no_fqdn(std::string_view name);

/// Of IP addresses.
bool same_address(std::string_view a, std::string_view b);

/// MAIL or RCPT.
bool is_path_command(const Exchange& exchange);
/// What stands between the angle brackets of MAIL or RCPT, whatever it is; empty without them.
std::string_view path_text(std::string_view line);

/// Sets path, fault and parameters of MAIL and RCPT.
void read_path_command(Exchange& exchange);

/// Null without it.
const smtp::Parameter* parameter_of(const Exchange& exchange, std::string_view keyword);

/// Of AUTH, in upper case; empty without one.
std::string mechanism_of(const Exchange& exchange);
/// AUTH with a mechanism that gives the password, or what is as good, to whoever listens.
bool sends_password(const Exchange& exchange);

/// RET, ENVID, NOTIFY or ORCPT (RFC 3461).
bool is_dsn_parameter(std::string_view keyword);
/// The extension that it belongs to was offered.
bool offers_parameter(const Offers& offers, smtp::Verb verb, const smtp::Parameter& parameter);
/// It was offered before the TLS handshake and is not offered behind it, where this command came.
bool was_offered_before_tls(const Dialogue& dialogue, const Exchange& exchange,
                            const smtp::Parameter& parameter);

}  // namespace fakemx::conformance
