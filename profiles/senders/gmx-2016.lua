-- gmx.com as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 5:01, 12:33, 23:50, 40:46, 66:09, 104:14, 161:22, 247:04, 375:36
-- minutes behind the first one, from 3 addresses.
-- What is said of connections is invented, and so is what comes behind the last measured try: the same wait, for two days.
local mx = require "fakemx"

mx.sender {
  summary = "gmx.com as measured in 2016: 10 tries; 3 addresses",
  retry = {
    { wait = "5m1s", times = 1 }, { wait = "7m32s", times = 1 }, { wait = "11m17s", times = 1 },
    { wait = "16m56s", times = 1 }, { wait = "25m23s", times = 1 }, { wait = "38m5s", times = 1 },
    { wait = "57m8s", times = 1 }, { wait = "1h25m42s", times = 1 }, { wait = "2h8m32s" },
  },
  lifetime = "2d",

  hosts_per_try = 5,
  next_host     = "connection",
  addresses     = 3,
  connections   = 20,
  messages_per_connection = 10,
}
