-- Netease's MX hosts (163.com, 126.com, yeah.net) as senders meet them.
--
-- Where a line comes from is written behind it:
--   wild      a transcript or a log that somebody published
--   doc       Netease's own help page on bounces
--   shaper    the delivery rules of commercial and open MTAs
--   folklore  articles, without a transcript
--   invented  no source; a number or text that had to be something
local mx = require "fakemx"

-- wild: banners seen on the MX hosts of 163.com and on submission hosts of 126.com; yeah: invented.
local function host(name, label, banner)
  return {
    name    = name,
    replies = { greeting = "220 " .. label .. " Anti-spam GT for Coremail System (" .. banner .. ")" },
  }
end

mx.profile {
  summary    = "163.com, 126.com and yeah.net: Coremail's replies, 451 4.3.2, 451 DT:SPM, unknown users, limits",
  domains    = { "163.com", "126.com", "yeah.net" },
  extensions = { "PIPELINING", "8BITMIME", SIZE = 73400320 },  -- wild
  hosts      = {
    host("163mx01.mxmail.netease.com", "163.com", "163com[20141201]"),
    host("126mx01.mxmail.netease.com", "126.com", "126com[20140526]"),
    host("yeahmx01.mxmail.netease.com", "yeah.net", "yeahnet[20141201]"),
  },
  zones      = { -- wild: preference and TTL of 163.com, in 2018; the others and the texts: invented
    ["163.com"]  = { mx = { { 10, "163mx01.mxmail.netease.com" } }, txt = "v=spf1 include:spf.163.com -all", ttl = "5h" },
    ["126.com"]  = { mx = { { 10, "126mx01.mxmail.netease.com" } }, txt = "v=spf1 include:spf.163.com -all", ttl = "5h" },
    ["yeah.net"] = { mx = { { 10, "yeahmx01.mxmail.netease.com" } }, txt = "v=spf1 include:spf.163.com -all", ttl = "5h" },
  },
  replies    = {
    helo                 = "250 OK",                                     -- wild
    mail                 = "250 Mail OK",                                -- wild
    rcpt                 = "250 Mail OK",                                -- wild
    data                 = "354 End data with <CR><LF>.<CR><LF>",        -- wild
    quit                 = "221 Bye",                                    -- wild
    rset                 = "250 OK",                                     -- invented
    noop                 = "250 OK",                                     -- invented
    help                 = "502 Error: command not implemented",         -- wild
    vrfy                 = "502 Error: command not implemented",         -- wild
    expn                 = "502 Error: command not implemented",         -- wild for VRFY and HELP
    unsupported_command  = "502 Error: command not implemented",
    unknown_command      = "502 Error: command not implemented",
    malformed_line       = "500 Error: bad syntax",                      -- doc
    bad_syntax           = "500 Error: bad syntax",
    line_too_long        = "500 Error: bad syntax",
    bad_sequence         = "503 Error: bad sequence of commands",        -- invented
    bad_sender_syntax    = "550 MI:IMF",                                 -- doc: not an RFC address
    message_too_big      = "552 Requested mail action aborted: exceeded mailsize limit",  -- doc
    relay_denied         = "550 RP:FRL",                                 -- doc: no anonymous relaying
    too_many_recipients  = "550 RP:RCL",                                 -- doc
  },
  params = {
    internal_error       = mx.param.ratio("1/50", "chance of 451 4.3.2 at end of data, for each try (invented)"),
    internal_error_first = mx.param.integer(0, "first tries of every delivery that meet 451 4.3.2 for certain"),
    internal_error_delay = mx.param.duration("30s", "longest wait before 451 4.3.2 (folklore)"),
    first_contact        = mx.param.boolean(true, "451 DT:SPM for a sender that is not known yet (wild)"),
    first_contact_wait   = mx.param.duration("15m", "until a new sender is taken (wild says 15 min, doc says 2 min)"),
    early_retry          = mx.param.choice({ "lenient", "strict" }, "a new sender that comes back early: 451 again, or 554 (wild, once)"),
    messages_per_connection = mx.param.integer(7, "MAIL commands accepted in one connection (shaper; 11 seen on submission)"),
    unknown_user         = mx.param.string("^nobody", "Lua pattern of the local parts that do not exist"),
  },
}

