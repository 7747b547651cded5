// The table of faults: every fault of profiles/faults.lua, every stage of a session, and what a client gets.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "support/transcript.h"
#include "tests/script/shipped_profiles.h"

namespace fakemx::test {

/// What a client gets at a stage: octets at their times, counted from when the stage is reached.
struct Course {
    std::vector<std::pair<Duration, std::string>> octets;
    TranscriptDriver::Ending ending = TranscriptDriver::Ending::none;

    Course then(TranscriptDriver::Ending how) const {
        Course course = *this;
        course.ending = how;
        return course;
    }
};

/// How a stage is reached, and what the server says there.
struct Stage {
    std::string name;
    std::string own;  ///< the reply that is said anyway
    int code;
    std::vector<std::string> sent;  ///< each waits for the reply to the one before it
    Duration waits{};               ///< before the stage is reached
};

// What a client says on its way, and what it hears.
extern const std::string greeting;
extern const std::string offers;
extern const std::string ehlo;
extern const std::string mail;
extern const std::string rcpt;
extern const std::string data;
extern const std::string dot;

const std::vector<Stage>& stages();

using Expectation = std::function<Course(const Stage&)>;

/// By fault.
const std::map<std::string, Expectation>& expectations();

/// A fault as profiles/faults.lua has it.
struct Fault {
    std::string group;  ///< empty: none
    std::string name;
    std::string purpose;  ///< the comment above it
    std::string expression;
};

/// In the order of the profile.
std::vector<Fault> faults();

/// The profile with a stage and a fault.
ShippedProfile faulty(const std::string& stage, const std::string& fault);

/// Octets until there are as many as `expected` has, or the connection is over.
std::string await(TranscriptDriver& driver, TranscriptDriver::Client client,
                  std::string_view expected);

}  // namespace fakemx::test
