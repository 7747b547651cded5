// The way of one message to one recipient, from try to try. Notices (null reverse path) are no part of what is diagnosed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "diagnosis/case.h"

namespace fakemx::diagnosis {

struct Course {
    std::vector<std::size_t>
        tries;  ///< indices in Case::tries, in order; at least one that is not pending
    std::size_t delivery = 0;  ///< index in Case::account.deliveries
    std::size_t sender = 0;    ///< index in Courses::senders
    bool failed = false;       ///< at least once
    bool accepted = false;
    std::size_t accepted_on = 0;  ///< number of the try, from 1, at which it was first accepted
    bool in_outage = false;       ///< it failed, and only while nobody's mail was taken
};

/// An attempt that failed before a recipient was named: nobody knows what it would have brought. Its sender is the one whose address it
/// came from, or the address itself where nothing else came from there.
struct Refusal {
    std::size_t tried = 0;   ///< index in Case::tries
    std::size_t sender = 0;  ///< index in Courses::senders; nowhere: its address is that of several
    bool in_outage = false;  ///< nobody's mail was taken then
};

struct Courses {
    std::vector<Course> all;  ///< in order of their first tries
    std::vector<Refusal> refusals;
    std::vector<std::string> senders;  ///< see sender_of
};

Courses courses_of(const Case& all);

}  // namespace fakemx::diagnosis
