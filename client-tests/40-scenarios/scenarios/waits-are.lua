-- good: --waits 300,600
-- bad: --waits 300,900
-- says: 15m
local mx = require "fakemx"

mx.scenario {
  summary = "five minutes, then ten",
  profile = "flaky-data",
  params = { tries = 2 },
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.waits { "5m", "10m", tolerance = "1s" } },
}
