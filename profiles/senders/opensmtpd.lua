-- OpenSMTPD: at 400·n² seconds behind the message's creation.
-- Source: 3153385, usr.sbin/smtpd/scheduler_ramqueue.c (backoff), limit.c (5 connections for each route, 100 messages for
-- each session, kept 10 s); seen from OpenSMTPD 6.8 on a virtual clock (docs/internals/SHARED-CLOCK.md).
local mx = require "fakemx"

mx.sender {
  summary  = "OpenSMTPD: at 400·n² s behind the message's creation; 4 days",
  retry    = { { square = "400s" } },
  lifetime = "4d",
  gives_up = "at_lifetime",

  hosts_per_try = 100,
  next_host     = "connection",  -- a temporary refusal of the message is not taken elsewhere

  connections = 5,
  messages_per_connection = 100,
  keeps_connection = "10s",
  bounces_at_greeting = false,
}
