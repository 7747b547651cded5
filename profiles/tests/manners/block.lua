-- The manner `block` in its three ways: fed by a hook, by a share of bad events, and by their number. For the transcripts
-- beside this file.
local mx = require "fakemx"
local block = require "fakemx.block"

mx.profile {
  summary = "addresses that are kept out",
  idle_timeout = "30d",
  params  = {
    way = mx.param.choice({ "hook", "share", "count" }, "what puts an address in"),
  },
}

local given = { answer = mx.reply(421, "4.7.0", "Blocked"), block = "15m" }
if mx.params.way ~= "hook" then
  given.watch = "rcpt"
  given.event = function(_, rcpt) return rcpt.local_part == "nobody" end
  if mx.params.way == "share" then given.share, given.of = "1/2", 4 end
  if mx.params.way == "count" then given.count, given.within = 2, "10m" end
end

mx.manners { block(given) }

local blocked = mx.state "block"

function mx.on.noop(s)
  if mx.params.way == "hook" then blocked:set(s.ip, "said NOOP", "1h") end
end
