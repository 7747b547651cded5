-- A receiver that offers STARTTLS with a certificate that is right, or wrong in the way you ask for.
-- What it tests: does the sender take up the offer, does it look at the certificate, and what does it do
-- with the message when it does not like what it sees?
local mx = require "fakemx"

local certificate = mx.param.choice({
  "valid", "expired", "not_yet_valid", "wrong_host", "self_signed", "unknown_ca", "weak_key", "weak_hash",
  "missing_intermediate",
}, "what the certificate is like")

mx.profile {
  summary    = "STARTTLS with a certificate that is right, or wrong in one way",
  extensions = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS", SIZE = "70MiB" },
  params     = {
    certificate = certificate,
    required    = mx.param.boolean(false, "refuse mail that comes in the clear"),
  },
  tls = { certificate = certificate },
}

function mx.on.mail(s, mail)
  if mx.params.required and not s.tls then
    return mx.reply(530, "5.7.0", "Must issue a STARTTLS command first")
  end
end
