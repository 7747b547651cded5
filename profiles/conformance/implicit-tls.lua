-- Submission to a port where TLS comes first (RFC 8314 §3.3): a valid certificate, TLS 1.2 alone, TLS 1.0 alone, certificates that are
-- wrong, and a host that speaks in the clear there all the same. FAKEMX_TLS says "implicit" for each of them.
--
-- A good sender begins with the handshake, waits for the greeting inside, and verifies the name that it was told, FAKEMX_HOST. Where the
-- certificate is wrong it submits nothing: neither mail nor password.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local function host(tls)
  tls.implicit = true
  return { tls = tls }
end

local all = variations {
  { name = "valid", host = host {} },
  { name = "tls-1-2", host = host { newest = "TLSv1.2" } },
  { name = "tls-1-0", host = host { oldest = "TLSv1", newest = "TLSv1" } },
  { name = "expired", host = host { certificate = "expired" } },
  { name = "wrong-host", host = host { certificate = "wrong_host" } },
  { name = "self-signed", host = host { certificate = "self_signed" } },
  { name = "unknown-ca", host = host { certificate = "unknown_ca" } },
  { name = "in-the-clear", host = host { handshake = "plaintext" } },
}

mx.profile {
  summary    = "submission over TLS from the first octet, with certificates that are right and wrong",
  hosts      = all.hosts,
  extensions = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN", SIZE = "70MiB" },
}

mx.scenario {
  summary   = "TLS from the first octet: old versions, wrong certificates, a host that has no TLS after all",
  senders   = { "mua" },
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  exercises = { "tls-implicit", "tls-verify-submission", "tls-min-version", "tls-1.3", "tls-sni", "tls-anon-ciphers" },
}
