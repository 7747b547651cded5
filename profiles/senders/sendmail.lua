-- Sendmail 8: no schedule for a single message; every queue run tries all of them (MinQueueAge is 0). How often
-- that is, the site says with -q: 10 minutes in Debian, 15, 30 and 60 are common.
-- Source: cf/m4/proto.m4 (Timeout.queuereturn 5 d), sendmail/queue.c; seen from 8.17.1 with a short -q.
local mx = require "fakemx"

local params = {
  queue_run   = mx.param.duration("15m", "how often the queue is run (-q)"),
  queuereturn = mx.param.duration("5d", "Timeout.queuereturn"),
}

mx.sender {
  summary = "Sendmail: everything in every queue run, every 15 min; 5 days",
  params = params,
  retry     = { { wait = "0s" } },
  queue_run = params.queue_run,
  lifetime  = params.queuereturn,

  hosts_per_try = 100,            -- MAXMXHOSTS
  next_host     = "transaction",

  connections = 1,                -- one process works through the queue
  messages_per_connection = 100000,
  bounces_at_greeting = false,
}
