-- milter-greylist: a milter that defers an unknown address, sender and recipient for half an hour. What it tests: does the sender
-- wait that long, and does it understand "come back in 00:30:00"?
--
-- Where a line comes from is written behind it:
--   source    the program itself (milter-greylist b0a0392, of 2009)
--   invented  no source
local mx = require "fakemx"
local greylist = require "fakemx.greylist"

mx.profile {
  summary = "milter-greylist: 451 4.7.1 Greylisting in action, for 30 minutes",
  params  = {
    greylist      = mx.param.duration("30m", "how long a triplet must wait (source)"),
    timeout       = mx.param.duration("5d", "a triplet must be back before so long (source)"),
    autowhite     = mx.param.duration("24h", "how long a triplet that passed is let through (source)"),
    subnetmatch   = mx.param.integer(32, "bits of an IPv4 address that count (source; /24 is common)"),
    tell          = mx.param.boolean(false, "says how long is left (source: unless quiet)"),
    delayedreject = mx.param.boolean(false, "answers at the end of the data rather than at RCPT (source)"),
  },
}

local function answer(_, _, left)
  if not mx.params.tell then
    return mx.reply(451, "4.7.1", "Greylisting in action, please come back later")              -- source
  end
  local time = ("%02d:%02d:%02d"):format(left // 3600, left // 60 % 60, left % 60)
  return mx.reply(451, "4.7.1", "Greylisting in action, please come back in " .. time)          -- source
end

mx.manners {
  greylist {
    name    = "milter-greylist",
    at      = mx.params.delayedreject and "data" or "rcpt",  -- source: after DATA
    key     = { "network", "sender", "recipient" },          -- source
    bits_v4 = mx.params.subnetmatch,
    bits_v6 = 128,                                           -- source
    delay   = mx.params.greylist,
    window  = mx.params.timeout,
    pass    = mx.params.autowhite,
    answer  = answer,
  },
}
