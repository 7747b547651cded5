-- Answers messages that look like this: their size, their header, a pattern, what differs from the envelope. All
-- conditions of one manner hold together; several manners are several triggers. docs/reference/manners/content.md
local mx = require "fakemx"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

-- { ["X-Mailer"] = "pattern", Date = false }: a field that matches, and one that is not there.
local header = {
  what = "a table of patterns by field name, with false for a field that is missing",
  read = function(v)
    if type(v) ~= "table" then return end
    for name, pattern in pairs(v) do
      if type(name) ~= "string" or (pattern ~= false and not options.pattern.read(pattern)) then return end
    end
    return v
  end,
}

local function domain_of(address)
  return (address:match "@([^@]*)$" or ""):lower()
end

local function is_below(name, domain)
  return name:sub(-#domain - 1) == "." .. domain
end

-- DT:SUM of Netease: the header From is of another domain than the envelope. "relaxed": a domain below the other
-- counts as the same (RFC 7489 §3.1 compares organizational domains; there is no list of those here).
local function differs(how, message, s)
  local envelope, from = domain_of(s.from), (message.from_domain or ""):lower()
  if s.from == "" or envelope == from then return false end
  return how == "strict" or not (is_below(envelope, from) or is_below(from, envelope))
end

-- name = { kind, function(value, message, s) }: whether the condition holds.
local conditions = {
  larger_than  = { options.size, function(v, message) return message.size > v end },
  smaller_than = { options.size, function(v, message) return message.size < v end },
  lines_over   = { options.count, function(v, message) return message.lines > v end },
  eight_bit    = { options.flag, function(v, message) return message.eight_bit == v end },
  nul          = { options.flag, function(v, message) return message.nul == v end },
  bare_cr      = { options.flag, function(v, message) return (message.bare_cr > 0) == v end },
  bare_lf      = { options.flag, function(v, message) return (message.bare_lf > 0) == v end },
  subject      = { options.pattern, function(v, message) return (message:header "Subject" or ""):find(v) ~= nil end },
  pattern      = { options.pattern, function(v, message) return message.content:find(v) ~= nil end },
  from_domain  = { options.pattern, function(v, message) return (message.from_domain or ""):lower():find(v) ~= nil end },
  from_differs = { options.choice { "strict", "relaxed" }, differs },
  header       = { header, function(v, message)
    for name, pattern in pairs(v) do
      local value = message:header(name)
      if pattern == false then
        if value then return false end
      elseif not value or not value:find(pattern) then
        return false
      end
    end
    return true
  end },
  matches      = { options.action, function(v, message, s) return v(message, s) end },
}

local spec = { answer = options.default(options.answer, mx.reject()) }
for name, condition in pairs(conditions) do spec[name] = condition[1] end

return function(given)
  local o = options.read("content", spec, given)
  local asked = {}
  for name, condition in pairs(conditions) do
    if o[name] ~= nil then asked[#asked + 1] = { name = name, holds = condition[2], value = o[name] } end
  end
  if #asked == 0 then error("content needs a condition, such as subject = \"lottery\"", 2) end
  local names = {}
  for i, one in ipairs(asked) do names[i] = one.name end
  local reason = "content, by " .. table.concat(names, ", ")
  return stages.ask({ name = o.name }, "message", o, function(s, message)
    for _, one in ipairs(asked) do
      if not one.holds(one.value, message, s) then return end
    end
    return stages.verdict(o, o.answer, s, message, nil, reason)
  end)
end
