-- The manner `chance` in its three ways, for the transcripts beside this file.
local mx = require "fakemx"
local chance = require "fakemx.chance"

mx.profile {
  summary = "451 by chance",
  idle_timeout = "30d",
  params  = {
    way = mx.param.choice({ "nth", "sticky", "always", "never" }, "how it is decided"),
  },
}

local given = { at = "mail", by = "ip", answer = mx.reply(451, "4.3.0", "By chance") }
if mx.params.way == "nth" then given.nth = 3 end
if mx.params.way == "always" then given.p = "1" end
if mx.params.way == "never" then given.p = "0" end
if mx.params.way == "sticky" then given.p, given.sticky = "1/2", "6h" end

mx.manners { chance(given) }
