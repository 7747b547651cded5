-- For the replies of a receiver that nothing in a test provokes by itself: blocklists, reputation, faults inside.
-- Each has a name. Everybody gets one of them where the parameter `says` names it, and a single transaction asks for
-- one by an address, MAIL FROM:<says-NAME@…> or RCPT TO:<says-NAME@…>. Its page is says.md among those of the
-- manners.
local mx = require "fakemx"
local faults = require "fakemx.faults"
local stages = require "fakemx.stages"

local says = {}

-- In a transaction, one behind the other: an address can ask for what comes behind it.
local order = { mail = 1, rcpt = 2, data = 3, message = 4 }

-- `replies`: by name, { at = stage, reply = verdict or function(s, argument) that returns one, because = "…" }.
-- Gives `params` with three more.
function says.params(replies, params)
  local names = { "nothing" }
  for name in pairs(replies) do names[#names + 1] = name end
  params.says       = mx.param.choice(names, "a reply that everybody gets")
  params.says_share = mx.param.ratio("1", "how many of the tries get it, by client and sender")
  params.says_for   = mx.param.duration("0s", "for so long, from the first connection on; 0s: for ever")
  return params
end

local function answer(reply, s, argument)
  return stages.verdict({ name = "says", because = reply.because }, reply.reply, s, argument)
end

-- What everybody gets, if anything.
local function to_all(manner, store, replies)
  local reply = replies[mx.params.says]
  if not reply then return end
  local lasts = mx.seconds(mx.params.says_for) > 0 and mx.params.says_for or nil
  local problem, fault = faults.make({
    name = "says", by = order[reply.at] and { "ip", "sender" } or "ip", p = { text = mx.params.says_share },
      lasts = lasts,
  }, reply.at, store)
  if problem then error("says: " .. problem, 3) end
  manner.connect = function() fault.begin() end
  stages.ask(manner, reply.at, {}, function(s, argument)
    if fault.strikes(s, argument) then return answer(reply, s, argument) end
  end)
end

-- The list of mx.manners takes what this gives. To be called behind mx.profile.
function says.manner(replies)
  local store = mx.state "says"
  local manner = { name = "says" }

  local function key(s, at) return "asked|" .. s.id .. "|" .. at end

  local function forget(s)
    for at in pairs(order) do store:forget(key(s, at)) end
  end

  -- At once, or to be remembered for a later command.
  local function by_address(at)
    return function(s, argument)
      if at == "mail" then forget(s) end
      local name = argument.local_part:match "^says%-(.+)$"
      local reply = replies[name]
      if not reply or (order[reply.at] or 0) < order[at] then return end
      if reply.at == at then return answer(reply, s, argument) end
      store:set(key(s, reply.at), name)
    end
  end

  local function as_asked(at)
    return function(s, argument)
      local reply = replies[store:get(key(s, at))]
      if reply then return answer(reply, s, argument) end
    end
  end

  stages.ask(manner, "mail", {}, by_address "mail")
  stages.ask(manner, "rcpt", {}, by_address "rcpt")
  for _, at in ipairs { "rcpt", "data", "message" } do stages.ask(manner, at, {}, as_asked(at)) end
  stages.at_close(manner, forget)
  to_all(manner, store, replies)
  return manner
end

return says
