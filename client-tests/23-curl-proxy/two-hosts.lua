-- One host in the clear, one with TLS from the first octet.
local mx = require "fakemx"

mx.profile {
  summary = "two hosts behind a proxy",
  hosts   = {
    { name = "mx1.fakemx.test" },
    { name = "mx2.fakemx.test", tls = { implicit = true } },
  },
}
