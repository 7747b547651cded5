// The scenarios of fakemx conform, and which of them, and which rules, the user asks for.
#pragma once

#include <string>
#include <vector>

#include "app/complaint.h"
#include "app/profile_files.h"
#include "conformance/rule.h"
#include "core/result.h"
#include "scenario/scenario.h"

namespace fakemx::app {

struct PackScenario {
    ProfileFile file;
    scenario::Scenario scenario;
    std::vector<const conformance::Rule*> exercises;
    std::string skipped;  ///< why it is not played for this sender; empty: it is
};

struct Pack {
    std::string folder;                           ///< where they are
    std::vector<PackScenario> scenarios;          ///< in order of name
    std::vector<const conformance::Rule*> rules;  ///< that are spoken of; empty: all
};

struct PackChoice {
    /// Rules, scenarios, severities ("critical": that and above), documents and sections ("RFC5321", "RFC5321§4.2"). Empty: everything.
    std::vector<std::string> ids;
    conformance::Sender sender = conformance::Sender::library;
    bool has_names = false;    ///< a name server is there for the sender
    bool by_the_wall = false;  ///< the sender is on no shared clock
    std::string folder;        ///< with scenario files; empty: those that come with fakemx
};

/// The scenarios in a folder that exercise what is asked for, or are asked for themselves.
Result<Pack, Complaint> choose_pack(const PackChoice& choice);

/// Rules by such words; an error for one that means nothing.
Result<std::vector<const conformance::Rule*>, Complaint> find_rules(
    const std::vector<std::string>& ids);

}  // namespace fakemx::app
