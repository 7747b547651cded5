-- yahoo.co.uk as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 2:07, 5:39, 12:58, 27:16, 55:13, 109:35, 216:47, 430:36
-- minutes behind the first one, from one address.
-- What is said of connections is invented, and so is what comes behind the last measured try: the same wait, for two days.
local mx = require "fakemx"

mx.sender {
  summary = "yahoo.co.uk as measured in 2016: 9 tries",
  retry = {
    { wait = "2m7s", times = 1 }, { wait = "3m32s", times = 1 }, { wait = "7m19s", times = 1 },
    { wait = "14m18s", times = 1 }, { wait = "27m57s", times = 1 }, { wait = "54m22s", times = 1 },
    { wait = "1h47m12s", times = 1 }, { wait = "3h33m49s" },
  },
  lifetime = "2d",

  hosts_per_try = 5,
  next_host     = "connection",
  connections   = 20,
  messages_per_connection = 10,
}
