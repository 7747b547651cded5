-- Haraka: 64 seconds, twice as long each time, 13 failures in all. Source: 0bf10cb, config/outbound.ini, outbound/config.js
-- (temp_fail_intervals, concurrency_max); seen from Haraka 3.3.4 up to 2048 s.
local mx = require "fakemx"

mx.sender {
  summary   = "Haraka: 64 s, twice as long each time; 13 tries in 72.8 hours",
  retry     = { { wait = "64s", factor = 2 } },
  tries_max = 13,

  hosts_per_try = 100,
  next_host     = "connection",
  connections   = 100,
  messages_per_connection = 1,
  bounces_at_greeting = false,
}
