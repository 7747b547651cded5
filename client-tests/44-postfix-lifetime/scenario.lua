-- Postfix tries on a grid of five minutes, after waits that double up to 4000 seconds, and gives up after five days.
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for good; notices are taken",
  params = { messages = mx.param.integer(1, "how many messages are sent") },
}

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "postfix with its default schedule, up to its notice",
  clock = "shared",
  horizon = "9d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com", count = mx.params.messages },
  expect = {
    mx.expect.waits { "5m", "5m", "10m", "20m", "40m", "70m", "70m", tolerance = "1s", more = true },
    mx.expect.gave_up { after = "5d", before = "5d6h" },
    mx.expect.notice { after = "5d" },
  },
}
