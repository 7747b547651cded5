-- The manner `reputation`: bands without chance, so that each can be told from the next. For the transcripts beside
-- this file.
local mx = require "fakemx"
local reputation = require "fakemx.reputation"

mx.profile {
  summary = "reputation in three bands",
  idle_timeout = "30d",
  params  = {
    way = mx.param.choice({ "unknown", "lift", "warmup", "max" }, "what is shown"),
  },
}

local given = {
  at = "mail", start = "stable", recover = "1d", zone = "+08:00",
  bands = {
    stable = {},
    watch = { max = 1, within = "1h", answer = mx.reply(451, nil, "watch") },
    critical = { p = "1", answer = mx.reply(451, nil, "critical") },
  },
  answer = mx.reply(451, nil, "warm-up"),
}
if mx.params.way == "unknown" then given.unknown = { who = "^nobody", share = "1/2", of = 4 } end
if mx.params.way == "lift" then given.lift = { times = 3, least = 2 } end
if mx.params.way == "warmup" then
  given.at, given.warmup = "message", { first = 2, percent = 100, follow = "1/2", most = 5 }
end
if mx.params.way == "max" then given.start = "watch" end

mx.manners { reputation(given) }
