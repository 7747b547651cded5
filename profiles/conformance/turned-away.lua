-- A receiver that turns everybody away for twelve hours: 421 to each connection. One message waits for it.
--
-- A good sender comes back a minute later at the earliest, and the later the longer it is turned away: large providers count connections
-- that were of no use against whoever makes them.
local mx = require "fakemx"
local variations = require "fakemx.variations"

mx.profile { summary = "421 to each connection, for twelve hours", host = "closed.test" }

local closed = variations.for_the_first("12h", mx.reply(421, "4.7.0", "Too many connections, slow down"))

function mx.on.connect(s)
  return closed(s, nil, "connect")
end

mx.scenario {
  summary   = "421 to each connection for twelve hours: who comes back later each time",
  send      = { from = "ann@sender.test", to = "bob@closed.test" },
  senders   = { "mta", "relay", "bulk" },
  clock     = "shared",
  over      = "settled",
  horizon   = "3d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "greet-4yz-temp", "backoff-421", "backoff-exponential",
  },
}
