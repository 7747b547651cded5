-- The first try of each message meets the fault that its recipient is named after; the second is taken.
local mx = require "fakemx"

mx.profile { summary = "One fault for each recipient, once" }

local at_end = {
  lost          = mx.accept():lost(),
  half          = mx.accept():lost(3),
  reset         = mx.accept():lost():then_reset(),
  ["lf-only"]   = mx.raw "250 2.0.0 no CR\n",
  mixed         = mx.raw "250-2.0.0 one\r\n451 4.3.2 two\r\n",
  ["no-code"]   = mx.raw "Beg your pardon?\r\n",
  strange       = mx.reply(299, nil, "Nobody knows this code"),
  dripped       = mx.accept():drip { octets = 1, every = "10ms" },
  unsolicited   = mx.accept():and_then("0s", mx.reply(421, "4.3.2", "I go")),
}

local in_body = {
  ["body-close"] = mx.close(),
  ["body-reset"] = mx.reset(),
  ["body-421"]   = mx.reply(421, "4.3.2", "Enough"),
  ["body-early"] = mx.reply(250, "2.0.0", "Thank you, that will do"),
}

local function of(s, faults)
  local name = s.recipients[1]:match "^(.*)@"
  if faults[name] and mx.state "met":add(name) == 1 then return faults[name] end
end

function mx.on.rcpt(s, rcpt)
  if rcpt.local_part == "twice" and mx.state "met":add "twice" == 1 then
    return mx.raw(("250 2.1.5 Recipient OK\r\n"):rep(2))
  end
end

function mx.on.data(s)
  local fault = of(s, in_body)
  if fault then return mx.accept():in_body(500, fault) end
end

function mx.on.message(s, message)
  return of(s, at_end)
end
