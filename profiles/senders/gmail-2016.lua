-- gmail.com as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 6:02, 29:02, 56:36, 98:44, 162:03, 229:44, 309:05, 434:46
-- minutes behind the first one, from 7 addresses.
-- What is said of connections is invented, and so is what comes behind the last measured try: the same wait, for two days.
local mx = require "fakemx"

mx.sender {
  summary = "gmail.com as measured in 2016: 9 tries; 7 addresses",
  retry = {
    { wait = "6m2s", times = 1 }, { wait = "23m", times = 1 }, { wait = "27m34s", times = 1 },
    { wait = "42m8s", times = 1 }, { wait = "1h3m19s", times = 1 }, { wait = "1h7m41s", times = 1 },
    { wait = "1h19m21s", times = 1 }, { wait = "2h5m41s" },
  },
  lifetime = "2d",

  hosts_per_try = 5,
  next_host     = "connection",
  addresses     = 7,
  connections   = 20,
  messages_per_connection = 10,
}
