-- yandex.com as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 1:05, 2:58, 6:53, 14:55, 30:28, 45:41, 61:01
-- minutes behind the first one, then every 15m30s, from one address.
-- What is said of connections is invented, and so is what comes behind the last measured try: the lifetime of two days.
local mx = require "fakemx"

mx.sender {
  summary = "yandex.com as measured in 2016: 8 tries, then every 15m30s",
  retry = {
    { wait = "1m5s", times = 1 }, { wait = "1m53s", times = 1 }, { wait = "3m55s", times = 1 },
    { wait = "8m2s", times = 1 }, { wait = "15m33s", times = 1 }, { wait = "15m13s", times = 1 },
    { wait = "15m20s", times = 1 }, { wait = "15m30s" },
  },
  lifetime = "2d",

  hosts_per_try = 5,
  next_host     = "connection",
  connections   = 20,
  messages_per_connection = 10,
}
