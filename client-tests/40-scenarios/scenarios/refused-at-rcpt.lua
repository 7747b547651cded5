-- Refused before the message is seen: it is recognised by there being only one.
-- good: --waits 60
-- bad: --waits 60 --faults after-5yz
-- says: more messages from ann@example.test to bob@163.com came than were sent
local mx = require "fakemx"

mx.profile { summary = "550 for good" }

function mx.on.rcpt(s)
  if s.from ~= "" then return mx.reply(550, "5.1.1", "User not found") end
end

mx.scenario {
  summary = "550 to RCPT is final",
  clock = "shared",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.never_after_5yz() },
}
