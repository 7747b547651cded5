-- The manner `sequence`, for the transcripts beside this file.
local mx = require "fakemx"
local sequence = require "fakemx.sequence"

mx.profile {
  summary = "answers in an order",
  idle_timeout = "30d",
  params  = {
    by   = mx.param.choice({ "delivery", "recipient" }, "whose tries are counted"),
    last = mx.param.choice({ "stay", "repeat" }, "what comes behind the last answer"),
  },
}

local first, second = mx.reply(451, "4.3.0", "Once"), mx.reply(451, "4.3.0", "Twice")

mx.manners {
  sequence {
    at = "rcpt", by = mx.params.by, last = mx.params.last,
    answers = mx.params.by == "delivery" and { first, second, false } or
      { first, mx.reply(550, "5.1.1", "No such user") },
  },
}
