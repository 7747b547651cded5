-- PowerMTA with the values found in published configurations: retry-after 10m, bounce-after 4d12h, max-smtp-out 20. Its
-- backoff mode (backoff-retry-after 1h) is entered by rules of the site and is not modelled; --sender-set
-- retry_after=1h shows what it would do. What is said of messages per connection is invented.
local mx = require "fakemx"

local params = {
  retry_after  = mx.param.duration("10m", "retry-after"),
  bounce_after = mx.param.duration("4d12h", "bounce-after"),
  max_smtp_out = mx.param.integer(20, "connections at once to one domain"),
}

mx.sender {
  summary = "PowerMTA: every 10 min; 4 days 12 hours",
  params = params,
  retry    = { { wait = params.retry_after } },
  lifetime = params.bounce_after,
  gives_up = "at_lifetime",

  hosts_per_try = 100,
  next_host     = "connection",
  connections   = params.max_smtp_out,
  messages_per_connection = 100,
}
