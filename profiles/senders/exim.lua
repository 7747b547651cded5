-- Exim 4 with the retry rule of its configure.default, `* * F,2h,15m; G,16h,1h,1.5; F,4d,6h`, and a queue runner every
-- 30 minutes (-q30m): so it comes at 30, 60 … 150 minutes, then after 1 h, 1.5 h, 2.5 h, 3.5 h, 5.5 h, and every 6 h.
-- Source: src/configure.default, src/retry.c, transports/smtp.c; seen from Exim 4.96 on a virtual clock
-- (docs/internals/SHARED-CLOCK.md).
local mx = require "fakemx"

local params = {
  queue_run = mx.param.duration("30m", "how often a queue runner starts (-q)"),
}

mx.sender {
  summary = "Exim: 15 min for 2 h, 1 h times 1.5 to 16 h, then 6 h, in queue runs of 30 min; 4 days",
  params = params,
  retry = {
    { wait = "15m", within = "2h" },
    { wait = "1h", factor = "3/2", within = "16h" },
    { wait = "6h" },
  },
  queue_run = params.queue_run,
  lifetime  = "4d",
  gives_up  = "after_last_run",

  hosts_per_try = 5,              -- hosts_max_try
  next_host     = "transaction",  -- a refused RCPT is about the address, and no other host is asked

  connections = 5,                -- queue_run_max
  messages_per_connection = 500,  -- connection_max_messages
  dead_after  = 1,                -- a host that cannot be reached waits by the same rule, with all its messages

  timeouts = { connect = "5m", data = "5m" },  -- the others are the defaults: 5 min, and 10 for the message
}
