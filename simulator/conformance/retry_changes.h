// What differs between two tries of one message, where nothing should.
#pragma once

#include <string>

#include "conformance/course.h"

namespace fakemx::conformance {

/// Half a sentence on the reverse path, or on the first recipient where all of the transaction before failed for now; empty: the same.
std::string change_of_envelope(const Course& course, const oracle::Attempt& before,
                               const oracle::Attempt& next);

/// Half a sentence on Message-ID, Date or body; empty: the same, or not both are known.
std::string change_of_message(const Course& course, const oracle::Delivery& delivery,
                              const oracle::Attempt& before, const oracle::Attempt& next);

}  // namespace fakemx::conformance
