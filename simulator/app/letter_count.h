// What came against what a scenario gave the command to send: no more, and no less. From single deliveries neither is seen.
#pragma once

#include <optional>

#include "oracle/expectation.h"
#include "oracle/ledger.h"
#include "scenario/scenario.h"

namespace fakemx::app {

/// What was refused before its text was seen, and comes again, looks like another message; here it is known how many there are.
/// Nothing where no more came than were to be sent.
std::optional<oracle::Result> more_than_was_sent(const scenario::Scenario& scenario,
                                                 const oracle::Account& account);

/// Messages that never came, or not so far that anybody could tell: those that ended before a recipient was named, and those that
/// look like another one because both ended before their text. Where all are to be delivered, these count as well. Nothing where
/// all came.
std::optional<oracle::Result> less_than_was_sent(const scenario::Scenario& scenario,
                                                 const oracle::Account& account);

}  // namespace fakemx::app
