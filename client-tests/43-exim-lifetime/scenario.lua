-- Exim tries by its retry rules at each queue run: Debian's F,2h,15m; G,16h,1h,1.5; F,4d,6h every half hour.
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for good; notices are taken",
  params = { messages = mx.param.integer(1, "how many messages are sent") },
}

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "exim with its default schedule, up to its notice",
  clock = "shared",
  horizon = "9d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com", count = mx.params.messages },
  expect = {
    mx.expect.waits { "30m", "30m", "30m", "30m", "30m", "1h", "90m", "150m", "210m", "330m", "6h", tolerance = "1s", more = true },
    mx.expect.gave_up { after = "4d", before = "4d12h" },
    mx.expect.notice { after = "4d" },
  },
}
