-- One message, nine recipients, and a reply of its own for each: taken, deferred, refused. RFC 5321 §3.3, §4.1.1.3, §4.5.3.1.10.
--
-- A good sender delivers to those that were taken, comes back with those that were deferred and with nobody else, and reports each that was
-- refused, with its reply. 251 and 252 are yes; 551 names another address, which nobody is to be sent to without being asked (§3.4, §7.4).
-- What is said at the end of the data is said of all that were taken. Blind copies stay blind (§7.2).
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first

local each_its_own = variations.by_recipient {
  forwarded  = mx.reply(251, "2.1.5", "User not local; will forward to <someone@mixed.test>"),
  unverified = mx.reply(252, "2.0.0", "Cannot verify, will try"),
  busy       = first(mx.reply(450, "4.2.0", "Mailbox busy")),
  full       = first(mx.reply(452, "4.2.2", "Mailbox full")),
  unknown    = mx.reply(550, "5.1.1", "No such user"),
  moved      = mx.reply(551, "5.1.6", "User not local; please try <redirected@mixed.test>"),
  overquota  = mx.reply(552, "5.2.2", "Mailbox full"),
  closed     = mx.reply(556, "5.1.10", "No mail taken here"),
}

local function each_other_one(s, rcpt)
  if rcpt.local_part:match "[13579]$" then return mx.reply(550, "5.1.1", "No such user") end
end

local five = { "anna", "busy", "carl", "unknown", "dora" }
local some = variations.by_recipient {
  busy    = first(mx.reply(450, "4.2.0", "Mailbox busy")),
  unknown = mx.reply(550, "5.1.1", "No such user"),
}

local all = variations {
  {
    name = "mixed", on = { rcpt = each_its_own },
    to = { "taken", "forwarded", "unverified", "busy", "full", "unknown", "moved", "overquota", "closed" },
  },
  { name = "deferred-at-the-end", to = five, on = { rcpt = some, message = first(mx.reply(451, "4.3.0", "Not now")) } },
  { name = "refused-at-the-end", to = five, on = { rcpt = some, message = mx.reply(554, "5.6.0", "Not this message") } },
  { name = "two-reasons", to = { "unknown", "closed" }, on = { rcpt = each_its_own } },
  -- Alone, and without PIPELINING: what comes next says how the reply was taken.
  { name = "forwarded", to = { "forwarded" }, on = { rcpt = each_its_own }, host = { extensions = { "8BITMIME" } } },
  { name = "unverified", to = { "unverified" }, on = { rcpt = each_its_own }, host = { extensions = { "8BITMIME" } } },
  -- Twelve messages, each other one refused: whoever sends the next one in the same session has RSET stand between them.
  {
    name = "each-other-one", on = { rcpt = each_other_one },
    letters = variations.one_for_each("each-other-one.test", "user", 12),
  },
  { name = "ten", to = variations.numbered("user", 10) },
  {
    name = "blind-copies", to = { "anna", "bob", "carl", "dora", "emil" },
    letter = { header = { "To: anna@blind-copies.test, bob@blind-copies.test", "Cc: carl@blind-copies.test",
                          "Bcc: dora@blind-copies.test, emil@blind-copies.test" } },
  },
}

mx.profile { summary = "a reply of its own for each recipient", hosts = all.hosts }

mx.scenario {
  summary   = "several recipients of one message: taken, deferred and refused side by side",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "1d",
  notices   = { "sender.test" },
  exercises = {
    "cmd-no-nested-mail", "bcc-privacy", "reply-251", "rcpt-partial-deliver", "rset-after-fail", "cmd-no-injection",
    "one-copy-many-rcpt", "reply-551", "rcpt-retry-only-deferred", "rcpt-data-fail-all", "rcpt-report-each",
  },
}
