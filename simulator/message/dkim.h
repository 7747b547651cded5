// DKIM (RFC 6376, RFC 8463): do the signatures of a message hold? Keys come from whoever looks names up; a signature's age is not
// judged, because the receiver's clock is not the sender's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "message/identity.h"
#include "message/names.h"

namespace fakemx::message {

/// One result for each DKIM-Signature, in order, at most limits::dkim_signatures_max. `content` begins the message; `whole`: it is all of
/// it. A signature over octets that are not there is neutral.
std::vector<DkimResult> check_dkim(const Names& names, std::string_view content, bool whole);

}  // namespace fakemx::message
