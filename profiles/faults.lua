-- Every fault at every stage, one at a time: fakemx serve faults --set stage=rcpt --set fault=reset
-- What it tests: what the sender makes of a receiver that is slow, rude, broken or gone. Each fault is one
-- expression; copy the one you need. `own` is what the server says there anyway, such as mx.accept(), and
-- `code` its code. The comment above a fault says what it is for; docs/reference/fault-transcripts.md shows it with what
-- goes over the wire.
local mx = require "fakemx"

local faults = {
  -- == For comparison ==

  -- Nothing goes wrong: what all others are compared with.
  none = function(own, code) return own end,

  -- == Time ==

  -- A slow receiver. A sender waits for the reply to the final dot for at least ten minutes, for most others
  -- five (RFC 5321 §4.5.3.2). Bad ones give up sooner, and send again what was taken.
  delay = function(own, code) return own:after "30s" end,

  -- A reply that others overtake, although replies come in the order of the commands (RFC 2920 §3.2). A
  -- sender that pipelines takes each for the reply to the command before: here 354 for that to RCPT. Good
  -- ones see that it cannot be, give up and try again; bad ones go on, one reply behind.
  late = function(own, code) return own:late "30s" end,

  -- A reply octet by octet. It ends with CRLF (RFC 5321 §4.2), however many segments that takes, and the
  -- timeout is for all of it. Bad ones take the first segment for the reply, or wait for ever because each
  -- octet starts their timeout anew.
  drip = function(own, code) return own:drip { octets = 1, every = "1s" } end,

  -- A reply in several segments at one moment. It ends with CRLF (RFC 5321 §4.2); bad senders believe that
  -- it comes in one piece.
  slice = function(own, code) return own:slice { 3, 10 } end,

  -- A receiver that hangs. A sender gives up after the timeout of the command, keeps the message and tries
  -- again (RFC 5321 §4.5.3.2, §4.5.4.1). Bad ones hang as well.
  silence = function(own, code) return mx.silence() end,

  -- == The connection ==

  -- The connection closes where a reply is due. A sender takes that for 451: it keeps the message and tries
  -- again (RFC 5321 §3.8). Bad ones bounce it, or take silence for consent.
  close = function(own, code) return mx.close() end,

  -- Only the server's direction closes (TCP FIN); it reads on, and answers nothing. For a sender the same as
  -- `close` (RFC 5321 §3.8); bad ones go on writing and wait.
  half_close = function(own, code) return mx.half_close() end,

  -- The connection is reset: another error than the end of a stream, and the same 451 (RFC 5321 §3.8). Bad
  -- senders know the one and not the other.
  reset = function(own, code) return mx.reset() end,

  -- Taken, and closed without waiting for QUIT, which RFC 5321 §3.8 forbids a server. The reply counts: the
  -- message is delivered. Bad senders take the QUIT that fails for the failure of the message.
  then_close = function(own, code) return own:then_close() end,

  -- Taken, and nothing is said any more, not even to QUIT; the server reads on. The message is delivered.
  -- Bad senders take the QUIT that fails for the failure of the message.
  then_half_close = function(own, code) return own:then_half_close() end,

  -- Inside TLS: taken, and closed without the close_notify of RFC 8446 §6.1. The reply was complete with its
  -- CRLF, so it counts. Bad senders throw it away for the error, and send the message twice.
  then_cut = function(own, code) return own:then_cut() end,

  -- Taken, and the connection reset. Whoever has read the reply has it; a sender that meets the error before
  -- the reply tries again (RFC 5321 §3.8), and the message comes twice.
  then_reset = function(own, code) return own:then_reset() end,

  -- Taken, and the reply lost on its way. Nobody can know: a sender tries again (RFC 5321 §3.8), and the
  -- message comes twice (RFC 1047, RFC 5321 §6.1). Good ones keep its Message-ID. Bad ones believe it
  -- delivered.
  lost = function(own, code) return own:lost() end,

  -- Taken, and the reply breaks off in the middle. Without CRLF it is no reply (RFC 5321 §4.2), so it counts
  -- as `lost`. Bad senders go by three digits, and believe it delivered.
  lost_half = function(own, code) return own:lost(3) end,

  -- As `lost`, with a reset in the place of the end.
  lost_by_reset = function(own, code) return own:lost():then_reset() end,

  -- == What is said ==

  -- 421: the receiver goes away, which it may say to any command (RFC 5321 §4.2.2, §3.8). A sender keeps
  -- the message and tries again later, or the next MX at once. Bad ones bounce it, or talk on into the
  -- closed connection.
  unavailable = function(own, code) return mx.reply(421, "4.3.2", "Service not available") end,

  -- 4yz: not now. A sender keeps the message and tries again, after half an hour or so, for some days (RFC
  -- 5321 §4.2.1, §4.5.4.1). Bad ones bounce it, try again at once, or for ever.
  temporary = function(own, code) return mx.reply(451, "4.3.2", "Internal server error") end,

  -- 5yz: never. A sender does not try again, and tells the author (RFC 5321 §4.2.5). Bad ones go on trying,
  -- or tell nobody.
  permanent = function(own, code) return mx.reply(554, "5.7.1", "Refused") end,

  -- A code that is in no RFC. A sender goes by its first digit: 2yz, delivered (RFC 5321 §4.2). Bad ones
  -- compare with 250.
  strange_code = function(own, code) return mx.reply(299, nil, "Nobody knows this code") end,

  -- A code of no class. A sender treats it as an error that ends the transaction (RFC 5321 §4.2). Bad ones
  -- stop at it themselves, or take what is not 4yz and not 5yz for success.
  wrong_class = function(own, code) return mx.reply(999, nil, "Nobody knows this class") end,

  -- A reply in several lines, which any command may have (RFC 5321 §4.2). It ends with the line that has a
  -- blank behind its code (§4.2.1). Bad senders end it with the first line, and are two replies behind from
  -- there on.
  many_lines = function(own, code) return mx.reply(code, nil, { "one", "two", "three" }) end,

  -- == How it is written ==

  -- Lines that do not agree, although a sender may rely on it (RFC 5321 §4.2.1). Here the last line counts,
  -- so the message is refused. A careful sender takes the worse of the two; bad ones go by the first.
  mixed_codes = function(own, code) return mx.raw("250-one\r\n451 two\r\n") end,

  -- A code without text, which a sender must take (RFC 5321 §4.2). Bad ones want the blank behind it.
  bare_code = function(own, code) return mx.raw(code .. "\r\n") end,

  -- A reply that ends with LF alone, which ends no line (RFC 5321 §2.3.8). A strict sender waits on, until
  -- the server loses patience, and finds one line of two replies; a tolerant one takes it.
  lf_only = function(own, code) return mx.raw(code .. " no CR\n") end,

  -- A reply whose line never ends (RFC 5321 §4.2). A sender waits until its timeout. Bad ones go by three
  -- digits, or find one line of two replies.
  no_line_end = function(own, code) return mx.raw(code .. " no end") end,

  -- A line of 5006 octets; 512 are allowed (RFC 5321 §4.5.3.1.5). A sender reads to CRLF, and keeps what it
  -- has room for. Bad ones take the rest of it for another reply, or run out of their buffer.
  long_line = function(own, code) return mx.reply(code, nil, ("x"):rep(5000)) end,

  -- Text that is neither ASCII (RFC 5321 §4.2) nor UTF-8 (RFC 6531 §3.7.4): Latin-1. A sender goes by the
  -- code alone. Bad ones stop where they decode it.
  eight_bit = function(own, code) return mx.reply(code, nil, "Gr\xfc\xdfe") end,

  -- A NUL in the text (RFC 5321 §4.2 allows none). A sender goes by the code alone. Bad ones end the line
  -- there, and wait for its end.
  nul = function(own, code) return mx.raw(code .. " a\0b\r\n") end,

  -- Words without a code. A sender treats them as an error that ends the transaction (RFC 5321 §4.2). Bad
  -- ones stop at them, or go on reading for a line that has one.
  no_code = function(own, code) return mx.raw("Beg your pardon?\r\n") end,

  -- == What was not asked for ==

  -- The reply twice, where each command has one (RFC 5321 §4.2). A careful sender sees that something is
  -- there before it has asked. Bad ones take the second for the reply to the next command, and so on.
  duplicated = function(own, code) return mx.raw((code .. " as I said\r\n"):rep(2)) end,

  -- Another reply right behind the one that is due: the answer to a question not yet asked. As `duplicated`.
  early = function(own, code) return own:and_then("0s", mx.reply(250, nil, "Early")) end,

  -- A reply that nobody asked for, while the connection is kept for the next message. A careful sender looks
  -- before it writes, and takes another connection. Bad ones take it for the reply to the next MAIL.
  unsolicited = function(own, code) return own:and_then("30s", mx.reply(250, nil, "By the way")) end,

  -- The receiver closes a connection that is kept for the next message (RFC 5321 §3.8). A sender looks
  -- before it writes, and takes another connection. Bad ones count it as a failure of the next message.
  unsolicited_421 = function(own, code) return own:and_then("30s", mx.reply(421, "4.3.2", "I go")) end,

  -- == Reading ==

  -- A receiver that takes no more: its window closes. A sender's timeout covers writing as well: three
  -- minutes for a block of data (RFC 5321 §4.5.3.2.5). Bad ones wait for ever, since they have no timeout
  -- but for reading.
  stop_reading = function(own, code) return own:stop_reading() end,

  -- A receiver that takes one octet in a second. The timeout is for each block of data and not for the
  -- message (RFC 5321 §4.5.3.2.5). Bad senders give up in the middle and begin anew, and never come to an
  -- end.
  read_slowly = function(own, code) return own:read_slowly { octets = 1, every = "1s" } end,
}

