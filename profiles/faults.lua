-- Every fault at every stage, one at a time: fakemx serve faults --set stage=rcpt --set fault=reset
-- What it tests: what the sender makes of a receiver that is slow, rude, broken or gone. Each fault is one
-- expression; copy the one you need. `own` is what the server says there anyway, such as mx.accept(), and
-- `code` its code.
local mx = require "fakemx"

local faults = {
  none             = function(own, code) return own end,

  -- Time.
  delay            = function(own, code) return own:after "30s" end,
  late             = function(own, code) return own:late "30s" end,
  drip             = function(own, code) return own:drip { octets = 1, every = "1s" } end,
  slice            = function(own, code) return own:slice { 3, 10 } end,
  silence          = function(own, code) return mx.silence() end,

  -- The connection.
  close            = function(own, code) return mx.close() end,
  half_close       = function(own, code) return mx.half_close() end,
  reset            = function(own, code) return mx.reset() end,
  then_close       = function(own, code) return own:then_close() end,
  then_half_close  = function(own, code) return own:then_half_close() end,
  then_cut         = function(own, code) return own:then_cut() end,
  then_reset       = function(own, code) return own:then_reset() end,
  lost             = function(own, code) return own:lost() end,
  lost_half        = function(own, code) return own:lost(3) end,
  lost_by_reset    = function(own, code) return own:lost():then_reset() end,

  -- What is said.
  unavailable      = function(own, code) return mx.reply(421, "4.3.2", "Service not available") end,
  temporary        = function(own, code) return mx.reply(451, "4.3.2", "Internal server error") end,
  permanent        = function(own, code) return mx.reply(554, "5.7.1", "Refused") end,
  strange_code     = function(own, code) return mx.reply(299, nil, "Nobody knows this code") end,
  wrong_class      = function(own, code) return mx.reply(999, nil, "Nobody knows this class") end,
  many_lines       = function(own, code) return mx.reply(code, nil, { "one", "two", "three" }) end,

  -- How it is written.
  mixed_codes      = function(own, code) return mx.raw("250-one\r\n451 two\r\n") end,
  bare_code        = function(own, code) return mx.raw(code .. "\r\n") end,
  lf_only          = function(own, code) return mx.raw(code .. " no CR\n") end,
  no_line_end      = function(own, code) return mx.raw(code .. " no end") end,
  long_line        = function(own, code) return mx.reply(code, nil, ("x"):rep(5000)) end,
  eight_bit        = function(own, code) return mx.reply(code, nil, "Gr\xfc\xdfe") end,
  nul              = function(own, code) return mx.raw(code .. " a\0b\r\n") end,
  no_code          = function(own, code) return mx.raw("Beg your pardon?\r\n") end,

  -- What was not asked for.
  duplicated       = function(own, code) return mx.raw((code .. " as I said\r\n"):rep(2)) end,
  early            = function(own, code) return own:and_then("0s", mx.reply(250, nil, "Early")) end,
  unsolicited      = function(own, code) return own:and_then("30s", mx.reply(250, nil, "By the way")) end,
  unsolicited_421  = function(own, code) return own:and_then("30s", mx.reply(421, "4.3.2", "I go")) end,

  -- Reading.
  stop_reading     = function(own, code) return own:stop_reading() end,
  read_slowly      = function(own, code) return own:read_slowly { octets = 1, every = "1s" } end,
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
