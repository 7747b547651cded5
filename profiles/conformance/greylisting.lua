-- Whoever comes for the first time is asked to come back: 4yz at each stage, until five minutes have passed since the first try. RFC 6647;
-- RFC 5321 §4.2.1: a temporary refusal, wherever it is said.
--
-- A good sender comes back after a minute at the earliest and a day at the latest, from the same network, with the same sender and the same
-- first recipient, and tells nobody of a failure.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local function greylisted(code, enhanced)
  return variations.for_the_first("5m", mx.reply(code, enhanced, "Greylisted, try again later"))
end

local all = variations {
  { name = "connect", on = { connect = greylisted(450) } },
  { name = "connect-421", on = { connect = greylisted(421) } },
  { name = "ehlo", on = { ehlo = greylisted(450, "4.7.1"), helo = greylisted(450, "4.7.1") } },
  { name = "mail", on = { mail = greylisted(451, "4.7.1") } },
  { name = "rcpt", on = { rcpt = greylisted(450, "4.7.1") } },
  { name = "three-recipients", to = { "anna", "bob", "carl" }, on = { rcpt = greylisted(450, "4.7.1") } },
  { name = "data", on = { data = greylisted(451, "4.7.1") } },
  { name = "end-of-data", on = { message = greylisted(451, "4.7.1") } },
}

mx.profile { summary = "greylisting, at one stage of each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "greylisting at each stage, for five minutes",
  send      = all.send,
  clock     = "shared",
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "retry-queue", "greet-4yz-temp", "retry-stable-envelope", "grey-retry", "grey-stages", "grey-not-fatal",
    "grey-same-source", "grey-same-tuple",
  },
}
