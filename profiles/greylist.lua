-- Greylisting (RFC 6647): an unknown triplet of address, sender and recipient is deferred until it
-- has been known for a while. What it tests: does the sender come back, late enough, and unchanged?
local mx = require "fakemx"

mx.profile {
  summary = "defers an unknown (IP, sender, recipient) at RCPT until it comes back after a delay",
  params  = {
    delay  = mx.param.duration("5m", "how long a triplet must wait"),
    window = mx.param.duration("2d", "how long a triplet that never passed is remembered"),
    pass   = mx.param.duration("36d", "how long a triplet that passed is let through"),
    reset  = mx.param.boolean(false, "coming back too early starts the wait again"),
  },
}

local waiting = mx.state "waiting"
local passed  = mx.state "passed"

function mx.on.rcpt(s, rcpt)
  local triplet = s.ip .. "|" .. s.from .. "|" .. rcpt.address
  if passed:get(triplet) then
    passed:set(triplet, true, mx.params.pass)
    return
  end
  waiting:mark(triplet, mx.params.window)
  if waiting:marked_for(triplet, mx.params.delay) then
    waiting:forget(triplet)
    passed:set(triplet, true, mx.params.pass)
    return
  end
  if mx.params.reset then
    waiting:forget(triplet)
    waiting:mark(triplet, mx.params.window)
  end
  return mx.reply(451, "4.7.1", "Greylisted, try again after " .. mx.params.delay)
end
