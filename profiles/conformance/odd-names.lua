-- What DNS can say of a domain: no MX, MX without addresses, an alias, no mail at all (RFC 7505), no such domain, a failure that passes, an
-- answer that does not fit, another host than an hour ago. RFC 5321 §5.1.
--
-- A good sender falls back to the domain's own address where there is no MX, and never where there is one; keeps a message while DNS fails;
-- gives up at once where there is no such domain, or a null MX; asks again over TCP for what was cut off, and anew for each try.
--
-- It is for a sender that looks for MX hosts by itself, in a network where these addresses are (docs/reference/conformance-pack.md).
local mx = require "fakemx"
local variations = require "fakemx.variations"

local hosts = {
  { name = "good.mx.test", address = "192.0.2.1" },
  { name = "own-address.mx.test", address = "192.0.2.2" },
  { name = "busy.mx.test", address = "192.0.2.3" },
  { name = "moved-to.mx.test", address = "192.0.2.4" },
}
local own_address = "192.0.2.2"

-- More hosts than fit into 512 octets: all of them are the good one.
local many = {}
for i = 1, 30 do many[i] = { 10, ("a-rather-long-name-%d.many.test"):format(i) } end

local zones = {
  ["test"]                = {},
  ["no-mx.test"]          = { a = own_address },
  ["mx-busy.test"]        = { mx = { { 10, "busy.mx.test" } }, a = own_address },
  ["no-address.test"]     = { mx = { { 10, "nowhere.mx.test" } }, a = own_address },
  ["null-mx.test"]        = { mx = { { 0, "." } }, a = own_address },
  ["alias.test"]          = { cname = "target.test" },
  ["target.test"]         = { mx = { { 10, "good.mx.test" } } },
  ["mx-alias.test"]       = { mx = { { 10, "alias.mx.test" } } },
  ["alias.mx.test"]       = { cname = "good.mx.test" },
  ["fails.test"]          = { mx = { { 10, "good.mx.test" } }, a = own_address },
  ["one-fails.test"]      = { mx = { { 10, "failing.mx.test" }, { 20, "good.mx.test" } } },
  ["failing.mx.test"]     = { fails = true },
  ["cut-off.test"]        = { mx = many },
  ["*.many.test"]         = { a = "192.0.2.1" },
  ["xn--bcher-kva.test"]  = { mx = { { 10, "good.mx.test" } } },
  ["moves.test"]          = { mx = { { 10, "busy.mx.test" } }, ttl = "60s" },
}

mx.profile {
  summary    = "what DNS can say of a domain",
  hosts      = hosts,
  zones      = zones,
  extensions = { "PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES" },
}

local since = mx.state "since"

-- Has it been so long since this was first asked for?
local function has_been(key, duration)
  since:mark(key)
  return since:marked_for(key, duration)
end

function mx.on.query(q)
  if q.name == "fails.test" and not has_been("fails", "2h") then return mx.dns.servfail() end
  if q.name == "cut-off.test" and q.transport == "udp" then return mx.dns.truncated() end
  if q.name == "moves.test" and q.type == "MX" and has_been("moves", "5m") then
    return mx.dns.records { mx = { { 10, "moved-to.mx.test" } }, ttl = "60s" }
  end
end

-- For three hours: long enough that somebody could be tempted to go to the domain's own address.
local busy = variations.for_the_first("3h", mx.reply(450, "4.2.0", "Not now"))

function mx.on.mail(s, mail)
  if s.host == "busy.mx.test" then return busy(s, mail, "mail") end
end

local send = {}
for _, name in ipairs {
  "no-mx", "mx-busy", "no-address", "null-mx", "alias", "mx-alias", "fails", "one-fails", "cut-off", "moves", "there-is-no-such",
  "b\u{fc}cher",  -- xn--bcher-kva (RFC 5890)
} do
  send[#send + 1] = { from = "ann@sender.test", to = "bob@" .. name .. ".test" }
end

mx.scenario {
  summary   = "what DNS can say of a domain: no MX, null MX, aliases, failures, another host",
  send      = send,
  names     = true,
  clock     = "shared",
  over      = "settled",
  horizon   = "6d",
  watch     = "1h",
  notices   = { "sender.test" },
  exercises = {
    "mx-lookup", "mx-implicit", "mx-no-a-when-mx", "mx-nxdomain", "mx-servfail", "mx-unusable", "mx-cname-domain",
    "mx-requery", "mx-truncated", "mx-idna", "mx-partial-dns", "mx-null",
  },
}
