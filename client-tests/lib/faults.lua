-- What real clients meet in the tests 19 and 25 to 28. Each case is a host, named after the stage and the fault:
-- rcpt-close.test closes the connection instead of answering RCPT.
local mx = require "fakemx"

local silence, close, reset = mx.silence(), mx.close(), mx.reset()
local unavailable = mx.reply(421, "4.3.2", "Service not available")
local temporary   = mx.reply(451, "4.3.2", "Internal server error")
local permanent   = mx.reply(554, "5.7.1", "Refused")
local strange     = mx.reply(299, nil, "Nobody knows this code")
local no_code     = mx.raw "Beg your pardon?\r\n"
local long_text   = ("x"):rep(20000)

-- By stage and name. `body` is the middle of the message, `starttls` what is said before the handshake.
local faults = {
  connect = {
    silence       = silence,
    close         = close,
    unavailable   = unavailable,
    permanent     = permanent,
    strange       = strange,
    ["no-code"]   = no_code,
    ["lf-only"]   = mx.raw "220 no CR\n",
    ["bare-code"] = mx.raw "220\r\n",
    ["long-line"] = mx.reply(220, nil, long_text),
  },
  ehlo = {
    silence     = silence,
    close       = close,
    unavailable = unavailable,
    temporary   = temporary,
    permanent   = permanent,
    mixed       = mx.raw "250-mx.fakemx.test\r\n451 4.3.2 two\r\n",
    ["no-code"] = no_code,
  },
  starttls = {
    silence     = silence,
    unavailable = unavailable,
    -- A reply in the clear that a careless client takes for one inside TLS.
    injected    = mx.raw "220 Go ahead\r\n250-mx.fakemx.test\r\n250 AUTH PLAIN\r\n",
    -- Refused with a reply too many, and no answer to what follows: one client starts the handshake all the same.
    refused     = mx.raw(("454 4.7.0 TLS not available\r\n"):rep(2)):stop_reading(),
  },
  mail = {
    silence     = silence,
    close       = close,
    unavailable = unavailable,
    strange     = strange,
  },
  rcpt = {
    silence     = silence,
    close       = close,
    reset       = reset,
    unavailable = unavailable,
    strange     = strange,
    duplicated  = mx.raw(("250 2.1.5 Recipient OK\r\n"):rep(2)),
  },
  data = {
    silence          = silence,
    close            = close,
    unavailable      = unavailable,
    strange          = strange,
    accepted         = mx.reply(250, "2.0.0", "No need for that"),
    ["stop-reading"] = mx.accept():stop_reading(),
  },
  body = {
    close       = close,
    reset       = reset,
    unavailable = unavailable,
    early       = mx.reply(250, "2.0.0", "Thank you, that will do"),
  },
  -- The first try only: some of these are taken, and the sender does not know it.
  message = {
    silence       = silence,
    lost          = mx.accept():lost(),
    half          = mx.accept():lost(3),
    reset         = mx.accept():lost():then_reset(),
    unavailable   = unavailable,
    strange       = strange,
    mixed         = mx.raw "250-2.0.0 one\r\n451 4.3.2 two\r\n",
    duplicated    = mx.raw(("250 2.0.0 OK\r\n"):rep(2)),
    unsolicited   = mx.accept():and_then("0s", unavailable),
    drip          = mx.accept():drip { octets = 1, every = "5ms" },
    nul           = mx.raw "250 2.0.0 a\0b\r\n",
    ["no-code"]   = no_code,
    ["lf-only"]   = mx.raw "250 2.0.0 no CR\n",
    ["bare-code"] = mx.raw "250\r\n",
    ["long-line"] = mx.reply(250, nil, long_text),
    ["eight-bit"] = mx.reply(250, nil, "Gr\xfc\xdfe"),
  },
  quit = {
    silence = silence,
    close   = close,
  },
}

local clear = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES" }
local offer = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS" }
local hosts = {
  { name = "none.test" },
  { name = "refuse.test", connections = "refuse" },
  { name = "ignore.test", connections = "ignore" },
  { name = "full.test", connections = "full" },
  -- Offers STARTTLS to the first EHLO, and to no other.
  { name = "starttls-withheld.test", extensions = offer },
  -- The greeting is the last word, and the end is TCP's alone, without close_notify.
  { name = "implicit-cut.test", tls = { implicit = true } },
}
for stage, faults_there in pairs(faults) do
  for name in pairs(faults_there) do
    hosts[#hosts + 1] = { name = ("%s-%s.test"):format(stage, name), extensions = stage == "starttls" and offer or clear }
  end
end
-- How much of the handshake leaves before it goes wrong: nothing, half a ServerHello, half a certificate. Who waits for the
-- rest longer than the tests' clients do is Exim.
for _, fault in ipairs { "stall", "close", "reset", "garbage", "plaintext" } do
  for _, octets in ipairs { 0, 100, 600 } do
    local name = ("%s-%d.test"):format(fault, octets)
    hosts[#hosts + 1] = { name = "handshake-" .. name, extensions = offer, idle_timeout = "5s",
                          tls = { handshake = fault, handshake_octets = octets } }
    hosts[#hosts + 1] = { name = "implicit-" .. name, idle_timeout = "5s",
                          tls = { handshake = fault, handshake_octets = octets, implicit = true } }
  end
end

mx.profile { summary = "A host for each fault", extensions = clear, hosts = hosts }

-- The fault of this host, if this is its stage.
local function fault(s, stage)
  return faults[stage][s.host:match("^" .. stage .. "%-(.*)%.test$")]
end

local function at(stage)
  return function(s) return fault(s, stage) end
end

mx.on.starttls = at "starttls"
mx.on.mail     = at "mail"
mx.on.rcpt     = at "rcpt"
mx.on.quit     = at "quit"

function mx.on.connect(s)
  if s.host == "implicit-cut.test" then return mx.accept():then_cut() end
  return fault(s, "connect")
end

function mx.on.ehlo(s, hello)
  if s.host == "starttls-withheld.test" and mx.state("offered"):add(s.host) > 1 then
    return mx.reply(250, nil, { s.host, "8BITMIME" }):stop_reading()
  end
  return fault(s, "ehlo")
end

function mx.on.data(s)
  local in_body = fault(s, "body")
  if in_body then return mx.accept():in_body(500, in_body) end
  return fault(s, "data")
end

function mx.on.message(s, message)
  if message.attempt == 1 then return fault(s, "message") end
end
