-- Postal: 5 minutes, 1.3 times as long each time, 18 tries. It reads the wait out of a reply that has "(number) seconds" or
-- "(number) minutes" and adds 10 s; Netease's "15min" is neither. Source: 8ef8960, has_locking.rb, smtp_sender.rb. The
-- number of connections is invented.
local mx = require "fakemx"

mx.sender {
  summary     = "Postal: 5 min, 1.3 times as long each time, or as long as the reply says; 18 tries",
  retry       = { { wait = "5m", factor = "13/10" } },
  tries_max   = 18,
  heeds_waits = "10s",

  hosts_per_try = 100,
  next_host     = "connection",
  connections   = 4,
  messages_per_connection = 100,
  bounces_at_greeting = false,
}
