// How much a sender had to send, and over which connections: what the rules on load have in common.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conformance/course.h"
#include "conformance/hearing.h"

namespace fakemx::conformance {

/// Sessions in the order in which they were opened.
using Sessions = std::vector<const Dialogue*>;

std::vector<Sessions> sessions_by_host(const Course& course);
/// Of one client with one host.
std::vector<Sessions> sessions_by_pair(const Course& course);

bool refused_with_421(const Dialogue& dialogue);

/// More than `most` sessions in a stretch of this length: the one that was too many; null where there are not.
const Dialogue* one_too_many(const Sessions& sessions, std::size_t most, Duration stretch);

/// What is wrong is that it was opened.
void broken_at(Hearing& hearing, const Dialogue& dialogue, std::string what);

/// How much there was to send.
struct Load {
    std::size_t to_one_domain = 0;  ///< messages, of the domain with the most
    std::size_t domains = 0;
};

Load load_of(const Course& course);

}  // namespace fakemx::conformance
