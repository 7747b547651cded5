-- Forty domains with the same four hosts at the same preference, always named in the same order. RFC 5321 §5.1: a sender picks one of them
-- by chance, so that the load is spread. One that takes them as they come has the first host do all the work.
--
-- It is for a sender that looks for MX hosts by itself, in a network where these addresses are (docs/reference/conformance-pack.md).
local mx = require "fakemx"

local hosts, exchanges = {}, {}
for i = 1, 4 do
  hosts[i] = { name = ("mx%d.equal.test"):format(i), address = "192.0.2." .. i }
  exchanges[i] = { 10, hosts[i].name }
end

local zones, send = { ["test"] = {} }, {}
for i = 1, 40 do
  local domain = ("domain%d.test"):format(i)
  zones[domain] = { mx = exchanges, order = "written" }
  send[i] = { from = "ann@sender.test", to = "bob@" .. domain }
end

mx.profile { summary = "four hosts at one preference", hosts = hosts, zones = zones }

mx.scenario {
  summary   = "four MX hosts at the same preference: who comes first",
  send      = send,
  names     = true,
  over      = "settled",
  horizon   = "1d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "quit-sent",
  },
}
