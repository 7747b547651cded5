-- The manner `greylist` with its options, for the transcripts beside this file.
local mx = require "fakemx"
local greylist = require "fakemx.greylist"

mx.profile {
  summary = "one greylist, as its parameters say",
  idle_timeout = "30d",
  params  = {
    key       = mx.param.choice({ "triplet", "network", "alternatives" }, "what makes an identity"),
    early     = mx.param.choice({ "keep", "reset", "refuse" }, "what becomes of who comes back early"),
    at        = mx.param.string("rcpt", "where it asks"),
    whitelist = mx.param.integer(0, "how many good identities whitelist an address"),
    every     = mx.param.boolean(false, "an address counts once in an hour"),
    renew     = mx.param.boolean(true, "each use lengthens the time that an identity is let through"),
  },
}

local given = {
  at = mx.params.at, early = mx.params.early, renew = mx.params.renew, delay = "5m", window = "1h", pass = "1d",
  answer = function(_, _, left) return mx.reply(451, "4.7.1", "Greylisted, " .. left .. " seconds left") end,
  answer_early = mx.reply(554, "5.7.1", "Too early"),
}
if mx.params.key == "network" then given.key = { "network", "sender", "recipient" } end
if mx.params.key == "alternatives" then given.alternatives = { { "sender", "recipient" }, { "ip" } } end
if mx.params.whitelist > 0 then given.whitelist_after, given.whitelist_for = mx.params.whitelist, "2d" end
if mx.params.every then given.whitelist_every = "1h" end

mx.manners { greylist(given) }
