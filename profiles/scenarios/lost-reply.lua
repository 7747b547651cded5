-- The message is taken and the reply to it is lost: fakemx run lost-reply --share-clock -- ./start-my-sender
-- What it tests: the one case in which a message comes twice and nobody is to blame (RFC 5321 §4.5.3.2.6, RFC 1047). The sender must send
-- it again: whoever takes silence for consent loses mail. Behind the second try it must stop.
local mx = require "fakemx"

mx.profile { summary = "takes the message, and closes the connection in the place of the reply" }

function mx.on.message(s, message)
  if message.attempt == 1 then return mx.accept():lost():then_close() end
end

mx.scenario {
  summary = "taken, but the reply is lost: sent again, once",
  clock = "shared",
  over = "settled",
  horizon = "2d",
  watch = "6h",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = {
    mx.expect.attempts { min = 2, max = 2 },
    mx.expect.duplicates { max = 0, reply_lost = false },
    mx.expect.not_bounced(),
  },
}
