-- mail.ru as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 1:18, 19:15, 49:14, 79:49, 113:20, 154:18, 187:53, 235:20, 271:03, 305:50, 340:38, 373:45
-- minutes behind the first one, from 7 addresses.
-- What is said of connections is invented, and so is what comes behind the last measured try: the same wait, for two days.
local mx = require "fakemx"

mx.sender {
  summary = "mail.ru as measured in 2016: 13 tries; 7 addresses",
  retry = {
    { wait = "1m18s", times = 1 }, { wait = "17m57s", times = 1 }, { wait = "29m59s", times = 1 },
    { wait = "30m35s", times = 1 }, { wait = "33m31s", times = 1 }, { wait = "40m58s", times = 1 },
    { wait = "33m35s", times = 1 }, { wait = "47m27s", times = 1 }, { wait = "35m43s", times = 1 },
    { wait = "34m47s", times = 1 }, { wait = "34m48s", times = 1 }, { wait = "33m7s" },
  },
  lifetime = "2d",

  hosts_per_try = 5,
  next_host     = "connection",
  addresses     = 7,
  connections   = 20,
  messages_per_connection = 10,
}
