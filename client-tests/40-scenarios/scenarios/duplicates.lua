-- good: --waits 60
-- bad: --waits 60,60 --faults twice
-- says: 2
local mx = require "fakemx"

mx.scenario {
  summary = "no message twice",
  profile = "accept",
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = { mx.expect.duplicates { max = 0 } },
}
