-- Netease's "come back in 15 minutes": fakemx run netease-first-contact --share-clock -- ./start-my-sender
-- What it tests: a sender that Netease does not know yet is told 451 DT:SPM … 15min later, at each of the MX hosts that it tries. One
-- that comes back sooner is told so again, and may be refused for good: --set early_retry=strict.
local mx = require "fakemx"

mx.scenario {
  summary = "451 DT:SPM, 15min later: waits so long, and is taken then",
  profile = "netease",
  params  = { internal_error = "0" },
  clock   = "shared",
  horizon = "2d",
  over    = "settled",
  notices = { "example.test" },
  send    = {
    { from = "ann@example.test", to = "bob@163.com" },
    { from = "ben@example.test", to = "bob@126.com" },
    { from = "cleo@example.test", to = "bob@yeah.net" },
  },
  expect = {
    mx.expect.delivered_once(),
    mx.expect.no_attempt_within(),
    mx.expect.same_identity { ignore = { "size" } },
  },
}
