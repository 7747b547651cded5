// What a simulation shows, as text and as JSON. It must not know how it was simulated.
#pragma once

#include <string>
#include <vector>

#include "senders/model.h"
#include "senders/plan.h"
#include "senders/report.h"

namespace fakemx::app {

/// One sender against one receiver.
struct Simulated {
    std::string profile;
    senders::Model model;
    senders::Plan plan;
    senders::Result result;
    senders::Report report;
};

/// Several lines, each with its line end.
std::string text_of(const Simulated& simulated);

/// One line for each sender, beside the others.
std::string comparison_of(const std::vector<Simulated>& all);

/// One JSON object with everything that the text says, and more of the answers. Durations are in seconds.
std::string json_of(const std::vector<Simulated>& all);

/// "451 4.7.1 Greylisted, try again after 5m"; words where there was no reply.
std::string words_of(const senders::Answer& answer);

}  // namespace fakemx::app
