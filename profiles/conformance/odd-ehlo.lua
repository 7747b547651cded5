-- Replies to EHLO that are unusual, and some that are wrong: keywords in any letter case, unknown ones, malformed values, sixty and a
-- hundred lines, one line alone, another list in the next session. RFC 5321 §4.1.1.1, §2.2.2; RFC 1870 §3; RFC 9422.
--
-- A good sender takes keywords in any case, passes over what it does not know or cannot read, takes SIZE 0 for "no limit", and goes by the
-- list of the session that it is in.
local mx = require "fakemx"
local fixtures = require "fakemx.fixtures"
local variations = require "fakemx.variations"

local function offer(...)
  return { ehlo = mx.reply(250, nil, { "mx.test greets you", ... }) }
end

local function many(count)
  local lines = { "mx.test greets you" }
  for i = 1, count - 2 do lines[#lines + 1] = "X-FOO-" .. i .. " a b c" end
  lines[#lines + 1] = "8BITMIME"
  return { ehlo = mx.reply(250, nil, lines) }
end

-- Each other session is offered nothing, and each message wants one of its own: what was offered is true in that session only.
local sessions = mx.state "sessions"

local function each_other_time(s)
  if sessions:add(s.host) % 2 == 0 then return mx.reply(250, nil, "mx.test greets you") end
end

local function one_message_in_each(s)
  if s.messages > 0 then return mx.reply(421, nil, "One message in each session, come again") end
end

local function big_to(name)
  return fixtures.to("bob@" .. name .. ".test", "big")
end

local all = variations {
  { name = "greeting-of-five-lines", on = { connect = mx.reply(220, nil, { "Good", "day", "to", "you", "all" }) } },
  {
    name = "mixed-case", letters = { {}, fixtures.to("bob@mixed-case.test", "eight_bit") },
    on = offer("Pipelining", "Size 1000000", "8BitMime", "dsn", "SmtpUtf8", "Enhancedstatuscodes"),
  },
  { name = "unknown-keywords", on = offer("X-FOO a b c", "ZZ9", "8BITMIME extra", ("K"):rep(60), "XCLIENT") },
  { name = "auth-without-mechanism", on = offer("AUTH", "AUTH=LOGIN", "8BITMIME") },
  { name = "size-abc", letter = big_to "size-abc", on = offer("SIZE abc", "8BITMIME") },
  { name = "size-0", letter = big_to "size-0", on = offer("SIZE 0", "8BITMIME") },
  { name = "size-bare", letter = big_to "size-bare", on = offer("SIZE", "8BITMIME") },
  { name = "one-line", on = offer() },
  { name = "sixty-lines", on = many(60) },
  { name = "hundred-lines", on = many(100) },
  { name = "smtputf8-with-parameter", on = offer("8BITMIME", "SMTPUTF8 foo") },
  { name = "limits-malformed", on = offer("PIPELINING", "LIMITS MAILMAX=abc FOO=1 RCPTMAX=") },
  {
    name = "changes-its-mind", letters = { big_to "changes-its-mind", big_to "changes-its-mind", big_to "changes-its-mind" },
    on = { ehlo = each_other_time, mail = one_message_in_each },
  },
}

mx.profile { summary = "odd replies to EHLO, one at each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "odd replies to EHLO: letter case, unknown and malformed keywords, a hundred lines, another list each time",
  -- A mail user agent leaves where STARTTLS is not offered, whatever else is.
  senders   = { "library", "mta", "relay", "bulk" },
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "greet-multiline", "reply-long-multiline", "ehlo-unknown-keywords", "size-zero", "limits-malformed",
    "utf8-ehlo-params-ignored", "ehlo-keywords-caseless", "ehlo-not-cached",
  },
}
