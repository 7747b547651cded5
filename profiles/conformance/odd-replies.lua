-- Replies that RFC 5321 §4.2 allows, though one seldom sees them, and some that it does not: bare codes, unknown codes of a known class,
-- texts that contradict their code, many lines, long lines, octets one by one. A client goes by the first digit, and by nothing else.
--
-- What fails does so the first time only: a sender with a queue comes back and is done.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first

local function many(count, text)
  local lines = {}
  for i = 1, count do lines[i] = text .. " " .. i end
  return lines
end

local all = variations {
  -- As it should be, and seldom is.
  { name = "greeting-of-five-lines", on = { connect = mx.reply(220, nil, many(5, "Welcome, line")) } },
  { name = "bare-code", on = { mail = mx.raw "250\r\n", data = mx.raw "354\r\n", quit = mx.raw "221\r\n" } },
  { name = "blank-behind-code", on = { rcpt = mx.raw "250 \r\n" } },
  { name = "bare-lines", on = { mail = mx.raw "250-\r\n250\r\n" } },
  { name = "multiline", on = { rcpt = mx.reply(250, nil, many(3, "Recipient taken")), data = mx.reply(354, nil, many(2, "Go on")),
                               message = mx.reply(250, nil, many(12, "Message taken")) } },
  { name = "digits-in-text", on = { mail = mx.reply(250, nil, { "234 text", "550 text", "250 text" }) } },
  { name = "unknown-2yz", on = { mail = mx.reply(259, nil, "Taken, in a way") } },
  { name = "unknown-2yz-at-the-end", on = { message = mx.reply(299, nil, "Taken, in a way") } },
  { name = "unknown-4yz", on = { mail = first(mx.reply(459, nil, "Later, in a way")) } },
  { name = "unknown-5yz", on = { rcpt = mx.reply(559, nil, "Never, in a way") } },
  { name = "251", on = { rcpt = mx.reply(251, "2.1.5", "User not local; will forward to <bob@elsewhere.test>") } },
  { name = "252", on = { rcpt = mx.reply(252, "2.0.0", "Cannot verify, will try") } },
  { name = "line-of-512", on = { mail = mx.raw("250 " .. ("x"):rep(506) .. "\r\n") } },
  { name = "lines-of-512", on = { mail = mx.raw(("250-" .. ("x"):rep(506) .. "\r\n"):rep(3) .. "250 " .. ("x"):rep(506) .. "\r\n") } },
  { name = "sixty-lines", on = { mail = mx.reply(250, nil, many(60, "Sender taken")) } },
  { name = "octet-by-octet", on = { mail = mx.accept():drip { octets = 1, every = "10ms" },
                                    message = mx.accept():drip { octets = 1, every = "10ms" } } },
  -- Words and enhanced codes that contradict the code.
  { name = "text-says-no", on = { rcpt = mx.reply(250, nil, "550 Rejected: error, reject, denied") } },
  { name = "text-says-yes", on = { rcpt = mx.reply(550, nil, "250 OK, accepted") } },
  { name = "enhanced-says-no", on = { mail = mx.raw "250 5.1.0 Sender OK\r\n" } },
  { name = "enhanced-says-yes", on = { rcpt = mx.raw "550 2.1.5 No such user\r\n" } },
  { name = "enhanced-says-never", on = { rcpt = first(mx.raw "450 5.1.1 Try again later\r\n") } },
  { name = "enhanced-says-later", on = { rcpt = mx.raw "550 4.2.0 No such user\r\n" } },
  -- Wrong.
  { name = "line-of-2000", on = { mail = mx.raw("250 " .. ("x"):rep(1994) .. "\r\n") } },
  { name = "line-of-100000", on = { mail = mx.raw("250 " .. ("x"):rep(99994) .. "\r\n") } },
  { name = "line-feeds-only", on = { mail = mx.raw "250 Sender OK\n" } },
  -- Of one class: where they are not, a client may go by any of them (RFC 5321 §4.2.1).
  { name = "codes-differ", on = { mail = first(mx.raw "250-Sender\r\n251-is\r\n250 taken\r\n") } },
  { name = "codes-differ-at-the-end", on = { message = first(mx.raw "451-Not\r\n450-now\r\n451 later\r\n") } },
  { name = "350-to-mail", on = { mail = first(mx.reply(350, nil, "Go on")) } },
  { name = "150-to-mail", on = { mail = first(mx.raw "150 Wait\r\n") } },
  { name = "650-to-mail", on = { mail = first(mx.raw "650 What\r\n") } },
  { name = "650-greeting", on = { connect = first(mx.raw "650 What\r\n") } },
  { name = "650-at-the-end", on = { message = first(mx.raw "650 What\r\n") } },
  { name = "two-digits", on = { rcpt = first(mx.raw "25 OK\r\n") } },
  { name = "four-digits", on = { rcpt = first(mx.raw "2500 OK\r\n") } },
  { name = "no-code", on = { mail = first(mx.raw "Sender OK\r\n") } },
  { name = "no-code-at-the-end", on = { message = first(mx.raw "OK\r\n") } },
  -- RCPT's reply is late, so that whoever takes the second 250 for it has always gone on by then.
  {
    name = "said-twice", host = { extensions = { "PIPELINING", "8BITMIME" } },
    on = { mail = mx.raw "250 Sender OK\r\n250 Sender OK\r\n", rcpt = mx.reply(550, "5.1.1", "No such user"):after "1s" },
  },
}

mx.profile {
  summary    = "odd replies, one at each of its hosts",
  hosts      = all.hosts,
  -- No PIPELINING: what the client says next shows how it took the reply.
  extensions = { "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES" },
}

mx.scenario {
  summary = "odd replies: bare and unknown codes, contradictions, many and long lines",
  send = all.send,
  over = "settled",
  horizon = "6d",
  watch   = "10m",
  notices = { "sender.test" },
  exercises = {
    "greet-multiline", "greet-out-of-range", "reply-multiline", "reply-bare-code", "reply-code-only", "reply-first-digit",
    "reply-3yz-unexpected", "reply-out-of-range", "reply-line-512", "reply-long-multiline", "reply-enhanced-mismatch",
    "reply-251", "reply-split", "reply-overlong", "reply-mixed-multiline", "reply-extra", "reply-bare-lf",
  },
}
