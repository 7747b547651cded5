-- QQ's throttle, a 550 that is over in five minutes: fakemx run qq-throttled --share-clock -- ./start-my-sender What
-- it tests: three messages at once to a mailbox that exists; QQ takes one, and refuses the others with 550 Ip
-- frequency limited. RFC 5321 §4.2.1 calls 5yz final, and that is all that is judged: no further try, and a notice
-- for whoever was refused. What it shows, in the attempts and the journal, is what the sender makes of it. One that
-- goes by the first digit gives up messages that QQ would take five minutes later, and suppresses the address of
-- somebody who is there. One that reads the text and comes back delivers all three, and fails here, by the letter of
-- the RFC; docs/reference/profiles/qq.md has the scenario that asks for that.
local mx = require "fakemx"

mx.scenario {
  summary = "QQ's 550 for a throttle: final by RFC 5321, over in five minutes; shows what the sender makes of it",
  profile = "qq",
  params = { ip_per_minute = 1 },
  clock = "shared",
  over = "settled",
  horizon = "2d",
  watch = "6h",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@qq.com", count = 3 },
  expect = {
    mx.expect.never_after_5yz(),
    mx.expect.that {
      title = "whoever was refused is told, once",
      check = function(deliveries)
        local refused = 0
        for _, delivery in ipairs(deliveries) do
          local failed = 0
          for _, notice in ipairs(delivery.notices) do
            if notice.action == "failed" then failed = failed + 1 end
          end
          if delivery.fate == "rejected" then
            refused = refused + 1
            if failed ~= 1 then return delivery.id .. " was refused, and " .. failed .. " notices say so" end
          elseif failed ~= 0 then
            return delivery.id .. " is " .. delivery.fate .. ", and a notice says that it failed"
          end
        end
        return refused > 0 or "nothing was refused"
      end,
    },
  },
}
