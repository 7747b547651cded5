// The figure of a simulation. It must not know how it was simulated, nor how SVG is written.
#pragma once

#include <vector>

#include "app/simulation_text.h"
#include "chart/figure.h"

namespace fakemx::app {

/// For one sender everything; for several each of them beside the others.
chart::Figure figure_of(const std::vector<Simulated>& all);

}  // namespace fakemx::app
