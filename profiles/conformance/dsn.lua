-- Receivers with DSN (RFC 3461) and without, that take a message or refuse it. Nobody has asked for a notice here: so one comes for what
-- failed, to the address in MAIL, as multipart/report with the receiver's words (RFC 3464), and none for what was delivered. Whoever asks
-- (by NOTIFY, ENVID, ORCPT, RET) is judged by what he has asked for.
--
-- A good sender uses these parameters where they are offered, and nowhere else.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local extensions = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES" }
local unknown = variations.by_recipient { unknown = mx.reply(550, "5.1.1", "No such user") }

local all = variations {
  { name = "offered", to = { "bob", "unknown" }, on = { rcpt = unknown } },
  { name = "offered-deferred", on = { rcpt = variations.first(mx.reply(450, "4.2.0", "Busy")) } },
  { name = "not-offered", to = { "bob", "unknown" }, host = { extensions = extensions }, on = { rcpt = unknown } },
  { name = "not-offered-taken", host = { extensions = extensions } },
  { name = "at-the-end", on = { message = mx.reply(554, "5.6.0", "Not this message") } },
}

mx.profile {
  summary    = "with DSN and without: taken, deferred, refused",
  hosts      = all.hosts,
  extensions = { "DSN", table.unpack(extensions) },
}

mx.scenario {
  summary   = "with DSN and without: notices for what failed, and none for what arrived",
  send      = all.send,
  clock     = "shared",
  over      = "settled",
  horizon   = "6d",
  watch     = "1d",
  notices   = { "sender.test" },
  exercises = {
    "dsn-only-if-offered", "dsn-syntax", "dsn-failed", "dsn-never", "dsn-no-unrequested-success", "dsn-relayed",
    "dsn-delay-rule", "dsn-format",
  },
}
