-- A receiver that refuses clients without a host name: what XCLIENT said is what counts.
local mx = require "fakemx"

mx.profile { summary = "no host name, no service" }

function mx.on.rcpt(s, rcpt)
  if not s.name then
    return mx.reply(450, "4.7.25", "Client host rejected: cannot find your hostname, [" .. s.ip .. "]")
  end
end
