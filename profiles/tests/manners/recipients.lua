-- The manner `recipients` with every class and a harvest, for the transcripts beside this file.
local mx = require "fakemx"
local recipients = require "fakemx.recipients"

mx.profile {
  summary = "recipients in classes",
  idle_timeout = "30d",
  params  = {
    at      = mx.param.choice({ "rcpt", "message" }, "where they are answered"),
    default = mx.param.choice({ "valid", "unknown" }, "what an address is that is in no class"),
  },
}

mx.manners {
  recipients {
    at        = mx.params.at,
    default   = mx.params.default,
    valid     = { "ann", "bo@163.com" },
    unknown   = "^nobody",
    full      = "^full",
    suspended = function(local_part, domain) return local_part == "gone" and domain == "163.com" end,
    role      = { "postmaster", "abuse", "sales" },
    answers   = {
      unknown = function(_, _, address) return mx.reply(550, nil, "User not found: " .. address) end,
      role    = mx.reply(450, "4.7.1", "Not at this hour"),
    },
    harvest   = { share = "1/5", of = 10, block = "15m", answer = mx.reply(421, nil, "HL:REP") },
  },
}
