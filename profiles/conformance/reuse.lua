-- Many messages for one receiver, so that connections are used again: with a limit that is announced (RFC 9422), with a 421 that comes
-- while a connection waits for the next message, with another EHLO reply in each session.
--
-- A good sender begins each message with an envelope of its own, with RSET or nothing open before it; sends no more than a receiver allows
-- in a session; takes a connection that was closed meanwhile for no failure; and closes one that it does not need with QUIT before five
-- minutes are over.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local busy = variations.by_recipient {
  user3 = mx.reply(550, "5.1.1", "No such user"), user5 = variations.first(mx.reply(450, "4.2.0", "Busy")),
}

local sessions = mx.state "sessions"

local function another_list(s)
  if sessions:add(s.host) % 2 == 0 then return mx.reply(250, nil, "changing.test greets you") end
end

-- While this is held back, others wait.
local in_a_second = mx.accept():after "1s"

local all = variations {
  { name = "many", letters = variations.one_for_each("many.test", "user", 110), on = { rcpt = busy } },
  {
    name = "three-in-a-session", letters = variations.one_for_each("three-in-a-session.test", "user", 40),
    host = { extensions = { "PIPELINING", "8BITMIME", "LIMITS MAILMAX=3" } }, on = { message = in_a_second },
  },
  {
    name = "stale", letters = variations.one_for_each("stale.test", "user", 15),
    on = { message = in_a_second:and_then("1s", mx.reply(421, "4.4.2", "Idle for too long")) },
  },
  { name = "changing", letters = variations.one_for_each("changing.test", "user", 15), on = { ehlo = another_list, message = in_a_second } },
  {
    name = "less-in-tls", letters = variations.one_for_each("less-in-tls.test", "user", 15), on = { message = in_a_second },
    host = { extensions = { "PIPELINING", "SIZE", "STARTTLS" }, extensions_in_tls = { "8BITMIME" } },
  },
  { name = "221-after-2s", letters = { {}, {} }, on = { quit = mx.accept():after "2s" } },
  { name = "221-after-60s", letters = { {}, {} }, on = { quit = mx.accept():after "60s" } },
}

mx.profile { summary = "connections that are used again, in another way at each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "many messages for one receiver: connections that are used again, and come to their end",
  send      = all.send,
  senders   = { "mta", "relay", "bulk" },
  clock     = "shared",
  over      = "settled",
  horizon   = "6d",
  watch     = "1h",
  notices   = { "sender.test" },
  exercises = {
    "cmd-no-nested-mail", "quit-wait-221", "reuse-idle", "reuse-limit", "limits-mailmax", "reuse-after-tls-caps",
    "reply-421-async", "ehlo-not-cached", "reuse-independent", "dup-never-after-2yz", "conn-concurrency",
  },
}
