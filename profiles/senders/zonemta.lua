-- ZoneMTA: a list of waits. Source: cf94b99, lib/sender.js. The number of connections is that of a zone in its example
-- configuration; one message for each is invented.
local mx = require "fakemx"

mx.sender {
  summary = "ZoneMTA: after 5, 12, 20, 45, 120 and 240 min, then every 4 h; 48 hours",
  retry = {
    { wait = "5m", times = 1 }, { wait = "7m", times = 1 }, { wait = "8m", times = 1 },
    { wait = "25m", times = 1 }, { wait = "75m", times = 1 }, { wait = "2h", times = 1 },
    { wait = "4h" },
  },
  lifetime = "48h",

  hosts_per_try = 100,
  next_host     = "connection",
  connections   = 5,
  messages_per_connection = 1,
}
