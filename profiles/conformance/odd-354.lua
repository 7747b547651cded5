-- 354 is the one reply behind which message data may go out (RFC 5321 §3.3): here DATA is answered with something else, and 354 comes where
-- it does not belong. Data that are sent all the same arrive as commands; whatever the reply to them is then said of, the message is gone,
-- and what stood in it may have been obeyed.
--
-- A good sender sends data behind 354 only, however many lines it has and however late within two minutes it comes (§4.5.3.2.4). 3yz to
-- MAIL, RCPT or at the end is no success (§4.2.1): the message is not delivered.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first

local all = variations {
  { name = "250-to-data", on = { data = first(mx.reply(250, nil, "OK")) } },
  { name = "251-to-data", on = { data = first(mx.reply(251, nil, "OK")) } },
  { name = "299-to-data", on = { data = first(mx.reply(299, nil, "OK")) } },
  { name = "334-to-data", on = { data = first(mx.reply(334, nil, "Go on")) } },
  { name = "451-to-data", on = { data = first(mx.reply(451, "4.3.0", "Not now")) } },
  { name = "554-to-data", on = { data = mx.reply(554, "5.6.0", "Not from you") } },
  { name = "three-lines", on = { data = mx.reply(354, nil, { "Go on,", "and end with a dot", "on a line of its own" }) } },
  { name = "after-115s", on = { data = mx.accept():after "115s" } },
  -- Without PIPELINING: what comes next says how the reply was taken.
  { name = "354-to-mail", on = { mail = first(mx.reply(354, nil, "Go on")) }, host = { extensions = { "8BITMIME" } } },
  { name = "354-to-rcpt", on = { rcpt = first(mx.reply(354, nil, "Go on")) }, host = { extensions = { "8BITMIME" } } },
  { name = "354-at-the-end", on = { message = first(mx.reply(354, nil, "Go on")) } },
}

mx.profile { summary = "DATA is answered with something else, and 354 comes elsewhere", hosts = all.hosts }

mx.scenario {
  summary   = "DATA is answered with something else than 354, and 354 comes where it does not belong",
  send      = all.send,
  clock     = "shared",
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "data-only-after-354", "reply-3yz-unexpected",
  },
}
