-- qq.com as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 5:05, 5:11, 5:17, 6:19, 8:22, 12:25, 20:29, 52:31, 84:35, 144:42, 204:56
-- minutes behind the first one, from 2 addresses; then it gave up.
-- What is said of connections is invented.
local mx = require "fakemx"

mx.sender {
  summary = "qq.com as measured in 2016: 12 tries, then it gives up; 2 addresses",
  retry = {
    { wait = "5m5s", times = 1 }, { wait = "6s", times = 1 }, { wait = "6s", times = 1 },
    { wait = "1m2s", times = 1 }, { wait = "2m3s", times = 1 }, { wait = "4m3s", times = 1 },
    { wait = "8m4s", times = 1 }, { wait = "32m2s", times = 1 }, { wait = "32m4s", times = 1 },
    { wait = "1h7s", times = 1 }, { wait = "1h14s" },
  },
  tries_max = 12,

  hosts_per_try = 5,
  next_host     = "connection",
  addresses     = 2,
  connections   = 20,
  messages_per_connection = 10,
}
