-- mail.com as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 5:02, 12:37, 23:59, 41:03, 66:38, 105:01, 162:35, 248:56, 378:28
-- minutes behind the first one, from 2 addresses.
-- What is said of connections is invented, and so is what comes behind the last measured try: the same wait, for two days.
local mx = require "fakemx"

mx.sender {
  summary = "mail.com as measured in 2016: 10 tries; 2 addresses",
  retry = {
    { wait = "5m2s", times = 1 }, { wait = "7m35s", times = 1 }, { wait = "11m22s", times = 1 },
    { wait = "17m4s", times = 1 }, { wait = "25m35s", times = 1 }, { wait = "38m23s", times = 1 },
    { wait = "57m34s", times = 1 }, { wait = "1h26m21s", times = 1 }, { wait = "2h9m32s" },
  },
  lifetime = "2d",

  hosts_per_try = 5,
  next_host     = "connection",
  addresses     = 2,
  connections   = 20,
  messages_per_connection = 10,
}
