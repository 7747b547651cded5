-- Receivers from before ESMTP (RFC 821), or with a firewall in front of them that knows no more: EHLO is no command of theirs, or is one,
-- and offers nothing. RFC 5321 §2.2.1, §3.2: a sender then says HELO and brings plain messages all the same, without a parameter, without
-- pipelining and without BDAT, whatever it would have liked to use. What holds octets over 127 is encoded or given back (RFC 6152 §3).
local mx = require "fakemx"
local fixtures = require "fakemx.fixtures"
local variations = require "fakemx.variations"

local function letters(host)
  local to = "bob@" .. host
  return { {}, fixtures.to(to, "eight_bit"), fixtures.to(to, "big") }
end

local all = variations {
  {
    name = "no-ehlo", letters = letters "no-ehlo.test",
    on = { ehlo = mx.reply(502, nil, "Command not implemented") },
  },
  { name = "ehlo-unknown", on = { ehlo = mx.reply(500, nil, "Command unrecognized") } },
  { name = "nothing-offered", letters = letters "nothing-offered.test", host = { extensions = {} } },
}

mx.profile { summary = "no ESMTP, or nothing of it", hosts = all.hosts }

mx.scenario {
  summary   = "EHLO is refused, or offers nothing: HELO, and no extension",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "ehlo-fallback-helo", "helo-arg-domain", "ehlo-only-offered-params", "helo-no-esmtp", "cmd-ascii", "data-7bit",
    "pipe-only-if-offered", "bdat-only-if-offered", "dsn-only-if-offered", "8bit-downgrade",
  },
}
