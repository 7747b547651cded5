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
  per_part     = options.default(options.duration, "0s"),
  per_file     = options.default(options.duration, "0s"),
  per_link     = options.default(options.duration, "0s"),
  longest      = options.default(options.duration, "10m"),
}

-- What a message holds is read only for those who ask, so that each is counted only where it costs time.
local counted = {
  { option = "per_part", count = function(message) return message.part_count end },
  { option = "per_file", count = function(message) return #message.attachments end },
  { option = "per_link", count = function(message) return message.links end },
}
local a_day = 86400000000

return function(given)
  local o = options.read("slow", spec, given)
  local base, each = durations.microseconds(o.base), durations.microseconds(o.per_mebibyte)
  local longest = durations.microseconds(o.longest)
  if each > 0 and o.at ~= "mail" and o.at ~= "message" then
    error("slow: a size is known at mail, where SIZE= gives it, and at message", 2)
  end
  if each > a_day then error("slow: per_mebibyte is a day at most", 2) end
  local costs = {}
  for _, one in ipairs(counted) do
    local cost = durations.microseconds(o[one.option])
    if cost > a_day then error("slow: " .. one.option .. " is a day at most", 2) end
    if cost > 0 and o.at ~= "message" then error("slow: " .. one.option .. " is for messages, and is known at message", 2) end
    if cost > 0 then costs[#costs + 1] = { cost = cost, count = one.count } end
  end
  return stages.ask({ name = o.name }, o.at, o, function(_, argument)
    local octets = each > 0 and argument.size or 0
    local wait = base + each * (octets // mebibyte) + each * (octets % mebibyte) // mebibyte
    for _, one in ipairs(costs) do wait = wait + one.cost * math.min(one.count(argument), longest // one.cost + 1) end
    wait = math.min(wait, longest)
    if wait > 0 then mx.sleep(durations.text(wait)) end
  end)
end
