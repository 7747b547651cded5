// RFC 9325, RFC 8689: how good the TLS is that a client asks for, and whom it asks for.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/ip_address.h"
#include "core/text.h"
#include "oracle/delivery.h"

namespace fakemx::conformance {

namespace {

using smtp::Verb;

/// What the client said it can do; null where no ClientHello has come.
const smtp::ClientHello* hello_of(const Dialogue& d) {
    return d.tls && !d.tls->facts.hello.versions.empty() ? &d.tls->facts.hello : nullptr;
}

void tls_1_3(const Dialogue& d, Hearing& h) {
    const smtp::ClientHello* hello = hello_of(d);
    if (hello == nullptr) return;
    if (hello->versions.find("TLSv1.3") != std::string::npos) return h.kept();
    h.broken(d, d.tls_event, d.opened_at, fmt::format("offered {}", hello->versions));
}

void tls_anon_ciphers(const Dialogue& d, Hearing& h) {
    const smtp::ClientHello* hello = hello_of(d);
    if (hello == nullptr) return;
    if (hello->modern_suites != 0) return h.kept();
    h.broken(d, d.tls_event, d.opened_at,
             fmt::format("{} cipher suites, {} of them anonymous and none of today", hello->suites,
                         hello->anonymous_suites));
}

/// The domain of a recipient that was named in the session, lower case without regard to the name's own.
bool is_recipient_domain(const Dialogue& d, std::string_view name) {
    return std::any_of(d.exchanges.begin(), d.exchanges.end(), [&](const Exchange& one) {
        return one.verb == Verb::rcpt && one.path && equal_ignoring_case(one.path->domain, name);
    });
}

/// The client has looked for the addresses of this name.
bool was_looked_for(const Course& course, std::string_view name) {
    return std::any_of(course.queries.begin(), course.queries.end(), [&](const Query& query) {
        const bool address = query.asked.type == "A" || query.asked.type == "AAAA";
        return address && equal_ignoring_case(query.asked.name, name);
    });
}

/// Nothing where it is right, or where nothing can be said: who was told to connect to an address has no name to send.
std::optional<std::string> what_is_wrong_with_sni(const Course& course, const Dialogue& d) {
    const std::string& name = d.tls->facts.server_name;
    if (IpAddress::parse(name)) return fmt::format("the address {}", name);
    if (is_recipient_domain(d, name)) return fmt::format("the recipient's domain {}", name);
    if (!was_looked_for(course, d.host)) return std::nullopt;
    return name.empty() ? "no name" : fmt::format("the name {}", escape_octets(name));
}

void tls_sni(const Course& course, Hearing& h) {
    for (const Dialogue& d : course.sessions) {
        if (hello_of(d) == nullptr) continue;
        std::string_view name = d.tls->facts.server_name;
        if (name.ends_with('.')) name.remove_suffix(1);
        if (equal_ignoring_case(name, d.host)) {
            h.kept();
        } else if (const auto wrong = what_is_wrong_with_sni(course, d)) {
            h.broken(d, d.tls_event, d.opened_at,
                     fmt::format("{} in the ClientHello, and the host is {}", *wrong, d.host));
        }
    }
}

void requiretls_conditions(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        // Where it is not offered it is a parameter like any other.
        if (exchange.verb != Verb::mail || parameter_of(exchange, "REQUIRETLS") == nullptr ||
            !d.offered(exchange).has("REQUIRETLS"))
            continue;
        if (!exchange.in_tls) {
            h.broken(d, exchange, "REQUIRETLS in the clear");
        } else if (d.tls->facts.certificate.empty()) {
            h.kept();
        } else {
            // With DANE a certificate need please nobody else (RFC 7672 §3.1.1).
            h.suspected(
                d, exchange,
                fmt::format("REQUIRETLS to a certificate that is {}", d.tls->facts.certificate));
        }
    }
}

constexpr Rule rules[] = {
    {.slug = "tls-1.3",
     .source = "RFC 9325 §3.1.1",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::tls,
     .requirement = "Offer TLS 1.3.",
     .remedy = "Lift the highest version in the TLS settings, or take a TLS library that has it.",
     .unexercised = "no TLS handshake was begun",
     .judge = tls_1_3},
    {.slug = "tls-sni",
     .source = "RFC 9325 §3.7; RFC 7672 §8.1; RFC 8461 §7.1",
     .level = Level::should,
     .severity = Severity::minor,
     .stage = Stage::tls,
     .requirement = "Send the name of the MX host in the TLS handshake (SNI).",
     .remedy = "Give the TLS library the name that the connection was made to, and not an address "
               "or the recipient's domain.",
     .unexercised = "no TLS handshake was begun, or nobody asked for the host's name",
     .judge_course = tls_sni},
    {.slug = "tls-anon-ciphers",
     .source = "RFC 7672 §8.2; RFC 9325 §4.2",
     .level = Level::should,
     .severity = Severity::info,
     .stage = Stage::tls,
     .requirement = "Offer cipher suites with a certificate, forward secrecy and authenticated "
                    "encryption, whatever else is offered.",
     .remedy = "Take the TLS library's own list of ciphers.",
     .unexercised = "no TLS handshake was begun",
     .judge = tls_anon_ciphers},
    {.slug = "requiretls-conditions",
     .source = "RFC 8689 §2, §4.2.1",
     .level = Level::must,
     .severity = Severity::critical,
     .stage = Stage::mail,
     .requirement = "Say REQUIRETLS inside TLS only, to a server whose certificate holds.",
     .remedy = "Look for REQUIRETLS in the EHLO reply behind the handshake, and verify the "
               "certificate.",
     .unexercised = "no MAIL had REQUIRETLS",
     .judge = requiretls_conditions},
};

}  // namespace

std::span<const Rule> tls_rules() {
    return rules;
}

}  // namespace fakemx::conformance
