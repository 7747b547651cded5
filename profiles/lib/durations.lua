-- Durations to calculate with, in microseconds: mx.seconds knows whole seconds only. It must not know what waits.
local durations = {}

local units = {
  us = 1, ms = 1000, s = 1000000, m = 60 * 1000000, h = 3600 * 1000000, d = 86400 * 1000000,
}

-- "1h30m": 5400000000. Of a text that is known to be a duration.
function durations.microseconds(text)
  local sum = 0
  for number, unit in text:gmatch "(%d+)(%a+)" do sum = sum + math.tointeger(tonumber(number)) * units[unit] end
  return sum
end

-- And back: "5400000000us".
function durations.text(microseconds)
  return microseconds .. "us"
end

return durations
