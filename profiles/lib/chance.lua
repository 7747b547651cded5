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
  local store = mx.state(o.name)
  local problem, fault = faults.make(o, o.at, store)
  if problem then error("chance: " .. problem, 2) end
  return stages.ask({ name = o.name, connect = fault.begin }, o.at, o, function(s, argument)
    local reason = fault.strikes(s, argument)
    if not reason then return end
    return fault.late(stages.verdict(o, o.answer, s, argument, nil, "by chance, " .. reason), s, argument)
  end)
end
