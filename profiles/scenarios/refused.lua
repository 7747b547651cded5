-- 554 at the end of DATA: fakemx run refused -- ./my-sender
-- What it tests: a permanent failure is final (RFC 5321 §4.2.1). The sender does not try again, here or at another host, and tells the
-- message's sender at once.
local mx = require "fakemx"

mx.profile { summary = "554 5.7.1 after DATA; notices are taken" }

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(554, "5.7.1", "DT:SPM content refused") end
end

mx.scenario {
  summary = "554 is final: no further try, and a notice",
  clock = "shared",
  horizon = "2d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = {
    mx.expect.attempts { min = 1, max = 1 },
    mx.expect.never_after_5yz(),
    mx.expect.notice { before = "1h" },
  },
}