-- What is said anyway at a stage, and its code.
local stages = {
  connect     = { own = mx.accept(), code = 220 },
  ehlo        = { own = mx.accept(), code = 250 },
  starttls    = { own = mx.accept(), code = 220 },
  mail        = { own = mx.accept(), code = 250 },
  rcpt        = { own = mx.accept(), code = 250 },
  data        = { own = mx.accept(), code = 354 },
  body        = { own = mx.reply(250, nil, "In the middle of the message"), code = 250 },
  message     = { own = mx.accept(), code = 250 },
  between     = { own = mx.reply(250, nil, "Between two messages"), code = 250 },
  idle        = { own = mx.reply(250, nil, "Still there?"), code = 250 },
  quit        = { own = mx.accept(), code = 221 },
}

local function names(of, first)
  local list = { first }
  for name in pairs(of) do
    if name ~= first then list[#list + 1] = name end
  end
  return list
end

mx.profile {
  summary    = "Every fault at every stage of a session, one at a time",
  extensions = { "PIPELINING", "8BITMIME", "STARTTLS", SIZE = "70MiB" },
  replies    = { message = "250 OK" },
  params     = {
    stage  = mx.param.choice(names(stages, "message"), "where it goes wrong"),
    fault  = mx.param.choice(names(faults, "none"), "what goes wrong"),
    octets = mx.param.integer(100, "how much of the message has arrived, for the stage body"),
    wait   = mx.param.duration("10s", "how long after a message, for the stage between"),
  },
}

local function fault()
  local stage = stages[mx.params.stage]
  return faults[mx.params.fault](stage.own, stage.code)
end

local function at(stage)
  return function()
    if mx.params.stage == stage then return fault() end
  end
end

mx.on.connect  = at "connect"
mx.on.ehlo     = at "ehlo"
mx.on.starttls = at "starttls"
mx.on.mail     = at "mail"
mx.on.rcpt     = at "rcpt"
mx.on.idle     = at "idle"
mx.on.quit     = at "quit"

function mx.on.data(s)
  if mx.params.stage == "data" then return fault() end
  if mx.params.stage == "body" then return mx.accept():in_body(mx.params.octets, fault()) end
end

function mx.on.message(s, message)
  if mx.params.stage == "message" then return fault() end
  if mx.params.stage == "between" then return mx.accept():and_then(mx.params.wait, fault()) end
end
