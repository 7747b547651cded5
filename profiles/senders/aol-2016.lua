-- aol.com as it was measured in 2016 against a greylist of 360 minutes (Pagani et al., DSN 2016, slide 22): tries at
-- 5:32, 11:32, 21:32, 31:32
-- minutes behind the first one, from one address; then it gave up.
-- What is said of connections is invented.
local mx = require "fakemx"

mx.sender {
  summary = "aol.com as measured in 2016: 5 tries, then it gives up",
  retry = {
    { wait = "5m32s", times = 1 }, { wait = "6m", times = 1 }, { wait = "10m", times = 1 }, { wait = "10m" },
  },
  tries_max = 5,

  hosts_per_try = 5,
  next_host     = "connection",
  connections   = 20,
  messages_per_connection = 10,
}
