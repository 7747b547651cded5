-- Several hosts of one receiver, each with a peculiarity of its own, and a message for each of them: what the scenarios of
-- `fakemx conform` are made of. A sender meets all of them in one run, whether it is called once for each message or has a queue.
--
--   local variations = require "fakemx.variations"
--   local all = variations {
--     { name = "bare-code", on = { mail = function(s) return mx.raw "250\r\n" end } },
--     { name = "greylisted", on = { rcpt = variations.first(mx.reply(450, "4.2.0", "Greylisted")) } },
--   }
--   mx.profile { summary = "…", hosts = all.hosts }
--   mx.scenario { summary = "…", send = all.send, exercises = { "reply-bare-code" } }
--
-- Of each: `name`, the host's name (NAME.test) and the domain of its recipient; `on`, its hooks; `letter`, what is sent there, where that
-- is not one short message from ann@sender.test to bob@NAME.test; `host`, fields that mx.profile takes for a host. `to` is a
-- list of local parts for several recipients.
local mx = require "fakemx"

local known = { name = true, on = true, letter = true, host = true, to = true }

local function check(given)
  for key in pairs(given) do
    if not known[key] then error("variations: '" .. tostring(key) .. "' is none of name, on, letter, host and to", 3) end
  end
  if type(given.name) ~= "string" then error("variations: each has a name", 3) end
end

local variations = {}

-- A hook that answers so for the first time that it is asked about a host, and not again.
function variations.first(verdict)
  return variations.times(1, verdict)
end

-- For the first so many times.
function variations.times(count, verdict)
  local store = mx.state "variations"
  return function(s)
    if store:add(s.host) <= count then return verdict end
  end
end

return setmetatable(variations, { __call = function(_, list)
  local made = { hosts = {}, send = {} }
  local by_host, hooks = {}, {}
  for _, one in ipairs(list) do
    check(one)
    local host = { name = one.name .. ".test" }
    for field, value in pairs(one.host or {}) do host[field] = value end
    made.hosts[#made.hosts + 1] = host
    by_host[host.name] = one.on or {}
    for hook in pairs(one.on or {}) do hooks[hook] = true end
    local letter = { from = "ann@sender.test", host = host.name }
    local to = {}
    for _, name in ipairs(one.to or { "bob" }) do to[#to + 1] = name .. "@" .. host.name end
    letter.to = to
    for field, value in pairs(one.letter or {}) do letter[field] = value end
    made.send[#made.send + 1] = letter
  end
  for hook in pairs(hooks) do
    mx.on[hook] = function(s, argument)
      local decide = by_host[s.host] and by_host[s.host][hook]
      if decide then return decide(s, argument) end
    end
  end
  return made
end })
