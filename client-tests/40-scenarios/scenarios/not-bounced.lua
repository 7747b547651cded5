-- good: --waits 60
-- bad: --waits 60 --faults bounce-too
-- says: notice
local mx = require "fakemx"

mx.scenario {
  summary = "no word of failure about what was delivered",
  profile = "flaky-data",
  params = { tries = 1 },
  clock = "shared",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.not_bounced() },
}
