-- Courier: three tries 5 minutes apart (retryalpha, retrybeta), then a pause (retrygamma, 15 minutes, doubled up to
-- retrymaxdelta = 3 times), and again. Source: courier.sgml. What is said of connections is invented, but for four to one
-- domain (MAXHOST).
local mx = require "fakemx"

mx.sender {
  summary = "Courier: threes of tries 5 min apart, with pauses of 15, 30, 60 and 120 min between; 7 days",
  retry = {
    { wait = "5m", times = 3 },
    { wait = "15m", times = 1 }, { wait = "5m", times = 2 },
    { wait = "30m", times = 1 }, { wait = "5m", times = 2 },
    { wait = "60m", times = 1 }, { wait = "5m", times = 2 },
    { wait = "120m", times = 1 }, { wait = "5m", times = 2 },
  },
  retry_again_from = 8,
  lifetime = "7d",

  hosts_per_try = 100,
  next_host     = "connection",
  connections   = 4,
  messages_per_connection = 100,
  keeps_connection = "5s",
}
