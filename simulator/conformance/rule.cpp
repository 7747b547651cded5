// The words of rules.
#include "conformance/rule.h"

#include <algorithm>

namespace fakemx::conformance {

std::optional<Sender> sender_named(std::string_view text) {
    const auto found = std::find(sender_names.begin(), sender_names.end(), text);
    if (found == sender_names.end()) return std::nullopt;
    return static_cast<Sender>(found - sender_names.begin());
}

std::string_view name(Level level) {
    switch (level) {
        case Level::must: return "MUST";
        case Level::must_not: return "MUST NOT";
        case Level::grammar: return "grammar";
        case Level::should: return "SHOULD";
        case Level::should_not: return "SHOULD NOT";
        case Level::derived: return "derived";
        case Level::best_practice: return "best practice";
        case Level::info: return "info";
    }
    return {};
}

std::string_view name(Severity severity) {
    switch (severity) {
        case Severity::critical: return "critical";
        case Severity::major: return "major";
        case Severity::minor: return "minor";
        case Severity::info: return "info";
    }
    return {};
}

std::string_view name(Stage stage) {
    switch (stage) {
        case Stage::any: return "any";
        case Stage::connect: return "connect";
        case Stage::greeting: return "greeting";
        case Stage::ehlo: return "ehlo";
        case Stage::tls: return "tls";
        case Stage::auth: return "auth";
        case Stage::mail: return "mail";
        case Stage::rcpt: return "rcpt";
        case Stage::data: return "data";
        case Stage::quit: return "quit";
        case Stage::names: return "names";
        case Stage::queue: return "queue";
    }
    return {};
}

}  // namespace fakemx::conformance
