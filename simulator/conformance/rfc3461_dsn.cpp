// RFC 3461: delivery status notifications, as far as MAIL and RCPT ask for them.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "conformance/chapters.h"
#include "conformance/grammar.h"
#include "conformance/hearing.h"
#include "core/text.h"
#include "smtp/extension.h"

namespace fakemx::conformance {

namespace {

void dsn_only_if_offered(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        if (exchange.verb != smtp::Verb::mail && exchange.verb != smtp::Verb::rcpt) continue;
        if (exchange.offer == 0 || d.offered(exchange).has("DSN")) continue;
        const auto& parameters = exchange.parameters;
        const auto dsn =
            std::find_if(parameters.begin(), parameters.end(),
                         [](const smtp::Parameter& one) { return is_dsn_parameter(one.keyword); });
        if (dsn != parameters.end() && was_offered_before_tls(d, exchange, *dsn)) continue;
        h.kept_if(dsn == parameters.end(), d, exchange,
                  dsn == parameters.end()
                      ? ""
                      : fmt::format("{}, and DSN was not offered", dsn->keyword));
    }
}

void dsn_syntax(const Dialogue& d, Hearing& h) {
    for (const Exchange& exchange : d.exchanges) {
        std::string fault;
        bool any = false;
        std::set<std::string> seen;
        for (const smtp::Parameter& one : exchange.parameters) {
            if (!is_dsn_parameter(one.keyword)) continue;
            any = true;
            const auto reading = smtp::read_parameter(exchange.verb, one);
            if (reading.fault != smtp::ParameterFault::none) {
                fault =
                    fmt::format("{}={} is not well formed", one.keyword, escape_octets(one.value));
            } else if (!seen.insert(one.keyword).second) {
                fault = fmt::format("{} twice", one.keyword);
            }
        }
        if (any) h.kept_if(fault.empty(), d, exchange, fault);
    }
}

constexpr Rule rules[] = {
    {.slug = "dsn-only-if-offered",
     .source = "RFC 3461 §5.2.2; RFC 5321 §4.1.1.3",
     .level = Level::must_not,
     .severity = Severity::major,
     .stage = Stage::mail,
     .requirement = "Send no RET, ENVID, NOTIFY or ORCPT where DSN is not offered.",
     .remedy = "Look for DSN in the last EHLO reply before these are added.",
     .unexercised = "DSN was offered throughout, or no MAIL was sent",
     .judge = dsn_only_if_offered},
    {.slug = "dsn-syntax",
     .source = "RFC 3461 §4.1 to §4.5",
     .level = Level::must,
     .severity = Severity::minor,
     .stage = Stage::mail,
     .requirement = "Write RET, ENVID, NOTIFY and ORCPT as their grammar has them, each once, in "
                    "xtext, NEVER alone.",
     .remedy =
         "Encode ENVID and ORCPT as xtext: \"+\", \"=\" and what is no printable ASCII as +XX.",
     .unexercised = "none of them was sent",
     .judge = dsn_syntax},
};

}  // namespace

std::span<const Rule> dsn_rules() {
    return rules;
}

}  // namespace fakemx::conformance
