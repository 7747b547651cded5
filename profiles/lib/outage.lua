-- Fails for a while: between two instants, at a time of the day, once a day, or so long after the first connection.
-- docs/reference/manners/outage.md
local mx = require "fakemx"
local faults = require "fakemx.faults"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

local spec = faults.with {
  at     = stages.kind("message"),
  answer = options.default(options.answer, mx.defer()),
}

return function(given)
  local o = options.read("outage", spec, given)
  if not faults.by_time(o) then
    error("outage needs a time: from or to, daily = \"02:00-08:00\", once_a_day = \"30m\", after or lasts", 2)
  end
  local problem, manner = faults.manner(o, "down")
  if problem then error("outage: " .. problem, 2) end
  return manner
end
