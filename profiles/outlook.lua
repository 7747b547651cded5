-- The MX hosts of Outlook.com and Hotmail as senders meet them. What it tests: a throttle that goes by reputation
-- and is told at MAIL, a busy server that is told at RCPT, connections that are one too many, and replies with a
-- tail of brackets that is never twice the same.
--
-- Where a line comes from is written behind it:
--   wild      a transcript or a log that somebody published
--   doc       Microsoft's own lists of replies
--   exchange  what Exchange Server says, which these hosts run; not seen from them
--   shaper    the delivery rules of commercial and open MTAs, and libraries that read bounces
--   infer     a conclusion of ours from these
--   invented  no source; a number or text that had to be something
local mx         = require "fakemx"
local always = require "fakemx.always"
local calendar   = require "fakemx.calendar"
local limit      = require "fakemx.limit"
local own_zones  = require "fakemx.own_zones"
local pool       = require "fakemx.pool"
local recipients = require "fakemx.recipients"
local says       = require "fakemx.says"
local served = require "fakemx.served"

local size_max = 49283072 -- wild, 2025

local outlook  = "outlook-com.olc.protection.outlook.com" -- wild; preference 5: infer
local hotmail  = "hotmail-com.olc.protection.outlook.com" -- wild; preference 2
local domains  = {
  [outlook] = { "outlook.com" },
  [hotmail] = { "hotmail.com", "live.com", "msn.com" },
}

-- A connection meets one machine, such as AMS0EPF0000019A of eurprd05.prod.outlook.com, as session 08DD59CA63652EED:
-- kept as "machine|zone|session". wild.
local sites = { "AMS0EPF|eurprd05", "BN2PEPF|namprd21", "SA2PEPF|namprd04", "SJ1PEPF|namprd03" }

