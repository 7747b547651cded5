-- KumoMTA: 20 minutes, twice as long each time, without a longest wait; the bounce comes as soon as the next try would be
-- too late. Source: docs of make_queue_config (retry_interval, max_age) and make_egress_path (connection_limit,
-- max_deliveries_per_connection, consecutive_connection_failures_before_delay, data_dot_timeout). How far its jitter goes
-- is invented.
local mx = require "fakemx"

local params = {
  retry_interval = mx.param.duration("20m", "first wait"),
  max_age        = mx.param.duration("7d", "age at which a message is given up"),
}

mx.sender {
  summary = "KumoMTA: 20 min, twice as long each time; 7 days",
  params = params,
  retry    = { { wait = params.retry_interval, factor = 2, spread = "30s" } },
  lifetime = params.max_age,
  gives_up = "before_next",

  hosts_per_try = 100,
  next_host     = "connection",
  connections   = 32,
  messages_per_connection = 1024,
  keeps_connection = "5s",
  dead_after = 100,
  dead_for   = params.retry_interval,
  timeouts = {
    connect = "60s", greeting = "60s", hello = "60s", mail = "60s", rcpt = "60s", data = "60s", message = "60s",
  },
}
