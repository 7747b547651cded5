// The server's own words: one table of occasions, their names and their standard replies.
#include "smtp/host.h"

#include "core/assert.h"

namespace fakemx::smtp {

namespace {

struct Entry {
    Occasion occasion;
    std::string_view name;
    Reply reply;
};

using O = Occasion;

const std::array<Entry, occasion_count>& table() {
    // Codes by RFC 5321 §4.2.3 and §4.3.2; enhanced codes by RFC 3463 and RFC 5248.
    static const std::array<Entry, occasion_count> entries{{
        {O::greeting, "greeting", {220, {}, {"{host} ESMTP fakemx"}}},
        {O::greeting_deferred,
         "greeting_deferred",
         {421, {}, {"{host} Service not available, try again later"}}},
        {O::greeting_rejected,
         "greeting_rejected",
         {554, {}, {"{host} No SMTP service here for you"}}},
        {O::ehlo, "ehlo", {250, {}, {"{host}"}}},
        {O::helo, "helo", {250, {}, {"{host}"}}},
        {O::helo_deferred, "helo_deferred", {451, {}, {"Try again later"}}},
        {O::helo_rejected, "helo_rejected", {550, {}, {"Refused"}}},
        {O::starttls, "starttls", {220, EnhancedCode{2, 0, 0}, {"Ready to start TLS"}}},
        {O::starttls_deferred,
         "starttls_deferred",
         {454, EnhancedCode{4, 7, 0}, {"TLS not available due to temporary reason"}}},
        {O::starttls_rejected,
         "starttls_rejected",
         {554, EnhancedCode{5, 7, 0}, {"TLS not available"}}},
        {O::starttls_again,
         "starttls_again",
         {503, EnhancedCode{5, 5, 1}, {"Bad sequence of commands"}}},
        {O::auth, "auth", {235, EnhancedCode{2, 7, 0}, {"Authentication succeeded"}}},
        {O::auth_deferred,
         "auth_deferred",
         {454, EnhancedCode{4, 7, 0}, {"Temporary authentication failure"}}},
        {O::auth_rejected,
         "auth_rejected",
         {535, EnhancedCode{5, 7, 8}, {"Authentication credentials invalid"}}},
        {O::auth_cancelled,
         "auth_cancelled",
         {501, EnhancedCode{5, 7, 0}, {"Authentication cancelled"}}},
        {O::auth_malformed,
         "auth_malformed",
         {501, EnhancedCode{5, 5, 2}, {"Cannot decode the response"}}},
        {O::auth_line_too_long,
         "auth_line_too_long",
         {500, EnhancedCode{5, 5, 6}, {"Authentication exchange line is too long"}}},
        {O::auth_required,
         "auth_required",
         {530, EnhancedCode{5, 7, 0}, {"Authentication required"}}},
        {O::auth_login_user, "auth_login_user", {334, {}, {"VXNlcm5hbWU6"}}},
        {O::auth_login_password, "auth_login_password", {334, {}, {"UGFzc3dvcmQ6"}}},
        {O::unknown_mechanism,
         "unknown_mechanism",
         {504, EnhancedCode{5, 5, 4}, {"Unrecognized authentication type"}}},
        {O::mail, "mail", {250, EnhancedCode{2, 1, 0}, {"Sender OK"}}},
        {O::mail_deferred, "mail_deferred", {451, EnhancedCode{4, 3, 0}, {"Try again later"}}},
        {O::mail_rejected, "mail_rejected", {550, EnhancedCode{5, 7, 1}, {"Sender refused"}}},
        {O::rcpt, "rcpt", {250, EnhancedCode{2, 1, 5}, {"Recipient OK"}}},
        {O::rcpt_deferred, "rcpt_deferred", {451, EnhancedCode{4, 3, 0}, {"Try again later"}}},
        {O::rcpt_rejected, "rcpt_rejected", {550, EnhancedCode{5, 1, 1}, {"No such user"}}},
        {O::data, "data", {354, {}, {"End data with <CR><LF>.<CR><LF>"}}},
        {O::data_deferred, "data_deferred", {451, EnhancedCode{4, 3, 0}, {"Try again later"}}},
        {O::data_rejected, "data_rejected", {554, EnhancedCode{5, 7, 1}, {"Refused"}}},
        {O::bdat, "bdat", {250, EnhancedCode{2, 0, 0}, {"{octets} octets received"}}},
        {O::bdat_deferred, "bdat_deferred", {451, EnhancedCode{4, 3, 0}, {"Try again later"}}},
        {O::bdat_rejected, "bdat_rejected", {554, EnhancedCode{5, 7, 1}, {"Message refused"}}},
        {O::message, "message", {250, EnhancedCode{2, 0, 0}, {"OK queued as {id}"}}},
        {O::message_deferred,
         "message_deferred",
         {451, EnhancedCode{4, 3, 0}, {"Try again later"}}},
        {O::message_rejected,
         "message_rejected",
         {554, EnhancedCode{5, 7, 1}, {"Message refused"}}},
        {O::rset, "rset", {250, EnhancedCode{2, 0, 0}, {"OK"}}},
        {O::vrfy,
         "vrfy",
         {252, EnhancedCode{2, 5, 0}, {"Cannot VRFY user, but will take a message for it"}}},
        {O::expn, "expn", {550, EnhancedCode{5, 7, 2}, {"Mailing list expansion is not offered"}}},
        {O::help, "help", {214, EnhancedCode{2, 0, 0}, {"See RFC 5321"}}},
        {O::noop, "noop", {250, EnhancedCode{2, 0, 0}, {"OK"}}},
        {O::quit, "quit", {221, EnhancedCode{2, 0, 0}, {"Bye"}}},
        {O::command_deferred,
         "command_deferred",
         {451, EnhancedCode{4, 3, 0}, {"Try again later"}}},
        {O::command_rejected, "command_rejected", {550, EnhancedCode{5, 7, 1}, {"Refused"}}},
        {O::unknown_command,
         "unknown_command",
         {500, EnhancedCode{5, 5, 1}, {"Command unrecognized"}}},
        {O::unsupported_command,
         "unsupported_command",
         {502, EnhancedCode{5, 5, 1}, {"Command not implemented"}}},
        {O::malformed_line, "malformed_line", {500, EnhancedCode{5, 5, 2}, {"Syntax error"}}},
        {O::bad_syntax,
         "bad_syntax",
         {501, EnhancedCode{5, 5, 4}, {"Syntax error in parameters or arguments"}}},
        {O::missing_client_name,
         "missing_client_name",
         {501, {}, {"Syntax error in parameters or arguments"}}},
        {O::bad_sender_syntax,
         "bad_sender_syntax",
         {501, EnhancedCode{5, 1, 7}, {"Bad sender address syntax"}}},
        {O::bad_recipient_syntax,
         "bad_recipient_syntax",
         {501, EnhancedCode{5, 1, 3}, {"Bad recipient address syntax"}}},
        {O::bad_parameter,
         "bad_parameter",
         {501, EnhancedCode{5, 5, 4}, {"Bad value of a parameter"}}},
        {O::utf8_undeclared,
         "utf8_undeclared",
         {553, EnhancedCode{5, 6, 7}, {"The address needs SMTPUTF8"}}},
        {O::unknown_parameter,
         "unknown_parameter",
         {555, EnhancedCode{5, 5, 4}, {"Parameter not recognized or not implemented"}}},
        {O::bad_sequence,
         "bad_sequence",
         {503, EnhancedCode{5, 5, 1}, {"Bad sequence of commands"}}},
        {O::no_recipients, "no_recipients", {554, EnhancedCode{5, 5, 1}, {"No valid recipients"}}},
        {O::bad_chunk_size,
         "bad_chunk_size",
         {501, EnhancedCode{5, 5, 4}, {"Syntax: BDAT octets [LAST]; closing"}}},
        {O::line_too_long, "line_too_long", {500, EnhancedCode{5, 5, 2}, {"Line too long"}}},
        {O::path_too_long, "path_too_long", {501, EnhancedCode{5, 5, 2}, {"Path too long"}}},
        {O::too_many_recipients,
         "too_many_recipients",
         {452, EnhancedCode{4, 5, 3}, {"Too many recipients"}}},
        {O::message_too_big,
         "message_too_big",
         {552, EnhancedCode{5, 3, 4}, {"Message size exceeds the limit"}}},
        {O::relay_denied, "relay_denied", {550, EnhancedCode{5, 7, 1}, {"Relaying denied"}}},
        {O::xclient_refused,
         "xclient_refused",
         {550, EnhancedCode{5, 7, 0}, {"Insufficient authorization"}}},
        {O::too_many_errors,
         "too_many_errors",
         {421, EnhancedCode{4, 7, 0}, {"{host} Too many errors, closing"}}},
        {O::too_many_sessions,
         "too_many_sessions",
         {421, EnhancedCode{4, 3, 2}, {"{host} Too many connections, closing"}}},
        {O::idle_timeout,
         "idle_timeout",
         {421, EnhancedCode{4, 4, 2}, {"{host} Timeout, closing"}}},
        {O::shutting_down,
         "shutting_down",
         {421, EnhancedCode{4, 3, 2}, {"{host} Shutting down, closing"}}},
        {O::profile_failed,
         "profile_failed",
         {451, EnhancedCode{4, 3, 0}, {"The profile failed to answer"}}},
    }};
    return entries;
}

const Entry& entry(Occasion occasion) {
    const Entry& found = table().at(static_cast<std::size_t>(occasion));
    FAKEMX_ASSERT(found.occasion == occasion);
    return found;
}

}  // namespace

std::string_view name(Occasion occasion) {
    return entry(occasion).name;
}

std::optional<Occasion> occasion_named(std::string_view name) {
    for (const Entry& candidate : table()) {
        if (candidate.name == name) return candidate.occasion;
    }
    return std::nullopt;
}

const Reply& standard_reply(Occasion occasion) {
    return entry(occasion).reply;
}

const Reply& lmtp_greeting() {
    static const Reply reply{220, {}, {"{host} LMTP fakemx"}};
    return reply;
}

}  // namespace fakemx::smtp
