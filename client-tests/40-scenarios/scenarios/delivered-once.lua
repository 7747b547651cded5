-- The first two tries of a message fail; the third is accepted, and that is all.
-- good: --waits 60,120
-- bad: --waits 60,120,300 --faults twice
-- says: duplicated
local mx = require "fakemx"

mx.scenario {
  summary = "delivered exactly once, although two tries fail",
  profile = "flaky-data",
  params = { tries = 2 },
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.delivered_once() },
}
