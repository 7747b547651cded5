-- A receiver whose storage fails now and then: the message arrives whole and is refused for now.
-- What it tests: does the sender keep the message, come back, and deliver it exactly once?
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for the first tries of a message, then accept",
  params  = {
    tries = mx.param.integer(2, "how many tries of each delivery fail"),
    stall = mx.param.duration("0s", "wait before the reply that fails"),
  },
}

function mx.on.message(s, message)
  if message.attempt <= mx.params.tries then
    return mx.reply(451, "4.3.2", "Internal server error"):after(mx.params.stall)
  end
end
