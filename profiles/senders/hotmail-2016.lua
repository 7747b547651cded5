-- hotmail.com as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 1:01, 2:03, 3:04, 5:06, 8:07, 12:08, 16:10
-- minutes behind the first one, then every 4m, from one address.
-- What is said of connections is invented, and so is what comes behind the last measured try: the lifetime of two days.
local mx = require "fakemx"

mx.sender {
  summary = "hotmail.com as measured in 2016: 8 tries, then every 4m",
  retry = {
    { wait = "1m1s", times = 1 }, { wait = "1m2s", times = 1 }, { wait = "1m1s", times = 1 },
    { wait = "2m2s", times = 1 }, { wait = "3m1s", times = 1 }, { wait = "4m1s", times = 1 },
    { wait = "4m2s", times = 1 }, { wait = "4m" },
  },
  lifetime = "2d",

  hosts_per_try = 5,
  next_host     = "connection",
  connections   = 20,
  messages_per_connection = 10,
}
