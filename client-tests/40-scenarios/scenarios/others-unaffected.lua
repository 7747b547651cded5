-- One domain defers; the other must not wait for it. The bad sender never gets to the other one in time: its own wait is first.
-- good: --waits 3600
-- bad: --waits 3600 --faults in-order
-- says: 126.com
local mx = require "fakemx"

mx.profile { summary = "163.com is out of order for a while" }

function mx.on.rcpt(s, rcpt)
  if rcpt.domain == "163.com" and rcpt.attempt == 1 then return mx.reply(451, "4.3.0", "Out of order") end
end

mx.scenario {
  summary = "a domain that fails holds up no other",
  clock = "shared",
  send = {
    { from = "ann@example.test", to = "bob@163.com" },
    { from = "ann@example.test", to = "eve@126.com" },
  },
  expect = { mx.expect.others_unaffected { domain = "163.com", within = "1m" } },
}
