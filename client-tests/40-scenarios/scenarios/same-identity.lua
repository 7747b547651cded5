-- good: --waits 60
-- bad: --waits 60 --faults helo
-- says: mta2.example.test
local mx = require "fakemx"

mx.scenario {
  summary = "the same name, envelope and message in all tries",
  profile = "flaky-data",
  params = { tries = 1 },
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.same_identity() },
}
