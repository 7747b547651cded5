-- Fails by chance: with a probability for each identity, for every Nth, or for as long as the outcome of a draw holds.
-- docs/reference/manners/chance.md
local mx = require "fakemx"
local faults = require "fakemx.faults"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

local spec = faults.with {
  at     = stages.kind("message"),
  answer = options.default(options.answer, mx.defer()),
}

return function(given)
  local o = options.read("chance", spec, given)
  if not o.p and not o.nth then error("chance needs p = \"1/20\" or nth = 20", 2) end
  local problem, manner = faults.manner(o, "by chance")
  if problem then error("chance: " .. problem, 2) end
  return manner
end
