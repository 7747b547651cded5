-- A part of the receiver is down, and which one decides where a session fails: the front at its beginning, the policy
-- service at MAIL, the lookup of users at RCPT, scanner and storage at the end of the data.
-- docs/reference/manners/component.md
local mx = require "fakemx"
local faults = require "fakemx.faults"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

-- Where each part is asked, and what is said when it does not answer. The texts are Postfix's for a milter, a table and
-- a policy service that fail, and RFC 5321's for a full disk.
local parts = {
  front   = { at = "connect", answer = mx.reply(421, "4.3.2", "Service not available, closing transmission channel") },
  policy  = { at = "mail", answer = mx.reply(451, "4.3.5", "Server configuration problem") },
  lookup  = { at = "rcpt", answer = mx.reply(451, "4.3.0", "Temporary lookup failure") },
  scanner = { at = "message", answer = mx.reply(451, "4.7.1", "Service unavailable - try again later") },
  storage = { at = "message", answer = mx.reply(452, "4.3.1", "Insufficient system storage") },
}

-- nginx as a mail proxy looks for what is behind it at the first RCPT, and closes. docs/reference/manners/component.md
local nginx = { at = "rcpt", answer = mx.reply(451, "4.3.2", "Internal server error"):then_close() }

local of_part = faults.with { answer = options.answer, because = options.any(options.text, options.action) }

local spec = { front_is = options.choice({ "plain", "nginx" }, "plain") }
for part in pairs(parts) do
  spec[part] = {
    what = "true, a ratio such as \"1/50\", or a table of options",
    read = function(v)
      if v == true then return {} end
      if type(v) == "table" then return v end
      if options.ratio.read(v) then return { p = v } end
    end,
  }
end

return function(given)
  local o = options.read("component", spec, given)
  local store = mx.state(o.name)
  local manner = { name = o.name }
  local faulty = {}
  for part, plain in pairs(parts) do
    if o[part] then
      local kind = part == "front" and o.front_is == "nginx" and nginx or plain
      local problem, read = options.try("component: " .. part, of_part, o[part])
      if problem then error(problem, 2) end
      read.name, read.because = o.name, read.because or o.because
      local bad, fault = faults.make(read, kind.at, store, part .. "|")
      if bad then error("component: " .. part .. ": " .. bad, 2) end
      faulty[#faulty + 1] = fault
      stages.ask(manner, kind.at, o, function(s, argument)
        local reason = fault.strikes(s, argument)
        if not reason then return end
        return fault.late(stages.verdict(read, read.answer or kind.answer, s, argument, nil,
                                         ("%s is down, %s"):format(part, reason)), s, argument)
      end)
    end
  end
  if #faulty == 0 then
    error("component needs one that is down: front, policy, lookup, scanner or storage", 2)
  end
  local asked = manner.connect
  manner.connect = function(s)
    for _, fault in ipairs(faulty) do fault.begin() end
    if asked then return asked(s) end
  end
  return manner
end
