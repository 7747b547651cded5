-- One host for each case of the test, named after what Exim is told to want and what it meets there.
local mx = require "fakemx"

local clear   = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES" }
local too_old = { oldest = "TLSv1", newest = "TLSv1" }

mx.profile {
  summary    = "TLS as Exim meets it",
  extensions = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS" },
  hosts      = {
    { name = "try-valid.test" },
    { name = "try-expired.test", tls = { certificate = "expired" } },
    { name = "try-454.test" },
    { name = "try-554.test" },
    { name = "try-not-offered.test", extensions = clear },
    { name = "try-too-old.test", tls = too_old },
    { name = "require-self-signed.test", tls = { certificate = "self_signed" } },
    { name = "require-454.test" },
    { name = "require-554.test" },
    { name = "require-not-offered.test", extensions = clear },
    { name = "require-too-old.test", tls = too_old },
    { name = "verify-valid.test" },
    { name = "verify-expired.test", tls = { certificate = "expired" } },
    { name = "verify-not-yet-valid.test", tls = { certificate = "not_yet_valid" } },
    { name = "verify-wrong-host.test", tls = { certificate = "wrong_host" } },
    { name = "verify-self-signed.test", tls = { certificate = "self_signed" } },
    { name = "verify-unknown-ca.test", tls = { certificate = "unknown_ca" } },
    { name = "verify-weak-key.test", tls = { certificate = "weak_key" } },
    { name = "verify-weak-hash.test", tls = { certificate = "weak_hash" } },
    { name = "verify-missing-intermediate.test", tls = { certificate = "missing_intermediate" } },
    { name = "only-verify-expired.test", tls = { certificate = "expired" } },
    { name = "implicit-valid.test", tls = { implicit = true } },
    { name = "implicit-expired.test", tls = { implicit = true, certificate = "expired" } },
  },
}

local refused = mx.state "refused"

function mx.on.starttls(s)
  if s.host == "try-454.test" or (s.host == "require-454.test" and refused:add(s.host) == 1) then
    return mx.reply(454, "4.7.0", "TLS not available, try again later")
  end
  if s.host == "try-554.test" or s.host == "require-554.test" then
    return mx.reply(554, "5.7.0", "No TLS here")
  end
end
