-- Reads the options of a manner when the profile is loaded. What is wrong with them is an error at the line where the
-- user wrote them, with the nearest name. It must not know what any manner does.
--
--   local options = require "fakemx.options"
--   return function(given)
--     local o = options.read("limit", {
--       at  = options.choice({ "mail", "rcpt" }, "mail"),
--       max = options.required(options.count),
--     }, given)
--
-- Every manner has `name`, `when` and `because` besides. To complain about two options that do not go together, the
-- manner's function calls error(text, 2).
local mx = require "fakemx"

local options = {}

-- A kind of value: `what` it is, in words, and `read`, which gives the value as the manner uses it, or nothing.
local function kind(what, read)
  return { what = what, read = read }
end

local function fits(call, value)
  return type(value) == "string" and pcall(call, value)
end

options.text     = kind("a text", function(v) if type(v) == "string" and v ~= "" then return v end end)
options.pattern  = kind("a Lua pattern", function(v)
  if type(v) == "string" and pcall(string.find, "", v) then return v end
end)
options.flag     = kind("true or false", function(v) if type(v) == "boolean" then return v end end)
options.count    = kind("a whole number, 0 or more", function(v)
  if math.type(v) == "integer" and v >= 0 then return v end
end)
options.number   = kind("a whole number, 1 or more", function(v)
  if math.type(v) == "integer" and v >= 1 then return v end
end)
options.duration = kind("a duration such as \"15m\"", function(v) if fits(mx.seconds, v) then return v end end)
options.instant  = kind("an instant such as \"2026-01-01T02:00:00Z\"", function(v)
  if fits(mx.time, v) then return mx.time(v) end
end)
options.action   = kind("a function", function(v) if type(v) == "function" then return v end end)
options.list     = kind("a list", function(v) if type(v) == "table" then return v end end)

-- "+08:00": seconds east of UTC.
options.zone = kind("a time zone such as \"+08:00\"", function(v)
  if type(v) ~= "string" then return end
  local sign, hours, minutes = v:match "^([+-])(%d%d):(%d%d)$"
  if not sign or tonumber(hours) > 14 or tonumber(minutes) > 59 then return end
  local seconds = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "-" and -seconds or seconds
end)

-- "02:00-08:00": the seconds of the day at which it begins and ends.
options.daily = kind("a time of the day such as \"02:00-08:00\"", function(v)
  if type(v) ~= "string" then return end
  local from_hour, from_minute, to_hour, to_minute = v:match "^(%d%d):(%d%d)%-(%d%d):(%d%d)$"
  if not from_hour then return end
  local from = tonumber(from_hour) * 3600 + tonumber(from_minute) * 60
  local to = tonumber(to_hour) * 3600 + tonumber(to_minute) * 60
  if from == to or from >= 86400 or to > 86400 then return end
  return { from = from, to = to }
end)

-- "1/20": { text, numerator, denominator }.
options.ratio = kind("a ratio such as \"1/20\"", function(v)
  if type(v) ~= "string" then return end
  local numerator, denominator = v:match "^(%d+)/(%d+)$"
  if not numerator then numerator, denominator = v:match "^([01])$", "1" end
  numerator, denominator = math.tointeger(tonumber(numerator)), math.tointeger(tonumber(denominator))
  if not numerator or not denominator or denominator == 0 or numerator > denominator then return end
  return { text = v, numerator = numerator, denominator = denominator }
end)

-- "70MiB" or octets.
options.size = kind("a size such as \"70MiB\"", function(v)
  if math.type(v) == "integer" and v >= 0 then return v end
  local number, unit = tostring(v):match "^(%d+)([KMG]iB)$"
  local units = { KiB = 1024, MiB = 1024 * 1024, GiB = 1024 * 1024 * 1024 }
  if number and type(v) == "string" then return tonumber(number) * units[unit] end
end)

function options.is_verdict(v)
  return type(v) == "userdata" and tostring(v) == "verdict"
end

options.answer = kind("a verdict such as mx.defer(), or a function that returns one", function(v)
  if type(v) == "function" or options.is_verdict(v) then return v end
end)

function options.choice(values, default)
  local quoted = {}
  for i, value in ipairs(values) do quoted[i] = '"' .. value .. '"' end
  return {
    what    = "one of " .. table.concat(quoted, ", "),
    choices = values,
    default = default,
    read    = function(v)
      for _, value in ipairs(values) do
        if v == value then return v end
      end
    end,
  }
end

-- The first of these kinds that takes the value.
function options.any(...)
  local kinds, words = { ... }, {}
  for i, one in ipairs(kinds) do words[i] = one.what end
  return kind(table.concat(words, ", or "), function(v)
    for _, one in ipairs(kinds) do
      local value = one.read(v)
      if value ~= nil then return value end
    end
  end)
end

local function with(one, field, value)
  local copy = {}
  for k, v in pairs(one) do copy[k] = v end
  copy[field] = value
  return copy
end

-- `value` is written as a user would write it.
function options.default(one, value) return with(one, "default", value) end
function options.required(one) return with(one, "required", true) end

-- How many letters must change, go or come to make `b` of `a`.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local change = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
      diagonal = row[j]
      row[j] = math.min(change, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

-- "; did you mean 'within'?", or nothing where no name is near. `names` is a list.
function options.did_you_mean(name, names)
  local nearest, least
  for _, candidate in ipairs(names) do
    local d = distance(name:sub(1, 64), candidate)
    if d <= math.max(1, #candidate // 3) and (not least or d < least) then nearest, least = candidate, d end
  end
  return nearest and "; did you mean '" .. nearest .. "'?" or ""
end

local function names_of(spec)
  local names = {}
  for name in pairs(spec) do names[#names + 1] = name end
  return names
end

-- What is wrong with one value, in words; nothing, and the value, when nothing is.
local function read_one(manner, name, one, v)
  local value = one.read(v)
  if value ~= nil then return nil, value end
  local shown = type(v) == "string" and "'" .. v .. "'" or
    (type(v) == "number" or type(v) == "boolean") and tostring(v) or "a " .. type(v)
  local hint = one.choices and type(v) == "string" and options.did_you_mean(v, one.choices) or ""
  return ("%s: %s is %s, not %s%s"):format(manner, name, one.what, shown, hint)
end

-- What is wrong with `given`, in words; nothing, and what was read, when nothing is. For tables inside options.
function options.try(manner, spec, given)
  if type(given) ~= "table" then
    return ("%s takes a table of options, not a %s"):format(manner, type(given))
  end
  for key in pairs(given) do
    if type(key) ~= "string" then return ("%s takes its options by name, and not a list"):format(manner) end
    if not spec[key] then
      return ("%s has no option '%s'%s"):format(manner, key, options.did_you_mean(key, names_of(spec)))
    end
  end
  local read = {}
  for name, one in pairs(spec) do
    local v = given[name]
    if v == nil then v = one.default end
    if v ~= nil then
      local problem, value = read_one(manner, name, one, v)
      if problem then return problem end
      read[name] = value
    elseif one.required then
      return ("%s needs %s, %s"):format(manner, name, one.what)
    end
  end
  return nil, read
end

-- The options of a manner, read. To be called by the function that the user calls.
function options.read(manner, spec, given)
  local whole = {
    name    = options.default(options.text, manner),
    when    = options.any(options.flag, options.action),
    because = options.any(options.text, options.action),
  }
  for name, one in pairs(spec) do whole[name] = one end
  local problem, read = options.try(manner, whole, given)
  if problem then error(problem, 3) end
  return read
end

return options
