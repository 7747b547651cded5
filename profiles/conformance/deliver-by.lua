-- DELIVERBY (RFC 2852) and FUTURERELEASE (RFC 4865): offered, offered with a limit, not offered. BY= and HOLDFOR= or HOLDUNTIL= go where
-- they are offered and within the limit; a relay takes from BY= the time that has passed.
--
-- It is for a sender that was told to use them. Nobody else breaks anything here.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local all = variations {
  { name = "offered", host = { extensions = { "8BITMIME", "DELIVERBY", "FUTURERELEASE 86400 2036-01-01T00:00:00Z" } } },
  { name = "limited", host = { extensions = { "8BITMIME", "DELIVERBY 3600", "FUTURERELEASE 60 2026-01-02T00:00:00Z" } } },
  { name = "not-offered", host = { extensions = { "8BITMIME" } } },
}

mx.profile { summary = "DELIVERBY and FUTURERELEASE, with a limit, without, and not at all", hosts = all.hosts }

mx.scenario {
  summary   = "DELIVERBY and FUTURERELEASE: offered, with a limit, not offered",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "quit-sent",
  },
}
