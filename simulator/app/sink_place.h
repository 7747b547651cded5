// Where smtp-sink listens, as its command line says it: "[inet:][host]:port", "port" or "unix:path".
#pragma once

#include <string>

#include "app/complaint.h"
#include "app/listen_plan.h"
#include "core/result.h"
#include "sink/settings.h"

namespace fakemx::app {

/// Host and port may be names. Without a host: any address of this machine.
Result<Address, Complaint> sink_place(const std::string& text, sink::Family family);

}  // namespace fakemx::app
