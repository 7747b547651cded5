-- good: --waits 300,600
-- bad: --waits 60,600
-- says: 1m
local mx = require "fakemx"

mx.scenario {
  summary = "no wait shorter than five minutes, none longer than an hour",
  profile = "flaky-data",
  params = { tries = 2 },
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.waits { min = "5m", max = "1h" } },
}
