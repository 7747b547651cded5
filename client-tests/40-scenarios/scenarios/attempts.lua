-- good: --waits 60,120
-- bad: --waits 60
-- says: 2 rounds
local mx = require "fakemx"

mx.scenario {
  summary = "three rounds, no more and no fewer",
  profile = "flaky-data",
  params = { tries = 2 },
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.attempts { min = 3, max = 3 } },
}
