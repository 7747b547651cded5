// A modelled sender against a receiver, in virtual time: one loop over what is due, on either side. The receiver is
// the engine that also serves sockets; every command and reply is spoken in full.
#pragma once

#include "engine/policy.h"
#include "engine/profile.h"
#include "journal/records.h"
#include "senders/model.h"
#include "senders/plan.h"

namespace fakemx::senders {

/// `journal` gets what that of a server would get, the recording for replay included, and may be null. The same
/// arguments give the same result, with a journal and without. The work is that of the sender's tries: what is due is
/// found in logarithmic time, and nothing is done in between.
Result simulate(const Model& model, const Plan& plan, const engine::Profile& profile,
                engine::Policy& policy, journal::Sink* journal = nullptr);

}  // namespace fakemx::senders
