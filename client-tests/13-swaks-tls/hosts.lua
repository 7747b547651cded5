-- STARTTLS, TLS from the first octet, and certificates that a client should not like. AUTH is offered inside TLS only.
local mx = require "fakemx"

mx.profile {
  summary           = "TLS and AUTH for swaks",
  extensions        = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS" },
  extensions_in_tls = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN CRAM-MD5" },
  users             = { ann = "secret" },
  hosts             = {
    { name = "starttls.fakemx.test" },
    { name = "implicit.fakemx.test", tls = { implicit = true } },
    { name = "auth.fakemx.test", auth_required = true },
    { name = "expired.fakemx.test", tls = { certificate = "expired" } },
    { name = "unknown-ca.fakemx.test", tls = { certificate = "unknown_ca" } },
    { name = "refused.fakemx.test" },
  },
}

function mx.on.starttls(s)
  if s.host == "refused.fakemx.test" then
    return mx.reply(454, "4.7.0", "TLS not available")
  end
end
