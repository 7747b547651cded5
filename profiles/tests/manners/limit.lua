-- The manner `limit` in each of its windows, for the transcripts beside this file.
local mx = require "fakemx"
local limit = require "fakemx.limit"

mx.profile {
  summary = "one limit, as its parameters say",
  idle_timeout = "30d",
  hosts   = { { name = "mx1.fakemx.test" }, { name = "mx2.fakemx.test" } },
  params  = {
    window        = mx.param.choice({ "within", "every", "day", "connection", "at_once" }, "what is counted in"),
    at            = mx.param.string("mail", "where it is counted"),
    by            = mx.param.string("ip", "whom it is counted for"),
    max           = mx.param.integer(2, "how many are taken"),
    block         = mx.param.duration("0s", "how long a key is refused once it is over"),
    count_refused = mx.param.boolean(false, "what is refused counts too"),
  },
}

local given = {
  at = mx.params.at,
  by = mx.params.by,
  max = mx.params.max,
  count_refused = mx.params.count_refused,
  answer = function(_, _, count) return mx.reply(450, "4.7.1", "This is number " .. count) end,
}
if mx.params.window == "within" then given.within = "15m" end
if mx.params.window == "every" then given.every = "15m" end
if mx.params.window == "day" then given.day = "+08:00" end
if mx.params.window == "at_once" then
  given.at_once = true
  given.answer = mx.reply(421, "4.7.0", "Too many connections")
end
if mx.params.block ~= "0s" then given.block = mx.params.block end

mx.manners { limit(given) }
