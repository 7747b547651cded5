-- Replies that RFC 5321 §4.2 allows, though one seldom sees them, and some that it does not: bare codes, unknown codes of a known
-- class, texts that contradict their code, many lines, long lines. A client goes by the first digit, and by nothing else.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local function many(count, text)
  local lines = {}
  for i = 1, count do lines[i] = text .. " " .. i end
  return lines
end

local function answer(verdict)
  return function() return verdict end
end

local all = variations {
  { name = "greeting-of-five-lines", on = { connect = answer(mx.reply(220, nil, many(5, "Welcome, line"))) } },
  { name = "bare-code", on = { mail = answer(mx.raw "250\r\n") } },
  { name = "blank-behind-code", on = { rcpt = answer(mx.raw "250 \r\n") } },
  { name = "multiline-rcpt", on = { rcpt = answer(mx.reply(250, nil, many(3, "Recipient taken"))) } },
  { name = "unknown-2yz", on = { mail = answer(mx.reply(259, nil, "Taken, in a way")) } },
  { name = "251", on = { rcpt = answer(mx.reply(251, "2.1.5", "User not local; will forward to <bob@elsewhere.test>")) } },
  { name = "252", on = { rcpt = answer(mx.reply(252, "2.0.0", "Cannot verify, will try")) } },
  { name = "text-says-no", on = { rcpt = answer(mx.reply(250, nil, "550 Rejected: error, reject, denied")) } },
  { name = "enhanced-says-no", on = { mail = answer(mx.raw "250 5.1.0 Sender OK\r\n") } },
  { name = "enhanced-says-yes", on = { rcpt = answer(mx.raw "550 2.1.5 No such user\r\n") } },
  { name = "line-of-512", on = { mail = answer(mx.raw("250 " .. ("x"):rep(506) .. "\r\n")) } },
  { name = "line-of-2000", on = { mail = answer(mx.raw("250 " .. ("x"):rep(1994) .. "\r\n")) } },
  { name = "sixty-lines", on = { mail = answer(mx.reply(250, nil, many(60, "Sender taken"))) } },
  { name = "line-feeds-only", on = { mail = answer(mx.raw "250 Sender OK\n") } },
  { name = "codes-differ", on = { mail = answer(mx.raw "250-Sender\r\n250-is\r\n451 greylisted\r\n") } },
  { name = "octet-by-octet", on = { mail = answer(mx.accept():drip { octets = 1, every = "10ms" }) } },
  { name = "350-to-mail", on = { mail = answer(mx.reply(350, nil, "Go on")) } },
  { name = "150-to-mail", on = { mail = answer(mx.raw "150 Wait\r\n") } },
  { name = "650-to-mail", on = { mail = answer(mx.raw "650 What\r\n") } },
  { name = "no-code", on = { mail = answer(mx.raw "Sender OK\r\n") } },
  { name = "said-twice", on = { mail = answer(mx.raw "250 Sender OK\r\n250 Sender OK\r\n") } },
}

mx.profile { summary = "odd replies, one at each of its hosts", hosts = all.hosts }

mx.scenario {
  summary = "odd replies: bare and unknown codes, contradictions, many and long lines",
  send = all.send,
  over = "settled",
  horizon = "6d",
  exercises = {
    "greet-multiline", "reply-multiline", "reply-bare-code", "reply-code-only", "reply-first-digit", "reply-251",
    "reply-3yz-unexpected", "reply-out-of-range", "reply-line-512", "reply-long-multiline", "reply-enhanced-mismatch",
  },
}
