// An event back from the form in which a journal keeps it, for whoever judges it as if it happened now.
#pragma once

#include <optional>
#include <string_view>

#include "journal/event.h"

namespace fakemx::store {

/// Reads what journal::append_json wrote in the full form. What that leaves out stays as it is by default: of commands the
/// path and the declared size, of replies whether they were paced, of declarations the ports. Nothing for what is no such object.
std::optional<journal::Event> read_event(std::string_view json);

}  // namespace fakemx::store