local first_contact = mx.state "first_contact"
local known         = mx.state "known"
local pool          = mx.state "pool"

local labels = { -- wild for 163 and 126
  ["163mx01.mxmail.netease.com"]  = "163",
  ["126mx01.mxmail.netease.com"]  = "126",
  ["yeahmx01.mxmail.netease.com"] = "yeah",
}

-- Every MX name stands for a pool; a connection meets one machine of it, to its end. wild.
function mx.on.connect(s)
  pool:set(s.id, "zwqz-mx-mta-g" .. mx.between(0, 9, s.id) .. "-" .. mx.between(0, 4, s.id))
end

function mx.on.close(s)
  pool:forget(s.id)
end

-- "<hostid>,<txid>S<n> <epoch>": names the transaction in nearly every reply. wild.
local function transaction(s)
  local host = pool:get(s.id)
  -- S2 is a connection's first message, S13 its twelfth, whether or not MAIL was accepted. wild.
  local n = s.transactions + (s.from and 1 or 2)
  local txid = "_____w" .. mx.token(16, s.id) .. "--." .. mx.between(1, 45000, s.id)
  return host .. "," .. txid .. "S" .. n .. " " .. mx.now(), host
end

local function help_page(s, host)
  return "http://mail.163.com/help/help_spam_16.htm?ip=" .. s.ip .. "&hostid=" .. host .. "&time=" .. mx.now()
end

-- wild: first line "mail", a token whose tail changes, no ENHANCEDSTATUSCODES. STARTTLS and AUTH, which
-- the real hosts offer too, are not offered here yet.
function mx.on.ehlo(s, hello)
  return mx.reply(250, nil, {
    "mail",
    "PIPELINING",
    "coremail 1Uxr2xKj7kG0xkI17xGrU7I0s8FY2U3Uj8Cz28x1UUUUU7Ic2I0Y2Ur" .. mx.token(8, s.id) .. "UCa0xDrUUUUj",
    "SIZE 73400320",
    "8BITMIME",
  })
end

function mx.on.mail(s, mail)
  if s.transactions >= mx.params.messages_per_connection then
    local id, host = transaction(s)
    return mx.reply(450, nil, "MI:DMC " .. labels[s.host] .. " " .. id .. " " .. help_page(s, host)) -- wild
  end
  local domain = mail.domain:lower()
  if domain == "163.com" or domain == "126.com" or domain == "yeah.net" then
    local id = transaction(s)
    return mx.reply(553, nil, "Local user is not allowed," .. labels[s.host] .. " " .. id) -- wild
  end
end

function mx.on.rcpt(s, rcpt)
  if rcpt.local_part:find(mx.params.unknown_user) then
    return mx.reply(550, nil, "User not found: " .. rcpt.address) -- wild
  end
end

-- What Netease's content and environment checks say to a sender they do not know. No triplet is
-- involved: address and reverse path make the sender.
local function unknown_sender(s)
  local sender = s.ip .. "|" .. s.from
  if known:get(sender) then return end
  first_contact:mark(sender)
  if first_contact:marked_for(sender, mx.params.first_contact_wait) then
    first_contact:forget(sender)
    known:set(sender, true)
    return
  end
  local id, host = transaction(s)
  -- A sender that goes to the next MX at once has not come back early: two minutes are one try.
  if mx.params.early_retry == "strict" and first_contact:marked_for(sender, "2m") then
    return mx.reply(554, nil, "DT:SPM " .. labels[s.host] .. " " .. id .. ",please see " .. help_page(s, host))
  end
  return mx.reply(451, nil, "DT:SPM " .. labels[s.host] .. " " .. id .. ", please try again 15min later")
end

function mx.on.message(s, message)
  local identity = s.ip .. "|" .. s.from
  if message.attempt <= mx.params.internal_error_first or mx.chance(mx.params.internal_error, identity) then
    local wait = mx.between("0s", mx.params.internal_error_delay, identity)
    return mx.reply(451, "4.3.2", "Internal server error"):after(wait)
  end
  if mx.params.first_contact then
    local verdict = unknown_sender(s)
    if verdict then return verdict end
  end
  return mx.reply(250, nil, "Mail OK queued as " .. transaction(s)) -- wild
end
