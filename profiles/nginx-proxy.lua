-- nginx as a mail proxy in front of a mail server that is away. What it tests: 451 4.3.2 Internal server error, and
-- the end of the connection behind it, at the greeting, at AUTH or at the first RCPT; never behind DATA, because
-- nginx only hands octets on by then. A sender must take reply and end of connection for one failure.
--
-- Where a line comes from is written behind it:
--   nginx     the source of nginx, 3f6f782 (src/mail/), where these texts are constants
--   wild      a transcript that somebody published (Mailu #2863, docker-postfix #43, gitea #9153)
--   postfix   what a Postfix behind it says
--   invented  no source; a number or text that had to be something
local mx      = require "fakemx"
local always = require "fakemx.always"
local chance  = require "fakemx.chance"

local timeout = mx.param.duration("60s", "how long nginx waits for what is behind it, and for the client (nginx: " ..
  "mail { timeout 60s; })")

mx.profile {
  summary      = "nginx as a mail proxy: 451 4.3.2 Internal server error, then close, at connect, AUTH or RCPT",
  host         = "mail.fakemx.test",
  extensions   = { "PIPELINING", "8BITMIME", "AUTH PLAIN LOGIN",
    SIZE = 10485760 }, -- invented: what an owner of nginx writes in smtp_capabilities
  idle_timeout = timeout,
  replies      = {
    greeting            = "220 {host} ESMTP ready",                                  -- nginx
    ehlo                = "250 {host}",                                              -- nginx
    helo                = "250 {host}",                                              -- nginx
    auth                = "235 2.0.0 OK",                                            -- nginx
    malformed_line      = "500 5.5.1 Invalid command",                               -- nginx
    bad_syntax          = "501 5.5.4 Invalid argument",                              -- nginx
    bad_sequence        = "503 5.5.1 Bad sequence of commands",                      -- nginx
    auth_required       = "530 5.7.1 Authentication required",                       -- nginx
    data                = "354 End data with <CR><LF>.<CR><LF>",                     -- postfix
  },
  params = {
    at      = mx.param.choice({ "rcpt", "connect", "auth" }, "where nginx goes to the server behind it (rcpt: " ..
      "smtp_auth none; rcpt and auth wild, connect nginx)"),
    cause   = mx.param.choice({ "refused", "silent", "auth_server" }, "the server refuses connections, is silent " ..
      "until the timeout, or nginx's auth_http fails"),
    share   = mx.param.ratio("1", "of the tries that fail (invented)"),
    lasts   = mx.param.duration("0s", "for so long, from the first connection on; 0s: for ever (invented)"),
    timeout = timeout,
  },
}

local because = {
  refused     = "the server behind nginx refuses connections",
  silent      = "the server behind nginx is silent",
  auth_server = "nginx's auth_http does not answer as it should",
}

local function internal_error()
  local verdict = mx.reply(451, "4.3.2", "Internal server error"):then_close() -- nginx, wild
  if mx.params.cause == "silent" then verdict = verdict:after(mx.params.timeout) end
  return verdict
end

-- Connections that have a server behind nginx: from there on it only hands octets on.
local tunnels = mx.state "tunnels"

mx.manners {
  chance {
    name = "upstream", when = function(s) return not tunnels:get(s.id) end,
    at = mx.params.at, by = "everybody", p = mx.params.share,
    lasts = mx.seconds(mx.params.lasts) > 0 and mx.params.lasts or nil,
    answer = internal_error, because = because[mx.params.cause],
  },
}

-- nginx: AUTH comes last, and only where nginx is to ask for it.
function mx.on.ehlo(s)
  local lines = { s.host, "PIPELINING", "8BITMIME", "SIZE 10485760" }
  if mx.params.at == "auth" then lines[#lines + 1] = "AUTH PLAIN LOGIN" end
  return mx.reply(250, nil, lines)
end

-- nginx: enhanced codes, though EHLO does not offer them. What the server says of itself has none.
local ok            = always(250, "2.0.0", "OK")
local invalid       = always(500, "5.5.1", "Invalid command")
local auth_required = always(530, "5.7.1", "Authentication required")

-- nginx answers MAIL by itself.
function mx.on.mail(s)
  if mx.params.at == "auth" and not s.user then return auth_required():because "nginx is to ask for AUTH" end
  return ok()
end

mx.on.rset    = ok
mx.on.noop    = ok
mx.on.quit    = always(221, "2.0.0", "Bye")
mx.on.vrfy    = invalid
mx.on.expn    = invalid
mx.on.help    = invalid
mx.on.unknown = invalid

-- postfix, from here on
local rcpt_ok = always(250, "2.1.5", "Ok")

function mx.on.rcpt(s)
  tunnels:set(s.id, true)
  return rcpt_ok()
end

function mx.on.message(s)
  return mx.reply(250, "2.0.0", ("Ok: queued as %06X%05X"):format(mx.between(1048576, 16777215, s.id),
    mx.between(65536, 1048575, s.id)))
end

function mx.on.close(s) tunnels:forget(s.id) end

-- nginx: whoever is silent for too long is dropped without a word.
function mx.on.idle() return mx.close() end
