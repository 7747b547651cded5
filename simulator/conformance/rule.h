// A rule on an SMTP client, as a value: what it asks, where it stands, how it is judged. Rules look at what a client did and
// never at why the receiver behaved as it did: a profile, a scenario and a chance meeting are all the same to them.
#pragma once

#include <cstdint>
#include <string_view>

#include "conformance/sender.h"

namespace fakemx::conformance {

struct Course;
struct Dialogue;
class Hearing;

/// How binding the sentence is that the rule rests on.
enum class Level : std::uint8_t {
    must,
    must_not,
    grammar,  ///< the RFC's ABNF, or its words without a key word
    should,
    should_not,
    derived,        ///< follows from several sentences; the reading is ours
    best_practice,  ///< what the large receivers ask for
    info,           ///< is told, and never broken
};
std::string_view name(Level level);

/// A break of it fails a run; of the others it is a deviation.
constexpr bool binding(Level level) {
    return level == Level::must || level == Level::must_not || level == Level::grammar;
}

enum class Severity : std::uint8_t {
    critical,  ///< mail lost, duplicated, forged or exposed
    major,     ///< mail that does not get through, or repeated load
    minor,     ///< hygiene, or rare peers
    info,
};
std::string_view name(Severity severity);

/// Where in a delivery the rule is at home.
enum class Stage : std::uint8_t {
    any,
    connect,
    greeting,
    ehlo,
    tls,
    auth,
    mail,
    rcpt,
    data,
    quit,
    names,  ///< which hosts are looked for
    queue,  ///< between the sessions
};
std::string_view name(Stage stage);

struct Rule {
    std::string_view slug;    ///< "greet-wait": what users select it by
    std::string_view source;  ///< "RFC 5321 §4.3.1"
    Level level = Level::must;
    Severity severity = Severity::minor;
    Stage stage = Stage::any;
    std::string_view requirement;  ///< a sentence
    std::string_view remedy;       ///< what to change in a client that breaks it, a sentence
    std::string_view
        unexercised;  ///< what has to happen before anything can be said: "no MAIL was sent"

    // One of the two.

    /// Looks at one session that is over.
    void (*judge)(const Dialogue&, Hearing&) = nullptr;
    /// Looks at the whole run, at its end.
    void (*judge_course)(const Course&, Hearing&) = nullptr;

    /// Whom it asks it of; a sender of another kind does not exercise it.
    Senders senders = everybody;
};

}  // namespace fakemx::conformance
