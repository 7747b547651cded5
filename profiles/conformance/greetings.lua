-- Greetings of all sorts: several lines, in pieces, 5yz, 4yz, and what is no greeting of SMTP at all. RFC 5321 §3.1, §4.2; RFC 7504.
--
-- A good sender reads 2yz to its last line and goes on with EHLO; behind 5yz it sends QUIT and no mail; behind what is neither it sends
-- nothing, and comes back. Each host that turns it away does so once.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first

local all = variations {
  { name = "five-lines", on = { connect = mx.reply(220, nil, { "Welcome.", "Spam is not.", "We log", "all that", "comes in" }) } },
  { name = "no-esmtp-in-it", on = { connect = mx.reply(220, nil, "Good day") } },
  { name = "bare-220", on = { connect = mx.raw "220\r\n" } },
  { name = "229", on = { connect = mx.reply(229, nil, "Good day") } },
  { name = "in-pieces", on = { connect = mx.reply(220, nil, { "One moment", "please" }):drip { octets = 5, every = "2s" } } },
  { name = "554", on = { connect = first(mx.reply(554, nil, "No SMTP service here")) } },
  { name = "521", on = { connect = first(mx.reply(521, nil, "Host does not accept mail")) } },
  { name = "450", on = { connect = first(mx.reply(450, nil, "Not now")) } },
  { name = "120", on = { connect = first(mx.raw "120 Service ready in 5 minutes\r\n") } },
  { name = "650", on = { connect = first(mx.raw "650 What\r\n") } },
  { name = "http", on = { connect = first(mx.raw "HTTP/1.1 400 Bad Request\r\n\r\n") } },
  { name = "empty-line", on = { connect = first(mx.raw "\r\n220 Good day\r\n") } },
}

mx.profile { summary = "greetings of all sorts, one at each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "greetings: several lines, in pieces, 5yz, 4yz, and what is none",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "greet-multiline", "greet-5yz-quit", "greet-out-of-range", "greet-5yz-disposition",
  },
}
