-- sendmail tries at every queue run, ten minutes apart, and gives up after five days.
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for good; notices are taken",
  params = { messages = mx.param.integer(1, "how many messages are sent") },
}

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "sendmail with its default schedule, up to its notice",
  clock = "shared",
  horizon = "9d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com", count = mx.params.messages },
  expect = {
    mx.expect.waits { min = "9m", max = "21m" },
    mx.expect.gave_up { after = "5d", before = "5d6h" },
    mx.expect.notice { after = "5d" },
  },
}
