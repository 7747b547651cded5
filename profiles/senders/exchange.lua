-- Exchange Server: four tries a minute apart (glitch retry), six 5 minutes apart (transient failure retry), then every 10
-- minutes. Source: learn.microsoft.com aa998043 and the flow chart of its retries; MaxPerDomainOutboundConnections 20,
-- SmtpMaxMessagesPerConnection 20.
local mx = require "fakemx"

mx.sender {
  summary  = "Exchange: 4 times after 1 min, 6 times after 5 min, then every 10 min; 2 days",
  retry    = { { wait = "1m", times = 4 }, { wait = "5m", times = 6 }, { wait = "10m" } },
  lifetime = "2d",
  gives_up = "at_lifetime",

  hosts_per_try = 100,
  next_host     = "connection",
  connections   = 20,
  messages_per_connection = 20,
  bounces_at_greeting = false,
}
