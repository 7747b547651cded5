-- Defers every third recipient or so, by chance: which ones, the seed decides.
local mx = require "fakemx"

mx.profile {
  summary = "defers a third of the recipients by chance",
  domains = { "163.com" },
}

function mx.on.rcpt(s, rcpt)
  if mx.chance(1, 3, rcpt.address) then
    return mx.reply(451, "4.7.1", "Try again later")
  end
end
