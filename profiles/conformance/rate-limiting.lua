-- Receivers that want less: no more than five connections at a time; nobody at all for half an hour, with a 421 or without a word; one
-- mailbox that gets too much. Large providers do so to whom they do not know yet, and ask for patience.
--
-- A good sender has few connections to one receiver and sends several messages over each; while a receiver takes none it does not come once
-- for each message that waits (RFC 5321 §4.5.4.1); and it does not let others wait for one mailbox.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local open = mx.state "open"
local turned_away = mx.reply(421, "4.7.0", "Too many connections, slow down")

local function five_at_a_time(s)
  if open:add(s.host) > 5 then return turned_away end
end

local all = variations {
  {
    name = "five-at-a-time", letters = variations.one_for_each("five-at-a-time.test", "user", 60),
    on = { connect = five_at_a_time, message = mx.accept():after "5s" },
  },
  {
    name = "closed-for-half-an-hour", letters = variations.one_for_each("closed-for-half-an-hour.test", "user", 20),
    on = { connect = variations.for_the_first("30m", turned_away) },
  },
  {
    name = "gone-for-half-an-hour", letters = variations.one_for_each("gone-for-half-an-hour.test", "user", 20),
    on = { connect = variations.for_the_first("30m", mx.close()) },
  },
  {
    name = "one-mailbox", letters = variations.one_for_each("one-mailbox.test", "user", 8),
    on = { rcpt = variations.by_recipient {
      user1 = variations.for_the_first("2h", mx.reply(450, "4.2.1", "This mailbox is receiving mail too fast")),
    } },
  },
}

mx.profile { summary = "limits of connections and of mail, one at each of its hosts", hosts = all.hosts }

function mx.on.close(s)
  open:add(s.host, -1)
end

mx.scenario {
  summary   = "too many connections, and too much mail: who comes back slower, and with less",
  send      = all.send,
  senders   = { "mta", "relay", "bulk" },
  clock     = "shared",
  over      = "settled",
  horizon   = "2d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "retry-host-list", "backoff-destination", "backoff-rcpt-rate", "conn-concurrency", "conn-rate", "backoff-concurrency",
  },
}
