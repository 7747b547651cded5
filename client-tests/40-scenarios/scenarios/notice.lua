-- good: --waits 3600,86400
-- bad: --waits 3600,86400 --faults silent
-- says: no notice
local mx = require "fakemx"

mx.profile { summary = "451 for good" }

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "tells the sender that it has given up",
  clock = "shared",
  horizon = "9d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.notice { after = "1d", before = "2d" } },
}
