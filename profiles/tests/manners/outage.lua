-- The manner `outage` at its times, for the transcripts beside this file.
local mx = require "fakemx"
local outage = require "fakemx.outage"

mx.profile {
  summary = "an outage",
  idle_timeout = "30d",
  params  = {
    time  = mx.param.choice({ "daily", "night", "window", "after", "once_a_day" }, "when it is"),
    share = mx.param.ratio("1", "whom it concerns"),
  },
}

local given = { at = "mail", answer = mx.reply(451, "4.3.0", "Down"), share = mx.params.share }
if mx.params.time == "daily" then given.daily, given.zone = "10:00-12:00", "+08:00" end
if mx.params.time == "night" then given.daily = "22:00-02:00" end
if mx.params.time == "window" then given.from, given.to = "2026-01-01T01:00:00Z", "2026-01-01T03:00:00Z" end
if mx.params.time == "after" then given.after, given.lasts = "10m", "1h30m" end
if mx.params.time == "once_a_day" then given.once_a_day = "12h" end

mx.manners { outage(given) }
