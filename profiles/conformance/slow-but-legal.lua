-- A receiver that takes nearly as long as RFC 5321 §4.5.3.2 lets it: five minutes for the greeting and the replies to MAIL and RCPT, two
-- for 354, three for a block of data, ten for the reply at the end. Hours in all, and none of them is too long by itself: each wait counts
-- alone.
--
-- A good sender waits. Who gives up at the end of the data sends the message again although it has arrived, and it comes twice.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local nearly_five = mx.accept():after "295s"
local slowly = mx.accept():after "100s"

local all = variations {
  { name = "greeting", on = { connect = nearly_five } },
  { name = "greeting-in-pieces", on = { connect = mx.reply(220, nil, { "One moment", "please" }):drip { octets = 16, every = "10s" } } },
  { name = "ehlo", on = { ehlo = nearly_five } },
  { name = "mail", on = { mail = nearly_five } },
  { name = "rcpt", on = { rcpt = nearly_five } },
  { name = "data", on = { data = mx.accept():after "115s" } },
  {
    name = "block-of-data", letter = { size = "8MiB" }, host = { receive_window = "4KiB" },
    on = { data = mx.accept():stop_reading "175s" },
  },
  { name = "end-of-data", on = { message = mx.accept():after "595s" } },
  -- More than an hour, and never more than 100 seconds at a time.
  {
    name = "everything", to = variations.numbered("user", 30),
    on = { connect = slowly, ehlo = slowly, mail = slowly, rcpt = slowly, data = slowly, message = slowly },
  },
}

mx.profile { summary = "as slow as a receiver may be, at one stage of each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "a receiver as slow as it may be: 5 minutes for a reply, 10 for the last one",
  send      = all.send,
  clock     = "shared",
  over      = "settled",
  horizon   = "2d",
  watch     = "1h",
  notices   = { "sender.test" },
  exercises = {
    "greet-wait", "timeout-greeting", "timeout-ehlo", "timeout-mail", "timeout-rcpt", "timeout-data-init",
    "timeout-data-term", "timeout-data-block", "timeout-per-command", "dup-late-250",
  },
}
