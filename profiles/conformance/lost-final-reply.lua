-- The message was taken, and the reply that says so is lost: closed, reset, silent for twenty minutes, half of it missing. Nobody can know;
-- RFC 5321 §3.8 and RFC 1047 have the sender try again, and the message comes twice. Beside it the opposite: the reply comes, and all goes
-- wrong behind it.
--
-- A good sender never believes a message delivered without the whole reply; it waits before it tries again; the second copy has the
-- Message-ID of the first, so that the receiver can tell. Behind a 2yz it sends no further copy, whatever happens to QUIT.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first
local taken = mx.accept()

local all = variations {
  -- Lost.
  { name = "closed", on = { message = first(taken:lost()) } },
  { name = "reset", on = { message = first(taken:lost():then_reset()) } },
  { name = "half-a-reply", on = { message = first(taken:lost(3)) } },
  { name = "after-20-minutes", letters = { {}, {} }, on = { message = first(taken:after "20m") } },
  { name = "lost-three-times", on = { message = variations.times(3, taken:lost()) } },
  -- Not lost.
  { name = "after-595s", on = { message = taken:after "595s" } },
  { name = "last-octet-late", on = { message = mx.raw "250 2.0.0 OK, taken\r\n":slice { 20 }:drip { octets = 20, every = "590s" } } },
  { name = "reset-behind-250", on = { message = taken:then_reset() } },
  { name = "closed-behind-250", on = { message = taken:then_close() } },
  { name = "421-to-quit", on = { quit = mx.reply(421, "4.3.2", "Going down") } },
  { name = "451-to-quit", on = { quit = mx.reply(451, "4.3.0", "Not now") } },
  { name = "no-221", on = { quit = mx.close() } },
  { name = "221-after-60s", on = { quit = taken:after "60s" } },
}

mx.profile {
  summary    = "the reply at the end of the data is lost, or all is lost but that",
  hosts      = all.hosts,
  -- No PIPELINING: of a client that has sent QUIT as well and closed its side nobody can say whether it still waits.
  extensions = { "8BITMIME", "SIZE" },
}

mx.scenario {
  summary   = "the last reply is lost: the message comes again, and as the same; or it comes, and nothing is sent twice",
  send      = all.send,
  clock     = "shared",
  over      = "settled",
  horizon   = "6d",
  watch     = "1d",
  notices   = { "sender.test" },
  exercises = {
    "timeout-no-reuse", "dup-lost-reply-retry", "dup-no-instant-resend", "dup-same-message-id", "dup-count",
    "dup-never-after-2yz", "dup-late-250",
  },
}
