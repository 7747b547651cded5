-- The opposite of qq-throttled: the sender reads QQ's text, waits for the five minutes, and delivers.
local mx = require "fakemx"

mx.scenario {
  summary = "reads QQ's text, and comes back",
  profile = "qq",
  params  = { ip_per_minute = 1 },
  clock   = "shared",
  over    = "settled",
  watch   = "6h",
  notices = { "example.test" },
  send    = { from = "ann@example.test", to = "bob@qq.com", count = 3 },
  expect  = {
    mx.expect.delivered_once(),
    mx.expect.waits { min = "5m" },
    mx.expect.not_bounced(),
  },
}
