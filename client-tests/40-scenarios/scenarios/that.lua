-- good: --waits 60,120
-- bad: --waits 120,60
-- says: wait 2 is 60 s, and the one before was 120 s
local mx = require "fakemx"

mx.scenario {
  summary = "waits grow",
  profile = "flaky-data",
  params = { tries = 2 },
  clock = "shared",
  send = { from = "ann@example.test", to = "bob@163.com" },
  expect = {
    mx.expect.that {
      title = "each wait is longer than the one before",
      check = function(deliveries)
        for _, delivery in ipairs(deliveries) do
          for i = 2, #delivery.waits do
            if delivery.waits[i] <= delivery.waits[i - 1] then
              return "wait " .. i .. " is " .. delivery.waits[i] .. " s, and the one before was " .. delivery.waits[i - 1] .. " s"
            end
          end
        end
        return true
      end,
    },
  },
}
