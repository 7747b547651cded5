-- MX hosts that fail in turn: the connection is refused, nobody answers, the greeting is 421, 554 or never comes, the connection breaks behind
-- RCPT. RFC 5321 §5.1: a sender tries hosts in the order of their preference, lower numbers first, until one takes the message, and at least two of
-- them; the addresses of one host in the order in which they come. What was refused for good is not taken elsewhere (§4.2.1).
--
-- It is for a sender that looks for MX hosts by itself, in a network where these addresses are (docs/reference/conformance-pack.md).
local mx = require "fakemx"

local hosts = {
  { name = "good-1.mx.test", address = "192.0.2.1" },
  { name = "good-2.mx.test", address = "192.0.2.2" },
  { name = "refusing.mx.test", address = "192.0.2.3", connections = "refuse" },
  { name = "dropping.mx.test", address = "192.0.2.4", connections = "full" },
  { name = "says-421.mx.test", address = "192.0.2.5" },
  { name = "says-554.mx.test", address = "192.0.2.6" },
  { name = "silent.mx.test", address = "192.0.2.7" },
  { name = "drops-at-rcpt.mx.test", address = "192.0.2.8" },
  { name = "refuses-at-rcpt.mx.test", address = "192.0.2.9" },
  { name = "no-mx.mx.test", address = "192.0.2.10" },
}

-- The hosts of a domain, by preference 10, 20, …; its own address is that of none of them.
local function in_this_order(...)
  local exchanges = {}
  for i, name in ipairs { ... } do exchanges[i] = { 10 * i, name .. ".mx.test" } end
  return { mx = exchanges, a = "192.0.2.10" }
end

local zones = {
  ["test"]               = {},
  ["preference.test"]    = { mx = { { 30, "says-554.mx.test" }, { 10, "good-1.mx.test" }, { 20, "good-2.mx.test" } }, a = "192.0.2.10" },
  ["connections.test"]   = in_this_order("refusing", "dropping", "good-2"),
  ["greeting-421.test"]  = in_this_order("says-421", "good-2"),
  ["greeting-554.test"]  = in_this_order("says-554", "good-2"),
  ["only-554.test"]      = in_this_order("says-554"),
  ["no-greeting.test"]   = in_this_order("silent", "good-2"),
  ["three-fail.test"]    = in_this_order("says-421", "silent", "refusing", "good-2"),
  ["in-between.test"]    = in_this_order("drops-at-rcpt", "good-2"),
  ["refused.test"]       = in_this_order("refuses-at-rcpt", "good-2"),
  ["addresses.test"]     = in_this_order("several"),
  ["several.mx.test"]    = { a = { "192.0.2.5", "192.0.2.3", "192.0.2.2" } },
  ["dual-stack.test"]    = in_this_order("dual"),
  ["dual.mx.test"]       = { a = "192.0.2.2", aaaa = "2001:db8::dead" },
}

mx.profile { summary = "MX hosts that fail in turn", hosts = hosts, zones = zones }

local says = {
  connect = {
    ["says-421.mx.test"] = mx.reply(421, "4.3.2", "Service not available"),
    ["says-554.mx.test"] = mx.reply(554, nil, "No SMTP service here"),
    ["silent.mx.test"]   = mx.silence(),
  },
  rcpt = {
    ["drops-at-rcpt.mx.test"]   = mx.close(),
    ["refuses-at-rcpt.mx.test"] = mx.reply(550, "5.1.1", "No such user"),
  },
}

function mx.on.connect(s) return says.connect[s.host] end
function mx.on.rcpt(s) return says.rcpt[s.host] end

local send = {}
for name in pairs(zones) do
  if name ~= "test" and not name:match "%.mx%.test$" then send[#send + 1] = { from = "ann@sender.test", to = "bob@" .. name } end
end

mx.scenario {
  summary   = "MX hosts that fail in turn: who finds the one that works",
  send      = send,
  names     = true,
  clock     = "shared",
  over      = "settled",
  horizon   = "6d",
  watch     = "1h",
  notices   = { "sender.test" },
  exercises = {
    "greet-5yz-quit",
  },
}
