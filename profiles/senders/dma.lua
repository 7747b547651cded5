-- DragonFly Mail Agent: a process for each message, which sleeps for 5 minutes and then 1.5 to 2.5 times as long each
-- time, up to 3 hours. Source: 7f88bbe, dma.h (MIN_RETRY, MAX_RETRY, MAX_TIMEOUT), dma.c (deliver); seen from dma 0.13.
local mx = require "fakemx"

mx.sender {
  summary  = "dma: 5 min, times 1.5 to 2.5 by chance, up to 3 h; 5 days",
  retry    = { { wait = "5m", factor = "3/2", factor_most = "5/2", at_most = "3h" } },
  lifetime = "5d",

  hosts_per_try = 100,
  next_host     = "recipient",

  connections = 1000,  -- a process for each message; the number is invented
  messages_per_connection = 1,
  pipelining = false, starttls = false,
}
