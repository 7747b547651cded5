// Names in Lua: what a profile declares of them, and what its hook `query` may answer.
#pragma once

#include <map>
#include <memory>

#include "dns/zones.h"
#include "script/host.h"

namespace fakemx::script {

using NamesOfZones = std::map<dns::Name, dns::Node>;

/// The field `zones` of the declaration at `table`.
NamesOfZones read_zones(lua_State* L, int table);

/// What stands in the file that its field `sender_zones` names.
NamesOfZones read_sender_zones(lua_State* L, int table);

/// What stands under one name: the table at `table`.
dns::Node read_node(lua_State* L, int table);

/// mx.dns, in the table on top of the stack.
void open_names(lua_State* L);

/// Asks the hook `query`, which is defined. All of them outlive it.
std::unique_ptr<engine::NameConsultation> consult_on_name(Host& host,
                                                          const engine::NameQuestion& question,
                                                          engine::StateStore& state,
                                                          const Rng& rng);

}  // namespace fakemx::script
