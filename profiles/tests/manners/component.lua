-- The manner `component`, one part of the receiver at a time, for the transcripts beside this file.
local mx = require "fakemx"
local component = require "fakemx.component"

mx.profile {
  summary = "one component is down",
  idle_timeout = "30d",
  params  = {
    down = mx.param.choice({ "front", "nginx", "policy", "lookup", "scanner", "storage" }, "which one"),
  },
}

local given = { [mx.params.down == "nginx" and "front" or mx.params.down] = { after = "10m", lasts = "10m" } }
if mx.params.down == "nginx" then given.front_is = "nginx" end

mx.manners { component(given) }
