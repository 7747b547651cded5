-- Receivers that offer REQUIRETLS where it counts for nothing, or not at all, or as they should. RFC 8689 §2, §4.2.1: a message with REQUIRETLS
-- goes over verified TLS, to a host that offers REQUIRETLS inside of it and was found by DNSSEC or MTA-STS, and otherwise nowhere: the author gets
-- it back.
--
-- It is for a sender that was told to use REQUIRETLS. Nobody else breaks anything here.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local inside = { "PIPELINING", "8BITMIME", "REQUIRETLS" }

local all = variations {
  { name = "never-offered" },
  -- In the clear a keyword may come from anybody.
  { name = "offered-in-the-clear", on = { ehlo = function(s)
    if not s.tls then return mx.reply(250, nil, { "offered-in-the-clear.test", "STARTTLS", "REQUIRETLS", "8BITMIME" }) end
  end } },
  { name = "wrong-certificate", host = { extensions_in_tls = inside, tls = { certificate = "wrong_host" } } },
  { name = "no-tls", host = { extensions = { "8BITMIME" } } },
  { name = "offered-inside", host = { extensions_in_tls = inside } },
  { name = "refused", host = { extensions_in_tls = inside }, on = { rcpt = mx.reply(550, "5.1.1", "No such user") } },
}

mx.profile {
  summary    = "REQUIRETLS where it counts, and where it does not",
  hosts      = all.hosts,
  extensions = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS" },
}

mx.scenario {
  summary   = "REQUIRETLS is offered in the clear, behind a wrong certificate, never, and inside TLS",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  notices   = { "sender.test" },
  watch     = "1d",
  exercises = {
    "requiretls-conditions",
  },
}
