-- A greylister: fakemx run greylisted --share-clock --set delay=15m -- ./start-my-sender
-- What it tests: the sender comes back, and delivers exactly once. Whether it comes back sooner than the reply says stands among the
-- findings; RFC 5321 has no place for such a wait, so that it decides nothing here.
local mx = require "fakemx"

mx.scenario {
  summary = "greylisted: comes back, and delivers exactly once",
  profile = "greylist",
  clock = "shared",
  over = "settled",
  horizon = "2d",
  watch = "6h",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = {
    mx.expect.attempts { min = 2 },
    mx.expect.delivered_once(),
    mx.expect.not_bounced(),
  },
}
