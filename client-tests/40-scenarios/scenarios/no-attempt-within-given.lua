-- good: --waits 600
-- bad: --waits 300
-- says: 10m
local mx = require "fakemx"

mx.scenario {
  summary = "stays away for ten minutes after a failure",
  profile = "flaky-data",
  params = { tries = 1 },
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.no_attempt_within { wait = "10m" } },
}
