-- Postfix 2.4 and later, with the defaults of its main.cf.
-- The deferred queue is scanned every queue_run_delay (300 s). A message waits as long as it is old, but at least
-- minimal_backoff_time (300 s) and at most maximal_backoff_time (4000 s); so it comes at 300, 600, 1200, 2400, 4800, 9000
-- and then every 4200 s, on the grid. Source: postfix 17830e5, src/global/mail_params.h, src/qmgr/qmgr_active.c,
-- qmgr_feedback.c, qmgr_queue.c; seen from Postfix 3.7 on a virtual clock (docs/internals/SHARED-CLOCK.md).
local mx = require "fakemx"

local params = {
  queue_run_delay        = mx.param.duration("300s", "how often the deferred queue is scanned"),
  minimal_backoff_time   = mx.param.duration("300s", "shortest wait, and how long a dead destination is left alone"),
  maximal_backoff_time   = mx.param.duration("4000s", "longest wait"),
  maximal_queue_lifetime = mx.param.duration("5d", "age at which a message is returned"),
  destination_concurrency_limit = mx.param.integer(20, "connections at once to one destination"),
}

mx.sender {
  summary = "Postfix: waits as long as the message is old, 300 s to 4000 s, on a grid of 300 s; 5 days",
  params = params,
  retry     = { { age = true, at_least = params.minimal_backoff_time, at_most = params.maximal_backoff_time } },
  queue_run = params.queue_run_delay,
  lifetime  = params.maximal_queue_lifetime,
  gives_up  = "after_try",  -- the first try at that age that fails

  hosts_per_try = 2,            -- smtp_mx_session_limit
  next_host     = "recipient",  -- any 4yz, unless this was the last host

  connections       = params.destination_concurrency_limit,
  connections_first = 5,        -- initial_destination_concurrency; + 1 for each delivery that reaches the host
  messages_per_connection = 100000,  -- smtp_connection_reuse_count_limit = 0: no limit
  keeps_connection  = "2s",     -- smtp_connection_cache_time_limit
  dead_after        = 1,        -- default_destination_concurrency_failed_cohort_limit
  dead_counts       = "cohorts",
  dead_for          = params.minimal_backoff_time,

  bounces_at_greeting = false,  -- smtp_skip_5xx_greeting
  timeouts = {
    connect = "30s", greeting = "300s", hello = "300s", mail = "300s", rcpt = "300s", data = "120s", message = "600s",
  },
}
