-- The manner `early_retry`, for the transcripts beside this file.
local mx = require "fakemx"
local early_retry = require "fakemx.early_retry"

mx.profile {
  summary = "asks to come back in 15 minutes, and refuses whoever comes sooner",
  idle_timeout = "30d",
  params  = {
    restart = mx.param.boolean(false, "coming early starts the wait again"),
  },
}

mx.manners {
  early_retry {
    at = "mail", wait = "15m", restart = mx.params.restart,
    answer = mx.reply(451, nil, "please try again 15min later"), answer_early = mx.reply(554, nil, "too early"),
  },
}
