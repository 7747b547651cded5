-- Real mail servers with their default schedule, whose messages fail for good: what each of them makes of that, up to its last word.
-- fakemx run lib/lifetime.lua --set sender=postfix -- senders/run postfix
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 after DATA for good; notices are taken",
  params = {
    sender = mx.param.choice({ "nullmailer", "opensmtpd", "exim", "postfix", "dma", "sendmail" }, "which mail server is run"),
    messages = mx.param.integer(1, "how many messages are sent"),
  },
}

function mx.on.message(s)
  if s.from ~= "" then return mx.reply(451, "4.3.2", "Internal server error") end
end

-- For a sender that tells otherwise than RFC 3464 has it: `right` looks at the notices of each delivery.
local function last_word(title, right)
  return mx.expect.that {
    title = title,
    check = function(deliveries)
      for _, delivery in ipairs(deliveries) do
        if not right(delivery.notices) then return delivery.id .. ": " .. #delivery.notices .. " notices" end
      end
      return true
    end,
  }
end

local expected = {
  -- One minute, then twice as long each time up to a day; it gives up after seven days.
  nullmailer = {
    mx.expect.waits { "1m", "2m", "4m", "8m", "16m", "32m", "64m", tolerance = "1s", more = true },
    mx.expect.gave_up { after = "7d", before = "8d" },
    last_word("one notice, which calls itself a delay although it is the last word", function(notices)
      return #notices == 1 and notices[1].action == "delayed"
    end),
  },
  -- n*n times 400 seconds after the first try, for four days. Of many messages it sends ten in a session, with five seconds in between, and
  -- not always in the same order.
  opensmtpd = {
    mx.expect.waits { "400s", "1200s", "2000s", "2800s", "3600s", "4400s", tolerance = mx.params.messages > 1 and "30s" or "1s", more = true },
    mx.expect.gave_up { after = "3d20h", before = "4d12h" },
    last_word("a warning, and a last word that calls itself a delay (4.4.7)", function(notices)
      return #notices == 2 and notices[2].action == "delayed" and notices[2].status == "4.4.7"
    end),
  },
  -- F,2h,15m; G,16h,1h,1.5; F,4d,6h, looked at every half hour.
  exim = {
    mx.expect.waits { "30m", "30m", "30m", "30m", "30m", "1h", "90m", "150m", "210m", "330m", "6h", tolerance = "1s", more = true },
    mx.expect.gave_up { after = "4d", before = "4d12h" },
    mx.expect.notice { after = "4d" },
  },
  -- On a grid of five minutes, after waits that double up to 4000 seconds, for five days.
  postfix = {
    mx.expect.waits { "5m", "5m", "10m", "20m", "40m", "70m", "70m", tolerance = "1s", more = true },
    mx.expect.gave_up { after = "5d", before = "5d6h" },
    mx.expect.notice { after = "5d" },
  },
  -- Five minutes, then by its own chance up to three hours, for five days.
  dma = {
    mx.expect.waits { min = "4m", max = "4h" },
    mx.expect.gave_up { after = "4d", before = "6d" },
  },
  -- At each run of its queue, ten minutes apart, for five days. Now and then a run begins five seconds late.
  sendmail = {
    mx.expect.waits { min = "590s", max = "610s" },
    mx.expect.gave_up { after = "5d", before = "5d1h" },
    last_word("a warning after four hours, and a notice after five days", function(notices)
      return #notices == 2 and notices[1].action == "delayed" and math.abs(notices[1].at - 4 * 3600) <= 1200
        and notices[2].action == "failed" and math.abs(notices[2].at - 5 * 86400) <= 1200
    end),
  },
}

mx.scenario {
  summary = mx.params.sender .. " with its default schedule, up to its last word",
  clock = "shared",
  horizon = "12d",
  notices = { "example.test" },
  send = { from = "ann@example.test", to = "bob@163.com", count = mx.params.messages },
  expect = expected[mx.params.sender],
}
