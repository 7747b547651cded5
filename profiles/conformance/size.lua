-- SIZE (RFC 1870): a limit that the message is above, limits that are none, and 552 or 452 at MAIL, at RCPT and at the end.
--
-- A good sender does not send what is above the limit, and says so; declares the size of a large message, as it will be on the wire; behind
-- 552 it gives up, behind 452 it comes back.
local mx = require "fakemx"
local fixtures = require "fakemx.fixtures"
local variations = require "fakemx.variations"

local first = variations.first

local too_big = mx.reply(552, "5.3.4", "Message too big")
local no_room = first(mx.reply(452, "4.3.1", "No room for so much now"))
local big = { size = "100KiB" }

local function limit(octets)
  return { extensions = { "PIPELINING", "8BITMIME", SIZE = octets } }
end

local all = variations {
  { name = "limit-10000", letter = { size = "50KiB" }, host = limit(10000) },
  { name = "limit-0", letter = big, host = limit(0) },
  { name = "no-size", letter = big, host = { extensions = { "8BITMIME" } } },
  {
    name = "limit-20000000", host = limit(20000000),
    letters = {
      { size = "1MiB" }, fixtures.to("bob@limit-20000000.test", "dots_at_edges"), fixtures.to("bob@limit-20000000.test", "line_feeds"),
      fixtures.to("bob@limit-20000000.test", "eight_bit"),
    },
  },
  { name = "552-to-mail", letter = big, on = { mail = too_big } },
  { name = "452-to-mail", letter = big, on = { mail = no_room } },
  { name = "552-to-rcpt", letter = big, on = { rcpt = too_big } },
  { name = "452-to-rcpt", letter = big, on = { rcpt = no_room } },
  { name = "552-at-the-end", letter = big, on = { message = too_big } },
  { name = "452-at-the-end", letter = big, on = { message = no_room } },
}

mx.profile { summary = "limits of size, another one at each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "SIZE: messages above the limit, no limit, and 552 and 452 at MAIL, RCPT and the end",
  -- A mail user agent leaves where STARTTLS is not offered, whatever else is.
  senders   = { "library", "mta", "relay", "bulk" },
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  notices   = { "sender.test" },
  watch     = "1d",
  exercises = {
    "size-zero", "size-respect-limit", "size-declare", "size-accurate", "size-552-mail", "size-452-mail", "size-552-rcpt",
    "size-after-data",
  },
}