local sessions, session_of = pool {
  name = "sessions",
  machines = function(_, draw)
    local machine, zone = sites[draw(1, #sites, "site")]:match "^(.*)|(.*)$"
    return ("%s%08X|%s|08DD%04X%08X"):format(machine, draw(256, 1048575, "machine"), zone, draw(4096, 65535, "high"),
      draw(268435456, 4294967295, "low"))
  end,
}

local function session(s) return session_of(s):match "^(.*)|(.*)|(.*)$" end

local function time_of_day()
  local seconds = calendar.second_of_day(0)
  return ("%02d:%02d:%02d"):format(seconds // 3600, seconds // 60 % 60, seconds % 60)
end

-- "Sun, 9 Mar 2025 19:25:28 +0000"
local function mail_date()
  local year, month, day = calendar.date(0):match "^(%d+)%-(%d+)%-(%d+)$"
  local days = { [0] = "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" }
  local months = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }
  return ("%s, %d %s %s %s +0000"):format(days[calendar.day_number(0) % 7], tonumber(day), months[tonumber(month)],
    year, time_of_day())
end

-- wild: what most refusals end in.
local function tail(s)
  local machine, zone, id = session(s)
  return (" [%s.%s.prod.outlook.com %sT%s.%03dZ %s]"):format(machine, zone, calendar.date(0), time_of_day(),
    mx.between(0, 999, s.id), id)
end

-- wild: what the agent that goes by addresses says besides.
local function agent(s)
  return (" [Name=Protocol Filter Agent][AGT=PFA][MxId=11BB%04X%08X]"):format(mx.between(4096, 65535, s.id),
    mx.between(268435456, 4294967295, s.id)) .. tail(s)
end

local function tailed(code, enhanced, text)
  return function(s) return mx.reply(code, enhanced, text .. tail(s)) end
end

local function rate_limited(number, code)
  return function(s)
    return mx.reply(451, "4.7." .. number, "The mail server [" .. s.ip .. "] has been temporarily rate limited due " ..
      "to IP reputation. For e-mail delivery information, see https://postmaster.live.com (" .. code .. ")" .. agent(s))
  end
end

local function not_sent(code)
  return function(s)
    return mx.reply(421, nil, code .. " (SNT0-MC2-F19) Unfortunately, some messages from " .. s.ip .. " weren't " ..
      "sent. Please try again. We have limits for how many messages can be sent per hour and per day.")
  end
end

local replies = {
  rate_limited_651 = { at = "mail", reply = rate_limited("651", "S844"),
    because = "reputation of the address" }, -- wild
  rp_001 = { at = "mail", reply = not_sent "RP-001", because = "more messages in an hour or a day than the " ..
    "reputation allows" }, -- wild, 2013
  rp_002 = { at = "mail", reply = not_sent "RP-002", because = "as RP-001" }, -- doc; text as RP-001
  rp_003 = { at = "mail", reply = not_sent "RP-003", because = "as RP-001" }, -- doc; text as RP-001
  pr_ct1 = {
    at = "connect", because = "too many connections",
    reply = mx.reply(421, nil, "PR(ct1) Unfortunately, too many connections have been opened. Please try again " ..
      "later."), -- doc; wording invented
  },
  pr_dt1 = {
    at = "mail", because = "too much mail",
    reply = mx.reply(421, nil,
      "PR(dt1) Unfortunately, too many messages have been sent. Please try again later."), -- doc; wording invented
  },
  not_available = { at = "connect", reply = mx.reply(421, "4.3.2", "Service not available"),
    because = "maintenance" }, -- wild
  temporary_error = {
    at = "message", because = "a fault inside", reply = tailed(451, "4.3.2", "Temporary server error. Please try " ..
      "again later ATTR17"), -- wild
  },
  proxy_error = {
    at = "message", because = "the host behind the front end is not to be reached",
    reply = tailed(451, "4.7.0",
      "Temporary server error. Please try again later. PRX4 NextHop: 15.20.1.1"), -- wild; address invented
  },
  not_replicated = {
    at = "message", because = "no second host that keeps a copy",
    reply = tailed(451, "4.4.0", "Message failed to be replicated: no healthy secondary server available to accept " ..
      "replica at this time."), -- wild
  },
  organization_quota = {
    at = "rcpt", because = "the organization's queue is full", reply = tailed(450, "4.7.3", "Organization queue " ..
      "quota exceeded."), -- wild; stage invented
  },
  insufficient_resources = {
    at = "message", because = "storage or memory is short", reply = tailed(452, "4.3.1", "Insufficient system " ..
      "resources (TSTE)"), -- wild; stage invented
  },
  agent_busy = {
    at = "rcpt", because = "the protocol filter agent is busy", reply = tailed(451, "4.7.700", "PFA agent busy, " ..
      "please try again."), -- wild; stage invented
  },
  under_evaluation = {
    at = "mail", because = "the address is new, and being looked at",
    reply = tailed(451, "4.7.850", "Access denied, please try again later"), -- doc; stage invented
  },
  banned = {
    at = "rcpt", because = "the address is on Microsoft's own list",
    reply = function(s)
      return mx.reply(550, "5.7.606", "Access denied, banned sending IP [" .. s.ip .. "]. To request removal from " ..
        "this list please visit https://sender.office.com/ and follow the directions. For more information please " ..
        "go to  http://go.microsoft.com/fwlink/?LinkID=526655 (AS16012609)" .. tail(s)) -- wild
    end,
  },
  block_list = {
    at = "mail", because = "the network is on the block list S3150",
    reply = function(s)
      return mx.reply(550, "5.7.1", "Unfortunately, messages from [" .. s.ip .. "] weren't sent. Please contact " ..
        "your Internet service provider since part of their network is on our block list (S3150). You can also " ..
        "refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors." .. agent(s)) -- wild
    end,
  },
}

local zones    = own_zones.of(domains[outlook], { { 5, outlook } })
for name, zone in pairs(own_zones.of(domains[hotmail], { { 2, hotmail } })) do zones[name] = zone end

mx.profile {
  summary    = "Outlook.com and Hotmail: 451 4.7.650 at MAIL, 451 4.7.500 at RCPT, connections at once",
  hosts      = { { name = outlook, domains = domains[outlook] }, { name = hotmail, domains = domains[hotmail] } },
  zones      = zones,
  extensions = {
    "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS", "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8",
      SIZE = size_max, -- wild
  },
  replies    = {
    starttls             = "220 2.0.0 SMTP server ready",                                -- exchange
    data                 = "354 Start mail input; end with <CRLF>.<CRLF>",               -- wild
    unknown_command      = "500 5.3.3 Unrecognized command",                             -- wild
    unsupported_command  = "502 5.3.3 Command not implemented",                          -- exchange
    malformed_line       = "500 5.3.3 Unrecognized command",                             -- wild
    bad_syntax           = "501 5.5.4 Invalid arguments",                                -- exchange
    bad_sender_syntax    = "501 5.1.7 Invalid address",                                  -- exchange
    bad_recipient_syntax = "501 5.1.3 Invalid address",                                  -- exchange
    bad_sequence         = "503 5.5.2 Send hello first", -- exchange: and the like, by what is missing
    no_recipients        = "503 5.5.2 Need rcpt command",                                -- exchange
    too_many_errors      = "421 4.7.0 Too many errors on this connection, closing transmission channel", -- exchange
    idle_timeout         = "421 4.4.1 Connection timed out",                             -- exchange
  },
  params = says.params(replies, {
    ip_messages    = mx.param.integer(100, "transactions of an address in ip_window: 451 4.7.650 (rule wild, " ..
      "number invented)"),
    ip_window      = mx.param.duration("1h", "window of that (invented)"),
    ip_block       = mx.param.duration("30m", "so long it is refused then (shaper: what senders wait)"),
    busy_recipients = mx.param.integer(200, "recipients of an address in busy_window: 451 4.7.500 (rule wild, " ..
      "number invented)"),
    busy_window    = mx.param.duration("1m", "window of that (invented)"),
    recipients_max = mx.param.integer(200, "recipients of one transaction (wild)"),
    connections_at_once = mx.param.integer(20, "open connections of an address (reply wild, number invented)"),
    unknown        = mx.param.string("^nobody", "Lua pattern of the local parts that do not exist (invented)"),
    full           = mx.param.string("^full", "Lua pattern of the local parts whose mailbox is full (invented)"),
    suspended      = mx.param.string("^suspended", "Lua pattern of the local parts that are disabled (invented)"),
  }),
}

mx.manners {
  sessions,
  says.manner(replies),
  limit {
    name = "connections", at = "connect", by = "ip", at_once = true, max = mx.params.connections_at_once,
    answer = mx.reply(421, "4.3.2", "The maximum number of concurrent connections per resource forest has exceeded " ..
      "a limit, closing transmission channel"), -- wild
    because = "too many connections at once",
  },
  limit {
    name = "reputation", at = "mail", by = "ip", within = mx.params.ip_window, max = mx.params.ip_messages,
      block = mx.params.ip_block,
    answer = rate_limited("650", "S775"), because = "more mail than the reputation of the address allows", -- wild
  },
  limit {
    name = "busy", at = "rcpt", by = "ip", within = mx.params.busy_window, max = mx.params.busy_recipients,
    answer = function(s) return mx.reply(451, "4.7.500", "Server busy. Please try again later from [" .. s.ip ..
      "]. (AS761)" .. tail(s)) end, -- wild
    because = "more recipients in a while than the address may have",
  },
  recipients {
    name = "mailboxes", unknown = mx.params.unknown, full = mx.params.full, suspended = mx.params.suspended,
    answers = {
      unknown   = tailed(550, "5.5.0", "Requested action not taken: mailbox unavailable (S2017062302)."), -- wild
      full      = tailed(452, "4.2.2", "Mailbox full"),                                                   -- invented
      suspended = tailed(550, "5.2.1", "Mailbox cannot be accessed"),                                     -- invented
    },
  },
}

function mx.on.connect(s)
  local machine, _, id = session(s)
  return mx.reply(220, nil, machine .. ".mail.protection.outlook.com Microsoft ESMTP MAIL Service ready at " ..
    mail_date() .. " [" .. id .. "]") -- wild
end

-- wild, in this order
function mx.on.ehlo(s)
  local machine = session(s)
  local lines = {
    machine .. ".mail.protection.outlook.com Hello [" .. s.ip .. "]", "SIZE " .. size_max, "PIPELINING", "DSN",
      "ENHANCEDSTATUSCODES",
    "STARTTLS", "8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8",
  }
  if s.tls then table.remove(lines, 6) end
  return mx.reply(250, nil, lines)
end

function mx.on.helo(s)
  local machine = session(s)
  return mx.reply(250, nil, machine .. ".mail.protection.outlook.com Hello [" .. s.ip .. "]") -- wild
end

-- wild: enhanced codes behind HELO as well. What the server says of itself has them only behind EHLO.
local sender_ok    = always(250, "2.1.0", "Sender OK") -- wild
local recipient_ok = always(250, "2.1.5", "Recipient OK") -- wild
local too_big      = always(552, "5.3.4", "Message size exceeds fixed maximum message size") -- exchange

function mx.on.mail(_, mail)
  if (mail.size or 0) > size_max then return too_big():because "the message is too big" end
  return sender_ok()
end

function mx.on.rcpt(s, rcpt)
  if not served(domains[s.host], rcpt.domain) then
    return mx.reply(550, "5.7.64", "TenantAttribution; Relay Access Denied"):because "another domain" -- exchange
  end
  if #s.recipients >= mx.params.recipients_max then
    return mx.reply(452, "4.5.3", "Too many recipients (AS780090)"):because "too many recipients" -- wild
  end
  return recipient_ok()
end

mx.on.rset = always(250, "2.0.0", "Resetting") -- exchange
mx.on.noop = always(250, "2.0.0", "OK") -- exchange
mx.on.quit = always(221, "2.0.0", "Service closing transmission channel") -- wild

function mx.on.message(s, message)
  if message.size > size_max then return too_big():because "the message is too big" end
  local machine, zone = session(s)
  local id = message.id and "<" .. message.id:gsub("[<>]", "") .. ">" or "<" .. mx.token(32, s.id) .. "@" ..
    machine .. ">"
  local seconds = mx.between(100, 900, s.id)
  return mx.reply(250, "2.6.0", ("%s [InternalId=%d%06d, Hostname=%s.%s.prod.outlook.com] %d bytes in 0.%03d, " ..
    "%d.%03d KB/sec Queued mail for delivery -> 250 2.1.5"):format(id, mx.between(1000000, 9999999, s.id),
    mx.between(0, 999999, s.id), machine,
      zone, message.size,
    seconds, message.size // seconds, message.size % seconds)) -- wild
end
