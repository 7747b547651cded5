// Reads journals for a diagnosis.
#pragma once

#include <string>
#include <vector>

#include "app/complaint.h"
#include "core/result.h"
#include "diagnosis/case.h"

namespace fakemx::app {

/// Both are there, and one and the same.
bool is_same_file(const std::string& one, const std::string& other);

/// `together`: as one receiver, see diagnosis::Intake.
Result<diagnosis::Case, Complaint> read_case(const std::vector<std::string>& journals,
                                             bool together);

}  // namespace fakemx::app
