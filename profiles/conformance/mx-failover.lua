-- MX hosts that fail in turn: the connection is refused, nobody answers, the greeting is 421, 554 or never comes, the connection breaks
-- behind RCPT. RFC 5321 §5.1: a sender tries hosts in the order of their preference, lower numbers first, until one takes the message, and
-- at least two of them; the addresses of one host in the order in which they come. What was refused for good is not taken elsewhere
-- (§4.2.1), and hosts that share a greylist are not tried one after the other at once (RFC 6647 §4.2).
--
-- It is for a sender that looks for MX hosts by itself, in a network where these addresses are (docs/reference/conformance-pack.md).
local mx = require "fakemx"
local variations = require "fakemx.variations"

local busy = mx.reply(421, "4.3.2", "Service not available")

-- What each host does; of one that is not here nothing is wrong.
local connect = {
  ["says-421.mx.test"]     = busy,
  -- For two hours: some take it for "come back later", and come back for five days.
  ["says-554.mx.test"]     = variations.for_the_first("2h", mx.reply(554, nil, "No SMTP service here")),
  ["only-554.mx.test"]     = variations.for_the_first("2h", mx.reply(554, nil, "No SMTP service here")),
  ["silent.mx.test"]       = mx.silence(),
  ["fails-first.mx.test"]  = busy,
  ["fails-second.mx.test"] = mx.silence(),
  ["address-1.mx.test"]    = busy,
  ["address-2.mx.test"]    = busy,
}
local rcpt = {
  ["drops-at-rcpt.mx.test"]   = mx.close(),
  ["refuses-at-rcpt.mx.test"] = mx.reply(550, "5.1.1", "No such user"),
}

local names = {
  "good", "own-address", "refusing", "dropping", "says-421", "says-554", "only-554", "silent", "fails-first", "fails-second", "address-1",
  "address-2", "address-3", "drops-at-rcpt", "refuses-at-rcpt", "greylists-1", "greylists-2", "dual",
}
local connections = { refusing = "refuse", dropping = "full" }

local hosts, address_of = {}, {}
for i, name in ipairs(names) do
  address_of[name] = "192.0.2." .. i
  hosts[i] = { name = name .. ".mx.test", address = address_of[name], connections = connections[name] or "accept" }
end

-- The hosts of a domain, by preference 10, 20, …; its own address is that of none of them.
local function in_this_order(...)
  local exchanges = {}
  for i, name in ipairs { ... } do exchanges[i] = { 10 * i, name .. ".mx.test" } end
  return { mx = exchanges, a = address_of["own-address"] }
end

local domains = {
  ["preference.test"]   = { mx = { { 20, "refusing.mx.test" }, { 10, "good.mx.test" } }, a = address_of["own-address"] },
  ["connections.test"]  = in_this_order("refusing", "dropping", "good"),
  ["greeting-421.test"] = in_this_order("says-421", "good"),
  ["greeting-554.test"] = in_this_order("says-554", "good"),
  ["one-554.test"]      = in_this_order("only-554"),
  ["no-greeting.test"]  = in_this_order("silent", "good"),
  ["three-fail.test"]   = in_this_order("fails-first", "fails-second", "refusing", "good"),
  ["in-between.test"]   = in_this_order("drops-at-rcpt", "good"),
  ["refused.test"]      = in_this_order("refuses-at-rcpt", "good"),
  ["addresses.test"]    = in_this_order("several"),
  ["greylist.test"]     = in_this_order("greylists-1", "greylists-2"),
  ["dual-stack.test"]   = in_this_order("dual"),
}

local zones = {
  ["test"]            = {},
  ["several.mx.test"] = { a = { address_of["address-1"], address_of["address-2"], address_of["address-3"] } },
  -- Nobody is there by IPv6.
  ["dual.mx.test"]    = { a = address_of["dual"], aaaa = "2001:db8::dead" },
}
local send = {}
for domain, records in pairs(domains) do
  zones[domain] = records
  send[#send + 1] = { from = "ann@sender.test", to = "bob@" .. domain }
end

mx.profile { summary = "MX hosts that fail in turn", hosts = hosts, zones = zones }

function mx.on.connect(s)
  local decide = connect[s.host]
  if type(decide) == "function" then return decide(s, nil, "connect") end
  return decide
end

local known = mx.state "known"

function mx.on.rcpt(s, to)
  if to.domain == "greylist.test" then
    known:mark(to.address)
    if not known:marked_for(to.address, "5m") then return mx.reply(450, "4.7.1", "Greylisted, try again later") end
  end
  return rcpt[s.host]
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
    "greet-5yz-quit", "greet-4yz-temp", "greet-5yz-disposition", "grey-mx-hop", "mx-lookup", "mx-preference",
    "mx-failover-connect", "mx-try-two", "mx-failover-greeting", "mx-no-shop-5yz",
  },
}
