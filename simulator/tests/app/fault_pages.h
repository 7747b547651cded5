// The sections of docs/reference/fault-transcripts.md: each shows one fault and what happens then.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/app/fault_transcript.h"

namespace fakemx::test {

struct Section {
    std::string group;
    std::string name;
    std::string purpose;
    std::string recipe;  ///< the expression and the command, or a profile; in Markdown
    ShippedProfile profile;
    Record record{};          ///< the whole of it
    std::size_t hidden = 0;   ///< moves of the client that are not shown
    bool by_sockets = false;  ///< recorded over sockets, and so not played again
};

/// Faults of profiles/faults.lua, each where it tells most, and those of the network and of TLS.
std::vector<Section> sections();

/// What stands between the marks of the page.
std::string page_of(const std::vector<Section>& sections);

}  // namespace fakemx::test
