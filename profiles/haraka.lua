-- Haraka with haraka-plugin-greylist: one triplet that has passed whitelists its host for all. What it tests: does the sender wait a
-- quarter of an hour, and does its second message go through at once?
--
-- Where a line comes from is written behind it:
--   source    the program itself (haraka-plugin-greylist 76f1639)
--   invented  no source; a simplification
local mx = require "fakemx"
local greylist = require "fakemx.greylist"

mx.profile {
  summary = "Haraka: 451 4.7.1 Greylisted. Please come back later. A host that has passed once need not wait",
  params  = {
    black = mx.param.duration("850s", "how long a triplet must wait (source)"),
    grey  = mx.param.duration("25h", "a triplet must be back before so long (source)"),
    white = mx.param.duration("35d", "how long a host that has passed need not wait, from its last use (source)"),
  },
}

-- source: the organizational domain of the host's name in DNS, or its address. Here the name that a trusted peer has given with
-- XCLIENT, without its first label, stands for it (invented).
local function host_of(s)
  return s.name and s.name:lower():match "^[^.]+%.(.+%..+)$" or s.ip
end

mx.manners {
  greylist {
    name            = "haraka",
    key             = function(s, rcpt) return host_of(s) .. "|" .. (s.from == "" and "<>" or s.from:lower()) .. "|" .. rcpt.address:lower() end,
    delay           = mx.params.black,
    window          = mx.params.grey,
    pass            = mx.params.white,
    answer          = mx.reply(451, "4.7.1", "Greylisted. Please come back later."),  -- source
    whitelist_after = 1,                                                               -- source
    whitelist_key   = host_of,
    whitelist_for   = mx.params.white,
  },
}
