// The names that senders are judged by: what a profile's zones say. Nobody else is asked, and neither is the hook query, which
// belongs to whoever asks the name server.
#pragma once

#include <map>
#include <memory>

#include "dns/zones.h"
#include "message/names.h"

namespace fakemx::engine {

/// What is declared, and nothing that follows from where the hosts listen: the same on every machine. Null where nothing is.
/// It never changes, and any thread may ask it.
std::shared_ptr<const message::Names> zone_names(const std::map<dns::Name, dns::Node>& declared);

}  // namespace fakemx::engine
