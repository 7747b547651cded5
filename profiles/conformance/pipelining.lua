-- PIPELINING (RFC 2920) with everything that makes counting hard: replies that come together or octet by octet, of one and of several
-- lines, with the same text or with the name of somebody else; MAIL refused while RCPT and DATA are on their way; 354 although nobody was
-- taken; a small window.
--
-- A good sender counts replies, and each is for its own command. Where MAIL is refused, that is the reason, and not the 503 behind it.
-- Where 354 comes without a recipient it sends a dot and nothing else. It reads while it writes. A sender that does not pipeline sees the
-- same replies, one at a time.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first

local busy = first(mx.reply(450, nil, "Recipient"))
local five = { "anna", "bob", "carl", "dora", "emil" }

local all = variations {
  -- The first reply is late, so that all come at once.
  {
    name = "together", to = five,
    on = { mail = mx.accept():after "2s",
           rcpt = variations.by_recipient { bob = mx.reply(550, "5.1.1", "No such user"), dora = first(mx.reply(450, "4.2.0", "Busy")) } },
  },
  { name = "octet-by-octet", to = five, on = { rcpt = mx.accept():slice { octets = 1 } } },
  {
    name = "same-text", to = five,
    on = { rcpt = variations.by_recipient { anna = mx.reply(250, nil, "Recipient"), bob = mx.reply(550, nil, "Recipient"), carl = busy } },
  },
  {
    name = "other-names", to = five,
    on = { rcpt = variations.by_recipient { anna = mx.reply(250, nil, "<bob@other-names.test> taken"),
                                            bob = mx.reply(550, nil, "<anna@other-names.test> unknown") } },
  },
  {
    name = "lines", to = five,
    on = { mail = mx.reply(250, nil, { "Sender", "taken" }),
           rcpt = variations.by_recipient { anna = mx.reply(250, nil, { "250 Taken", "550 and", "250 not refused" }),
                                            bob = mx.reply(550, nil, { "Refused", "and", "not taken" }) } },
  },
  { name = "mail-deferred", to = five, on = { mail = first(mx.reply(451, "4.3.0", "Not now"):after "1s") } },
  { name = "mail-refused", to = five, on = { mail = mx.reply(550, "5.7.1", "Sender refused"):after "1s" } },
  { name = "nobody", to = five, on = { rcpt = mx.reply(550, "5.1.1", "No such user") } },
  {
    name = "nobody-and-354", to = five, host = { replies = { no_recipients = "354 Go ahead" } },
    on = { rcpt = mx.reply(550, "5.1.1", "No such user") },
  },
  {
    name = "small-window", to = variations.numbered("user", 300), host = { receive_window = "2KiB" },
    on = { rcpt = mx.reply(250, nil, ("x"):rep(400)) },
  },
}

mx.profile { summary = "replies that are hard to count, in another way at each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "pipelining: replies together and in pieces, refused in flight, 354 without recipients, a small window",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "data-no-valid-rcpt", "rcpt-all-rejected", "pipe-last-in-group", "pipe-354-no-rcpt", "pipe-mail-rejected",
    "reply-coalesced", "pipe-check-all", "pipe-count-match", "pipe-not-multiline",
  },
}
