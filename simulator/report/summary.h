// What all forms of a report count.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "report/report.h"

namespace fakemx::report {

struct Summary {
    std::uint64_t deliveries = 0;  ///< notices aside
    std::uint64_t attempts = 0;
    std::uint64_t unnamed = 0;  ///< attempts that named no recipient
    std::uint64_t notices = 0;
    std::map<oracle::Fate, std::uint64_t> fates;
    std::uint64_t findings = 0;
    std::vector<oracle::Finding> shown;  ///< the first limits::findings_shown_max of them
};

Summary summary_of(const Report& report);

/// Of a delivery: "ann@a.test → bob@163.com".
std::string path_of(const Report& report, journal::DeliveryId id);

/// Numbers of the delivery's tries, from 1, as timelines show them: "tries 1 and 3".
std::string tries_of(const Report& report, const oracle::Finding& finding);

}  // namespace fakemx::report
