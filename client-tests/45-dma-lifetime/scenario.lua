-- dma tries after five minutes and then at times of its own chance, up to three hours apart, for five days.
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for good; notices are taken",
  params = { messages = mx.param.integer(1, "how many messages are sent") },
}

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "dma with its default schedule, up to its notice",
  clock = "shared",
  horizon = "9d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com", count = mx.params.messages },
  expect = {
    mx.expect.waits { min = "4m", max = "4h" },
    mx.expect.gave_up { after = "4d", before = "6d" },
  },
}
