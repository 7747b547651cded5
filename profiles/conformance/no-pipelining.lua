-- A receiver without PIPELINING that takes its time: thirty seconds for the greeting, two for each reply, a minute for the last one. RFC
-- 5321 §4.3.1: a sender waits for each reply before it says anything more. Receivers take what comes too early for the work of a spam
-- robot.
--
-- A good sender waits; and where every recipient was refused it does not say DATA.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local later = mx.accept():after "2s"

local function slowly(rcpt)
  return {
    connect = mx.accept():after "30s", ehlo = later, helo = later, mail = later, rcpt = rcpt, data = later,
    message = mx.accept():after "60s", rset = later, quit = later,
  }
end

local all = variations {
  { name = "taken", to = { "anna", "bob", "carl" }, letters = { {}, {} }, on = slowly(later) },
  { name = "refused", to = { "anna", "bob" }, on = slowly(mx.reply(550, "5.1.1", "No such user"):after "2s") },
  {
    name = "greeting-in-two-parts",
    on = { connect = mx.reply(220, nil, { "greeting-in-two-parts.test", "Good day" }):slice { 30 }:drip { octets = 30, every = "10s" } },
  },
}

mx.profile { summary = "no PIPELINING, and every reply is late", hosts = all.hosts, extensions = { "SIZE", "8BITMIME" } }

mx.scenario {
  summary   = "no PIPELINING, and every reply is late: who talks too early",
  send      = all.send,
  clock     = "shared",
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "greet-wait", "cmd-wait-reply", "data-no-valid-rcpt", "data-nothing-after-dot", "rcpt-all-rejected",
    "pipe-only-if-offered",
  },
}
