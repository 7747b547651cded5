// Moments by their names, and by the hooks that decide them.
#include "sink/settings.h"

#include "core/text.h"

namespace fakemx::sink {

std::optional<Moment> moment_named(std::string_view name) {
    for (std::size_t i = 0; i < moment_count; ++i) {
        if (equal_ignoring_case(name, moment_names.at(i))) return static_cast<Moment>(i);
    }
    return std::nullopt;
}

std::optional<Moment> moment_of(smtp::Hook hook, bool lmtp) {
    switch (hook) {
        case smtp::Hook::connect: return Moment::connect;
        case smtp::Hook::ehlo: return lmtp ? Moment::lhlo : Moment::ehlo;
        case smtp::Hook::helo: return Moment::helo;
        case smtp::Hook::auth: return Moment::auth;
        case smtp::Hook::mail: return Moment::mail;
        case smtp::Hook::rcpt: return Moment::rcpt;
        case smtp::Hook::data: return Moment::data;
        case smtp::Hook::message: return Moment::dot;
        case smtp::Hook::rset: return Moment::rset;
        case smtp::Hook::vrfy: return Moment::vrfy;
        case smtp::Hook::noop: return Moment::noop;
        case smtp::Hook::quit: return Moment::quit;
        case smtp::Hook::starttls:
        case smtp::Hook::bdat:
        case smtp::Hook::expn:
        case smtp::Hook::help:
        case smtp::Hook::unknown:
        case smtp::Hook::idle:
        case smtp::Hook::close: break;
    }
    return std::nullopt;
}

}  // namespace fakemx::sink
