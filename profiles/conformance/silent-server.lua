-- A receiver that hangs: where a reply is due there is none, ever, and data are no longer read. It does so once at each of its hosts. RFC
-- 5321 §4.5.3.2: every wait has an end. What was not answered counts as 451 (§3.8): the message is kept, and comes again.
--
-- A good sender gives up within the hour, and closes: what comes late is not the reply to the next command.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local hangs = variations.first(mx.silence())

local all = variations {
  { name = "greeting", on = { connect = hangs } },
  { name = "ehlo", on = { ehlo = hangs } },
  { name = "mail", on = { mail = hangs } },
  { name = "rcpt", on = { rcpt = hangs } },
  { name = "data", on = { data = hangs } },
  { name = "end-of-data", on = { message = hangs } },
  { name = "quit", on = { quit = hangs } },
  -- Nothing is read any more: the message must not end before its end.
  {
    name = "reading-stops", letter = { size = "8MiB" }, host = { receive_window = "4KiB" },
    on = { data = variations.first(mx.accept():stop_reading()) },
  },
  -- Fifteen minutes are too long, and there is more to send.
  { name = "too-late", letters = { {}, {}, {} }, on = { message = variations.first(mx.accept():after "15m") } },
}

mx.profile {
  summary    = "no reply, once at one stage of each of its hosts",
  hosts      = all.hosts,
  -- No PIPELINING: of a client that has sent more and closed its side nobody can say whether it still waits.
  extensions = { "8BITMIME", "SIZE" },
}

mx.scenario {
  summary   = "a receiver that hangs, at each stage: every wait has an end, and the message is kept",
  send      = all.send,
  clock     = "shared",
  over      = "settled",
  horizon   = "3d",
  watch     = "1d",
  notices   = { "sender.test" },
  exercises = {
    "timeout-exists", "timeout-temporary", "timeout-no-reuse", "data-truncation",
  },
}
