-- The manner `slow`, for the transcripts beside this file.
local mx = require "fakemx"
local slow = require "fakemx.slow"

mx.profile {
  summary      = "slower with every mebibyte that MAIL announces, or with what a message holds",
  extensions   = { "SIZE" },
  idle_timeout = "30d",
  params       = { looks_at = mx.param.choice({ "size", "message" }, "what takes time") },
}

if mx.params.looks_at == "size" then
  mx.manners { slow { at = "mail", base = "1s", per_mebibyte = "500ms", longest = "10s" } }
else
  mx.manners { slow { base = "1s", per_part = "2s", per_file = "10s", per_link = "100ms", longest = "30s" } }
end
