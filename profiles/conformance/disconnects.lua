-- 421, a closed connection and a reset one, at each stage. RFC 5321 §3.8, §4.2.2: 421 may be the reply to any command, and a connection
-- that breaks counts as 451. Each happens once; the next try goes well.
--
-- A good sender sends nothing behind 421 but QUIT, keeps the message, and comes back later. Nobody is told of a failure. What is said in
-- the middle of the data is no reply to their end, even if it is 250.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first

-- Late, so that what comes behind it was sent when it was known, or was there before.
local going = mx.reply(421, "4.3.2", "Service not available, closing"):after "1s"
local in_body = function(verdict) return first(mx.accept():in_body(300, verdict)) end

-- The stage, what goes wrong, and the verdict that does it.
local list = {
  { "connect", "421", going }, { "connect", "closed", mx.close() },
  -- What says 421 and stays hears whether anything follows but QUIT.
  { "ehlo", "421-and-stays", going:then_stay() }, { "ehlo", "reset", mx.reset() },
  { "mail", "421", going }, { "mail", "421-and-stays", going:then_stay() }, { "mail", "closed", mx.close() },
  { "rcpt", "421", going }, { "rcpt", "421-and-stays", going:then_stay() }, { "rcpt", "reset", mx.reset() },
  { "data", "421-and-stays", going:then_stay() }, { "data", "closed", mx.close() },
  { "message", "421", going }, { "message", "421-and-stays", going:then_stay() }, { "message", "closed", mx.close() },
}

local all = {}

for _, one in ipairs(list) do
  local stage, what, verdict = one[1], one[2], one[3]
  all[#all + 1] = { name = stage .. "-" .. what, on = { [stage] = first(verdict) } }
end

local big = { size = "100KiB" }

for _, one in ipairs {
  { name = "body-closed", letter = big, on = { data = in_body(mx.close()) } },
  { name = "body-reset", letter = big, on = { data = in_body(mx.reset()) } },
  { name = "body-451", letter = big, on = { data = in_body(mx.reply(451, "4.3.0", "Not now"):then_close()) } },
  { name = "body-554", letter = big, on = { data = in_body(mx.reply(554, "5.6.0", "Not this message"):then_close()) } },
  -- To the third recipient, when two were taken already.
  {
    name = "third-recipient", to = { "anna", "bob", "carl" },
    on = { rcpt = variations.by_recipient { carl = first(going) } },
  },
  -- Unasked, while the connection is kept for the next message.
  { name = "unasked-421", letters = { {}, {}, {} }, on = { message = first(mx.accept():and_then("1s", going)) } },
} do
  all[#all + 1] = one
end

all = variations(all)

mx.profile { summary = "421, a closed connection or a reset one, once at each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "421, a closed connection and a reset one at each stage: the message is kept, and comes again",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  notices   = { "sender.test" },
  watch     = "1d",
  exercises = {
    "ehlo-421-no-helo", "reply-421-any", "reply-421-async", "greet-4yz-temp", "reply-conn-lost",
  },
}
