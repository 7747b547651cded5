-- Takes its time, the longer the more there is to look at. It answers nothing. docs/reference/manners/slow.md
local mx = require "fakemx"
local durations = require "fakemx.durations"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

local mebibyte = 1024 * 1024

local spec = {
  at           = stages.kind("message"),
  base         = options.default(options.duration, "0s"),
  per_mebibyte = options.default(options.duration, "0s"),
  longest      = options.default(options.duration, "10m"),
}

return function(given)
  local o = options.read("slow", spec, given)
  local base, each = durations.microseconds(o.base), durations.microseconds(o.per_mebibyte)
  local longest = durations.microseconds(o.longest)
  if each > 0 and o.at ~= "mail" and o.at ~= "message" then
    error("slow: a size is known at mail, where SIZE= gives it, and at message", 2)
  end
  if each > 86400000000 then error("slow: per_mebibyte is a day at most", 2) end
  return stages.ask({ name = o.name }, o.at, o, function(_, argument)
    local octets = each > 0 and argument.size or 0
    local wait = base + each * (octets // mebibyte) + each * (octets % mebibyte) // mebibyte
    wait = math.min(wait, longest)
    if wait > 0 then mx.sleep(durations.text(wait)) end
  end)
end
