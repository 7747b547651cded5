-- Four hosts at the same preference, always named in the same order, and sixty messages. RFC 5321 §5.1: a sender picks one of the hosts by
-- chance, so that the load is spread. One that takes them as they come has the first host do all the work. It shows in a sender that makes
-- forty connections at least, and so not in one that sends all messages over a few.
--
-- It is for a sender that looks for MX hosts by itself, in a network where these addresses are (docs/reference/conformance-pack.md).
local mx = require "fakemx"

local hosts, exchanges = {}, {}
for i = 1, 4 do
  hosts[i] = { name = ("mx%d.equal.test"):format(i), address = "192.0.2." .. i }
  exchanges[i] = { 10, hosts[i].name }
end

mx.profile {
  summary = "four hosts at one preference",
  hosts   = hosts,
  zones   = { ["test"] = {}, ["equal.test"] = { mx = exchanges, order = "written" } },
}

mx.scenario {
  summary   = "four MX hosts at the same preference: who comes first",
  send      = { from = "ann@sender.test", to = "bob@equal.test", count = 60 },
  names     = true,
  over      = "settled",
  horizon   = "1d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "mx-equal-random",
  },
}
