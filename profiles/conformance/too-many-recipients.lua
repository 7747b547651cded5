-- A receiver takes a hundred recipients of one message, as many as it must (RFC 5321 §4.5.3.1.8), and says 452 to the others; an older one
-- says 552 and means the same (§4.5.3.1.10); some take twenty, which they may not, and it happens, with either code; another one says
-- beforehand how many it takes (RFC 9422).
--
-- A good sender delivers to those that were taken, and brings the message again for the others, in the same session or soon: each gets it
-- once.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local function only(count, verdict)
  return function(s)
    if #s.recipients >= count then return verdict end
  end
end

local all = variations {
  { name = "hundred", to = variations.numbered("user", 250), on = { rcpt = only(100, mx.reply(452, "4.5.3", "Too many recipients")) } },
  {
    name = "hundred-and-552", to = variations.numbered("user", 120),
    on = { rcpt = only(100, mx.reply(552, "5.5.3", "Too many recipients")) },
  },
  {
    name = "twenty-and-552", to = variations.numbered("user", 45),
    on = { rcpt = only(20, mx.reply(552, "5.5.3", "Too many recipients")) },
  },
  { name = "twenty", to = variations.numbered("user", 45), on = { rcpt = only(20, mx.reply(452, "4.5.3", "Too many recipients")) } },
  { name = "ten-announced", to = variations.numbered("user", 25), host = { extensions = { "PIPELINING", "LIMITS RCPTMAX=10" } } },
}

mx.profile { summary = "so many recipients and no more", hosts = all.hosts }

mx.scenario {
  summary   = "more recipients than a transaction takes: 452, 552, and a limit that is announced",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "rcpt-partial-deliver", "limits-rcptmax", "one-copy-many-rcpt", "rcpt-100-chunk", "rcpt-452-too-many",
    "rcpt-552-as-452",
  },
}
