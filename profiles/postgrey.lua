-- postgrey behind Postfix: a policy service that defers an unknown network, sender and recipient. What it tests: does the
-- sender come back after five minutes, from the same network and with the same sender?
--
-- Where a line comes from is written behind it:
--   source    the program itself (postgrey 6228bd1)
--   wild      a reply that somebody published
--   invented  no source; a simplification
local mx = require "fakemx"
local greylist = require "fakemx.greylist"

mx.profile {
  summary = "postgrey: 450 4.2.0 Greylisted, for five minutes, by network, sender and recipient",
  params  = {
    delay           = mx.param.duration("300s", "how long a triplet must wait (source)"),
    retry_window    = mx.param.duration("2d", "a triplet must be back before so long (source)"),
    max_age         = mx.param.duration("35d", "how long a triplet is let through, from its last use (source)"),
    bits_v4         = mx.param.integer(24, "bits of an IPv4 network (source)"),
    bits_v6         = mx.param.integer(64, "bits of an IPv6 network (source)"),
    auto_whitelist  = mx.param.integer(5, "triplets that must pass before their network need not wait; 0: never (source)"),
    whitelist_every = mx.param.duration("1h", "a network counts once in so long (source)"),
  },
}

-- The part behind + goes, and numbers become #, so that a mailing list's bounce addresses are one sender: source.
local function sender_of(address)
  local local_part, domain = address:lower():match "^(.*)@([^@]*)$"
  if not local_part then return address:lower() end
  return local_part:gsub("%+.*", ""):gsub("%f[%w_]%d+%f[^%w_]", "#") .. "@" .. domain
end

local function network_of(s)
  return mx.network(s.ip, mx.params.bits_v4, mx.params.bits_v6)
end

mx.manners {
  greylist {
    name   = "postgrey",
    key    = function(s, rcpt) return network_of(s) .. "|" .. sender_of(s.from) .. "|" .. rcpt.address:lower() end,
    delay  = mx.params.delay,
    window = mx.params.retry_window,
    pass   = mx.params.max_age,
    -- wild: Postfix puts the code, 4.2.0 and its own words before postgrey's text.
    answer = function(_, rcpt)
      return mx.reply(450, "4.2.0", "<" .. rcpt.address .. ">: Recipient address rejected: Greylisted, see " ..
                                    "http://postgrey.schweikert.ch/help/" .. rcpt.domain .. ".html")
    end,
    whitelist_after = mx.params.auto_whitelist > 0 and mx.params.auto_whitelist or nil,
    whitelist_key   = network_of,             -- source
    whitelist_every = mx.params.whitelist_every,
    whitelist_for   = mx.params.max_age,      -- source
  },
}
