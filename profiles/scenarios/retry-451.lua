-- 451 4.3.2 after DATA for good: fakemx run retry-451 --share-clock -- ./start-my-sender
-- What it tests: the whole life of a message that is never taken. A sender keeps trying for four days at least (RFC 5321
-- §4.5.4.1), leaves half an hour between tries once it has tried a few times, gives up in the end, and tells the message's sender.
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for good; notices are taken",
  params = {
    sender = mx.param.string("ann@example.test", "whose message it is, and who gets the notice"),
    recipient = mx.param.string("bob@163.com", "whom it is for"),
    messages = mx.param.integer(1, "how many messages are sent"),
  },
}

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "451 4.3.2 for good: tries for four days at least, then tells the sender",
  clock = "shared",
  horizon = "12d",
  notices = { mx.params.sender:match "@(.*)$" },
  send = { from = mx.params.sender, to = mx.params.recipient, count = mx.params.messages },
  expect = {
    mx.expect.gave_up { after = "4d" },
    mx.expect.waits { min = "30s" },
    mx.expect.notice { after = "4d" },
    mx.expect.same_identity { ignore = { "size" } },
  },
}
