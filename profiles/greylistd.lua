-- Exim with greylistd, as Debian's example sets it up: 451 with a sentence that names address, sender and recipient. Callouts, which have
-- no sender, are answered at DATA. What it tests: does the sender come back after ten minutes, and its callouts get through?
--
-- Where a line comes from is written behind it:
--   source    the program and its example for Exim (greylistd 00cc5b0)
--   invented  no source
local mx = require "fakemx"
local greylist = require "fakemx.greylist"

mx.profile {
  summary = "Exim with greylistd: 451 <address> is not yet authorized to deliver mail, for ten minutes",
  params  = {
    retryMin = mx.param.duration("10m", "how long a triplet must wait (source)"),
    retryMax = mx.param.duration("8h", "a triplet must be back before so long (source)"),
    expire   = mx.param.duration("60d", "how long a triplet that passed is let through, from its last use (source)"),
    bits_v4  = mx.param.integer(32, "bits of an IPv4 address that count (source; 24 is offered)"),
  },
}

-- source
local function answer(s, sender, recipient)
  return mx.reply(451, nil, ("%s is not yet authorized to deliver mail from <%s> to <%s>. Please try later."):format(s.ip, sender, recipient))
end

local function with(more)
  local given = {
    key = { "network", "sender", "recipient" }, bits_v4 = mx.params.bits_v4, bits_v6 = 128,
    delay = mx.params.retryMin, window = mx.params.retryMax, pass = mx.params.expire,
  }
  for name, value in pairs(more) do given[name] = value end
  return greylist(given)
end

mx.manners {
  with {
    name   = "greylistd",
    when   = function(s) return s.from ~= "" end,
    answer = function(s, rcpt) return answer(s, s.from, rcpt.address) end,
  },
  with {
    name   = "greylistd_null",
    at     = "data",                         -- source: the null sender is checked at DATA
    when   = function(s) return s.from == "" end,
    answer = function(s) return answer(s, "", table.concat(s.recipients, ", ")) end,  -- the list is invented
  },
}
