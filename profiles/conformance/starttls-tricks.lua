-- STARTTLS that fails, or is tampered with: refused, closed, a handshake that breaks off, only TLS 1.0, certificates that are wrong,
-- replies that are slipped in before the handshake, an offer that somebody has taken out. RFC 3207 §4, §6; RFC 8996; RFC 8314 §5.
--
-- What a good sender does depends on what it was told. One that takes TLS if it can be had may go on in the clear, or come back; it tells
-- nobody of a failure for good. One that must have TLS, as every mail program that logs in must, sends no mail and no password without it,
-- and none to a certificate that it cannot verify. Nobody agrees on TLS 1.0, and nobody believes what was said in the clear.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first

-- An offer of STARTTLS that is still there inside TLS.
local function offered_again()
  return mx.reply(250, nil, { "offered-again.test", "STARTTLS", "8BITMIME" })
end

local all = variations {
  { name = "454", on = { starttls = first(mx.reply(454, "4.7.0", "TLS not available")) } },
  { name = "501", on = { starttls = first(mx.reply(501, "5.5.4", "No parameters allowed")) } },
  { name = "554", on = { starttls = first(mx.reply(554, "5.7.0", "TLS not available")) } },
  { name = "closed", on = { starttls = first(mx.accept():then_close()) } },
  { name = "handshake-reset", on = { starttls = first(mx.accept():handshake("reset", 100)) } },
  { name = "handshake-plaintext", on = { starttls = first(mx.accept():handshake("plaintext", 0)) } },
  { name = "tls-1-0", host = { tls = { oldest = "TLSv1", newest = "TLSv1" } } },
  { name = "tls-1-1", host = { tls = { oldest = "TLSv1.1", newest = "TLSv1.1" } } },
  { name = "expired", host = { tls = { certificate = "expired" } } },
  { name = "wrong-host", host = { tls = { certificate = "wrong_host" } } },
  { name = "self-signed", host = { tls = { certificate = "self_signed" } } },
  { name = "unknown-ca", host = { tls = { certificate = "unknown_ca" } } },
  -- "NO STARTTLS" (USENIX Security 2021): what comes with the 220 is not from inside TLS.
  {
    name = "slipped-in", letter = { size = "10KiB" },
    on = { starttls = mx.raw "220 Go ahead\r\n250-slipped-in.test\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1\r\n" },
  },
  { name = "offered-again", on = { ehlo = offered_again } },
  { name = "not-offered", host = { extensions = { "8BITMIME" } } },
  { name = "only-helo", on = { ehlo = mx.reply(502, nil, "Command not implemented") } },
  { name = "password-in-the-clear", host = { extensions = { "8BITMIME", "AUTH PLAIN LOGIN" } } },
}

mx.profile {
  summary    = "STARTTLS that fails or is tampered with, at each of its hosts in another way",
  hosts      = all.hosts,
  extensions = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS", SIZE = "70MiB" },
}

mx.scenario {
  summary   = "STARTTLS is refused, breaks off, is old, is stripped; wrong certificates; replies slipped in before it",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "tls-discard-caps", "tls-response-injection", "tls-no-cmd-before-hs", "tls-quit-if-insufficient", "tls-no-second",
    "tls-min-version", "tls-submission-stripped", "tls-required-config", "tls-verify-submission", "auth-no-cleartext",
    "tls-454-policy", "tls-hs-failure",
  },
}
