-- india.com as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 6:21, 16:21, 36:21, 76:21, 146:22, 216:21, 286:21, 356:21, 426:21
-- minutes behind the first one, from one address.
-- What is said of connections is invented, and so is what comes behind the last measured try: the same wait, for two days.
local mx = require "fakemx"

mx.sender {
  summary = "india.com as measured in 2016: 10 tries",
  retry = {
    { wait = "6m21s", times = 1 }, { wait = "10m", times = 1 }, { wait = "20m", times = 1 },
    { wait = "40m", times = 1 }, { wait = "1h10m1s", times = 1 }, { wait = "1h9m59s", times = 1 },
    { wait = "1h10m", times = 1 }, { wait = "1h10m", times = 1 }, { wait = "1h10m" },
  },
  lifetime = "2d",

  hosts_per_try = 5,
  next_host     = "connection",
  connections   = 20,
  messages_per_connection = 10,
}
