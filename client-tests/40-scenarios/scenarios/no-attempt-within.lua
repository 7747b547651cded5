-- The reply says when to come back.
-- good: --waits 900
-- bad: --waits 300
-- says: 15m
local mx = require "fakemx"

mx.profile { summary = "come back in 15 minutes" }

function mx.on.rcpt(s, rcpt)
  if rcpt.attempt == 1 then return mx.reply(451, "4.7.1", "Greylisted, please try again in 15 minutes") end
end

mx.scenario {
  summary = "heeds the wait that a reply asks for",
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.no_attempt_within() },
}
