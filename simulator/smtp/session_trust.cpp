// A peer that speaks for others: the PROXY header in front of everything else, and XCLIENT.
#include "core/limits.h"
#include "smtp/proxy_header.h"
#include "smtp/session.h"
#include "smtp/xclient.h"

namespace fakemx::smtp {

std::string_view Session::input_start() const {
    return input_.rest().substr(0, limits::anomaly_octets_max);
}

void Session::declare(Declaration declaration, Effects& out) {
    declaration.peer = facts_.peer();
    // Without an address the proxy speaks for itself.
    if (!declaration.client.empty()) facts_.client = declaration.client;
    if (!declaration.local.empty()) facts_.local = declaration.local;
    facts_.declared = std::make_shared<const Declaration>(std::move(declaration));
    out.emplace_back(Observe{Declared{facts_.declared}});
}

void Session::take_proxy_header(Instant now, Effects& out) {
    ProxyReading reading = read_proxy_header(input_.rest());
    switch (reading.progress) {
        case ProxyReading::Progress::more: return;
        case ProxyReading::Progress::bad:
            // How much has arrived behind the octet that shows it is chance.
            see_anomaly(Anomaly::Kind::bad_proxy_header, input_start().substr(0, reading.octets),
                        out);
            conceal_unheard(input_.rest().substr(reading.octets));
            input_.clear();
            return end(Ended::How::proxy_failed, Close::How::now, reading.fault, out);
        case ProxyReading::Progress::done: break;
    }
    input_.drop(reading.octets);
    declare(std::move(reading.declaration), out);
    quiet_since_ = now;
    if (host_.implicit_tls) {
        // The client's first octets were on their way through the proxy before it was known.
        state_ = State::tls;
        out.emplace_back(UpgradeTls{host_.handshake, std::string{input_.rest()}});
        return input_.clear();
    }
    state_ = State::connecting;
    ask(Hook::connect, {}, out);
    if (!input_.empty()) see_early_talk(out);
}

void Session::take_xclient(Instant now, std::string_view argument, Effects& out) {
    if (trust_.xclient == PeerTrust::Xclient::refused)
        return refuse(now, Hook::unknown, Occasion::xclient_refused, out);
    auto declaration = parse_xclient(argument, facts_.declared ? *facts_.declared : Declaration{});
    if (!declaration) return refuse(now, Hook::unknown, Occasion::bad_syntax, out);
    // XCLIENT_README: the server goes back to the greeting. TLS stays as it is.
    reset_transaction();
    offered_ = {};
    facts_.helo = declaration->helo;
    facts_.esmtp = declaration->esmtp;
    facts_.auth.reset();
    if (!declaration->login.empty()) {
        // By means that the protocol has not seen (RFC 4422 appendix A).
        facts_.auth = std::make_shared<const AuthFacts>(AuthFacts{
            .mechanism = Mechanism::external, .user = declaration->login, .identity = {}});
    }
    declare(std::move(*declaration), out);
    state_ = next_state(state_, Verb::xclient);
    ask(Hook::connect, {}, out);
}

}  // namespace fakemx::smtp
