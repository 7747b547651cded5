-- Greylisting (RFC 6647): an unknown triplet of address, sender and recipient is deferred until it
-- has been known for a while. What it tests: does the sender come back, late enough, and unchanged?
local mx = require "fakemx"
local greylist = require "fakemx.greylist"

mx.profile {
  summary = "defers an unknown (IP, sender, recipient) at RCPT until it comes back after a delay",
  params  = {
    delay  = mx.param.duration("5m", "how long a triplet must wait"),
    window = mx.param.duration("2d", "how long a triplet that never passed is remembered"),
    pass   = mx.param.duration("36d", "how long a triplet that passed is let through"),
    reset  = mx.param.boolean(false, "coming back too early starts the wait again"),
  },
}

mx.manners {
  greylist {
    delay  = mx.params.delay,
    window = mx.params.window,
    pass   = mx.params.pass,
    early  = mx.params.reset and "reset" or "keep",
    answer = mx.reply(451, "4.7.1", "Greylisted, try again after " .. mx.params.delay),
  },
}
