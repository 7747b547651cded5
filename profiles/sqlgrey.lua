-- sqlgrey behind Postfix: as postgrey, but what has passed whitelists its sender at that address, and two such senders their
-- domain. What it tests: is a sender's second recipient taken at once, and only from where the first was?
--
-- Where a line comes from is written behind it:
--   source    the program itself (sqlgrey ae84f79, of 2012)
--   wild      a reply that somebody published
--   invented  no source; a simplification
local mx = require "fakemx"
local greylist = require "fakemx.greylist"

mx.profile {
  summary = "sqlgrey: 450 Greylisted for 5 minutes; senders, then domains that have passed need not wait",
  params  = {
    reconnect_delay = mx.param.duration("5m", "how long a triplet must wait (source)"),
    max_connect_age = mx.param.duration("24h", "a triplet must be back before so long (source)"),
    awl_age         = mx.param.duration("60d", "how long a sender or a domain need not wait, from its last use (source)"),
    group_domain    = mx.param.integer(2, "senders of a domain that must pass before all of it need not wait (source)"),
    greymethod      = mx.param.choice({ "classc", "full" }, "networks of 24 bits, or single addresses (source; its smart choice between them looks at host names)"),
  },
}

local client = mx.params.greymethod == "full" and "ip" or "network"

-- "Greylisted for 5 minutes": source. What Postfix puts before it: wild, but for 4.7.1, which newer ones add (invented).
local minutes = mx.seconds(mx.params.reconnect_delay) // 60

mx.manners {
  greylist {
    name   = "sqlgrey",
    key    = { client, "sender", "recipient" },
    delay  = mx.params.reconnect_delay,
    window = mx.params.max_connect_age,
    pass   = mx.params.awl_age,
    early  = "keep",                           -- source
    answer = function(_, rcpt)
      return mx.reply(450, "4.7.1", "<" .. rcpt.address .. ">: Recipient address rejected: Greylisted for " .. minutes .. " minutes")
    end,
    whitelists = {
      { after = 1, key = { client, "sender" }, lasts = mx.params.awl_age },                                        -- from_awl
      { after = mx.params.group_domain, key = { client, "sender_domain" }, counts = "sender", lasts = mx.params.awl_age },  -- domain_awl
    },
  },
}
