-- nullmailer tries after one minute, then twice as long each time up to a day, and gives up after seven days.
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for good; notices are taken",
  params = { messages = mx.param.integer(1, "how many messages are sent") },
}

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

mx.scenario {
  summary = "nullmailer with its default schedule, up to its notice",
  clock = "shared",
  horizon = "12d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com", count = mx.params.messages },
  expect = {
    mx.expect.waits { "1m", "2m", "4m", "8m", "16m", "32m", "64m", tolerance = "1s", more = true },
    mx.expect.gave_up { after = "7d", before = "8d" },
    mx.expect.that {
      title = "one notice, which calls itself a delay although it is the last word",
      check = function(deliveries)
        for _, delivery in ipairs(deliveries) do
          if #delivery.notices ~= 1 or delivery.notices[1].action ~= "delayed" then
            return delivery.id .. ": " .. #delivery.notices .. " notices"
          end
        end
        return true
      end,
    },
  },
}
