-- STARTTLS as it should be: a valid certificate, TLS 1.3, TLS 1.2 alone, a 220 that takes five seconds, and other extensions inside TLS
-- than before it. RFC 3207; RFC 9325.
--
-- A good sender uses it where it is offered, sends nothing between the 220 and the handshake, begins anew with EHLO behind it, and forgets
-- what was offered before. The CA's certificate is in FAKEMX_CA; the name that it is to be verified by is FAKEMX_HOST.
local mx = require "fakemx"
local fixtures = require "fakemx.fixtures"
local variations = require "fakemx.variations"

local all = variations {
  { name = "plain" },
  { name = "tls-1-2", host = { tls = { newest = "TLSv1.2" } } },
  { name = "220-after-5s", on = { starttls = mx.accept():after "5s" } },
  -- What holds in the clear does not hold inside TLS: SIZE 100 above all, which would forbid this message.
  {
    name = "less-inside", letter = fixtures.to("bob@less-inside.test", "eight_bit"),
    host = {
      extensions        = { "PIPELINING", "STARTTLS", "CHUNKING", "DSN", "SMTPUTF8", "8BITMIME", SIZE = 100 },
      extensions_in_tls = { "8BITMIME" },
    },
  },
  {
    name = "more-inside", letter = fixtures.to("bob@more-inside.test", "eight_bit"),
    host = { extensions = { "STARTTLS" }, extensions_in_tls = { "PIPELINING", "8BITMIME", "SMTPUTF8", SIZE = "10MiB" } },
  },
  -- The end is said inside TLS as well.
  { name = "221-after-2s", on = { quit = mx.accept():after "2s" } },
}

mx.profile {
  summary    = "STARTTLS, with a certificate that is right",
  hosts      = all.hosts,
  extensions = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS", SIZE = "70MiB" },
}

mx.scenario {
  summary   = "STARTTLS, with a certificate that is right",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "tls-opportunistic", "tls-ehlo-after", "tls-discard-caps", "tls-no-cmd-before-hs", "tls-no-args",
    "pipe-fresh-after-tls", "tls-min-version", "tls-1.3", "tls-sni", "tls-anon-ciphers",
  },
}
