-- STARTTLS, TLS from the first octet, and a certificate for somebody else.
local mx = require "fakemx"

mx.profile {
  summary    = "three hosts that speak TLS",
  extensions = { "PIPELINING", "8BITMIME", "STARTTLS" },
  hosts      = {
    { name = "mx1.fakemx.test" },
    { name = "mx2.fakemx.test", tls = { implicit = true } },
    { name = "mx3.fakemx.test", tls = { certificate = "wrong_host" } },
  },
}

function mx.on.mail(s, mail)
  if not s.tls then
    return mx.reply(530, "5.7.0", "Must issue a STARTTLS command first")
  end
end
