-- A mailbox that is busy for as long as anybody tries: 450 to every RCPT, for eight days. RFC 5321 §4.5.4.1: a sender waits before it tries
-- again, half an hour or more in general, oftener in the first hour; it goes on for four or five days, and then tells the author with a
-- notice that has the null reverse path (§6.1). Beside it twenty messages for another host that fail together, once: they should not all
-- come back in the same second.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local all = variations {
  { name = "busy", on = { rcpt = mx.reply(450, "4.2.0", "Mailbox busy, try again later") } },
  {
    name = "busy-once", on = { rcpt = variations.first(mx.reply(450, "4.2.0", "Mailbox busy, try again later")) },
    letters = variations.one_for_each("busy-once.test", "user", 20),
  },
}

mx.profile { summary = "450 to RCPT, for ever", hosts = all.hosts }

mx.scenario {
  summary   = "450 for eight days: how often a sender comes back, when it gives up, and whom it tells",
  send      = all.send,
  senders   = { "mta", "relay", "bulk" },
  clock     = "shared",
  over      = "settled",
  horizon   = "8d",
  watch     = "1d",
  notices   = { "sender.test" },
  exercises = {
    "dsn-delay-rule", "retry-queue", "retry-delay", "retry-interval", "retry-first-hour", "retry-backoff", "retry-give-up",
    "reply-4yz-retry", "retry-stable-envelope", "retry-jitter", "retry-giveup-notice",
  },
}
