-- OpenSMTPD tries n*n times 400 seconds after the first try, and gives up after four days.
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for good; notices are taken",
  params = { messages = mx.param.integer(1, "how many messages are sent") },
}

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "opensmtpd with its default schedule, up to its notice",
  clock = "shared",
  horizon = "9d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com", count = mx.params.messages },
  expect = {
    mx.expect.waits { "400s", "1200s", "2000s", "2800s", "3600s", "4400s", tolerance = "1s", more = true },
    mx.expect.gave_up { after = "3d20h", before = "4d12h" },
    mx.expect.that {
      title = "a warning, and a last word that calls itself a delay (4.4.7)",
      check = function(deliveries)
        for _, delivery in ipairs(deliveries) do
          local notices = delivery.notices
          if #notices ~= 2 or notices[2].action ~= "delayed" or notices[2].status ~= "4.4.7" then
            return delivery.id .. ": " .. #notices .. " notices"
          end
        end
        return true
      end,
    },
  },
}
