-- The manner `slow`, for the transcripts beside this file.
local mx = require "fakemx"
local slow = require "fakemx.slow"

mx.profile {
  summary    = "slower with every mebibyte that MAIL announces",
  extensions = { "SIZE" },
  idle_timeout = "30d",
}

mx.manners { slow { at = "mail", base = "1s", per_mebibyte = "500ms", longest = "10s" } }
