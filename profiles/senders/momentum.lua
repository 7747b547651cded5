-- Momentum 3 and 4: 20 minutes, twice as long each time, up to 12 hours. 24 hours are built in, the shipped configuration
-- says 7 days. Source: conf.ref.retry_interval, conf.ref.message_expiration. What is said of connections is invented.
local mx = require "fakemx"

local params = {
  retry_interval     = mx.param.duration("20m", "first wait"),
  message_expiration = mx.param.duration("7d", "age at which a message is given up; 24h is built in"),
}

mx.sender {
  summary = "Momentum: 20 min, twice as long each time, to 12 h; 7 days",
  params = params,
  retry    = { { wait = params.retry_interval, factor = 2, at_most = "12h" } },
  lifetime = params.message_expiration,

  hosts_per_try = 100,
  next_host     = "connection",
  connections   = 20,
  messages_per_connection = 100,
  keeps_connection = "5s",
}
