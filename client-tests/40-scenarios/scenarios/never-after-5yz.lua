-- good: --waits 60
-- bad: --waits 60 --faults after-5yz
-- says: 554
local mx = require "fakemx"

mx.profile { summary = "554 for good" }

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(554, "5.7.1", "Content refused") end
end

mx.scenario {
  summary = "554 is final",
  clock = "shared",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.never_after_5yz() },
}
