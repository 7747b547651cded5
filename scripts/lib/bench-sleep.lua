-- Puts every session to sleep at its first recipient; scripts/bench weighs them.
local mx = require "fakemx"

mx.profile {
  summary = "sleeps for an hour at RCPT",
  domains = { "163.com" },
}

function mx.on.rcpt(s, rcpt)
  mx.sleep("1h")
end
