-- qmail 1.03 and notqmail: remote deliveries come at (20·n)² seconds behind the message's birth.
-- Source: notqmail a7012e4, qmail-send.c (chanskip, nextretry, lifetime 604800), qmail-remote.c.
local mx = require "fakemx"

mx.sender {
  summary  = "qmail: at 400·n² s behind the message's birth; 7 days",
  retry    = { { square = "400s" } },
  lifetime = "7d",

  hosts_per_try = 100,           -- until one takes the connection
  next_host     = "connection",

  connections = 20,              -- concurrencyremote
  messages_per_connection = 1,
  esmtp = false, pipelining = false, starttls = false,
  bounces_at_greeting = false,
  timeouts = {
    connect = "60s", greeting = "20m", hello = "20m", mail = "20m", rcpt = "20m", data = "20m", message = "20m",
  },
}
