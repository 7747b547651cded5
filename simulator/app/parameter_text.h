// The value of a profile's parameter as it is written on the command line.
#pragma once

#include <string>

#include "engine/profile.h"

namespace fakemx::app {

std::string text_of(const engine::ParameterValue& value);

}  // namespace fakemx::app
