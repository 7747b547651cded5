-- Everything but notices is deferred for good.
-- good: --waits 86400,86400,86400,86400,86400
-- bad: --waits 3600,86400
-- says: 1d1h
local mx = require "fakemx"

mx.profile { summary = "451 for good" }

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "gives up after four to six days",
  clock = "shared",
  horizon = "9d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.gave_up { after = "4d", before = "6d" } },
}
