// How tries fail for now, as their sender can see it, and what it does about that: what the rules on retries have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "conformance/course.h"
#include "conformance/thresholds.h"

namespace fakemx::conformance {

enum class Failure : std::uint8_t {
    none,        ///< it did not fail, or for good, or the sender itself broke it off
    greeting,    ///< 4yz instead of a greeting
    deferred,    ///< 4yz to a command, or to the message
    greylisted,  ///< the same, in the words of a greylist
    timed_out,   ///< no reply came, and the client left
    lost,        ///< the connection ended under it
    in_doubt,    ///< all of the message was sent, and no reply to it arrived
};

Failure failure_of(const Course& course, const oracle::Attempt& attempt);

/// What the sender did next.
enum class Sequel : std::uint8_t {
    tried_again,
    bounced,  ///< without another try
    dropped,  ///< neither, for longer than anybody waits
    open,     ///< nobody knows, or another rule speaks of it
};

/// A try that failed for now.
struct Failed {
    const oracle::Delivery* delivery = nullptr;  ///< null: no recipient was named
    const oracle::Attempt* attempt = nullptr;
    Failure failure = Failure::none;
    Sequel sequel = Sequel::open;
};

/// All of them but those of notices. Of a delivery with several rounds the last one is open: when to give up is another question.
std::vector<Failed> failures_of(const Course& course, const Thresholds& thresholds);

/// Between two rounds of a delivery: see oracle::rounds_of.
struct Pause {
    const oracle::Attempt* before = nullptr;
    const oracle::Attempt* next = nullptr;
    Failure failure = Failure::none;  ///< of the one before
    bool asked_for = false;           ///< the reply named a time, and the sender came no earlier
    bool same_host = false;           ///< the round before had tried that host, too

    Duration length() const { return next->at - before->end(); }
};

std::vector<Pause> pauses_of(const Course& course, const oracle::Delivery& delivery);

/// The tries are known to be of one message. Where it was refused unseen, they might be of several with the same envelope.
bool is_one_message(const Course& course, const oracle::Delivery& delivery);

/// All mail of that session is notices.
bool brings_notices(const Dialogue& dialogue);

}  // namespace fakemx::conformance
