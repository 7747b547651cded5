-- iCloud's MX hosts (icloud.com, me.com, mac.com) as senders meet them. What it tests: a throttle by mailbox that
-- closes the connection in the middle of a transaction, a service that is not available at MAIL, and a host that
-- loses patience with errors.
--
-- Where a line comes from is written behind it:
--   wild      a transcript or a log that somebody published
--   doc       Apple's own page for postmasters (support.apple.com/102322)
--   shaper    libraries that read bounces, with replies that came back
--   postfix   what Postfix says, whose words these hosts use where they were seen; not seen from them
--   infer     a conclusion of ours from these
--   invented  no source; a number or text that had to be something
local mx         = require "fakemx"
local always = require "fakemx.always"
local limit      = require "fakemx.limit"
local own_zones  = require "fakemx.own_zones"
local pool       = require "fakemx.pool"
local recipients = require "fakemx.recipients"
local says       = require "fakemx.says"
local served = require "fakemx.served"

local page     = "https://support.apple.com/en-us/HT204137" -- wild

local size_max = 28319744 -- invented

local domains  = { "icloud.com", "me.com", "mac.com" }

local mistakes = mx.state "mistakes"

-- wild: st11p00im-smtpin019.me.com
local machines, machine = pool {
  name = "machines",
  machines = function(_, draw)
    local sites = { "st11p00im", "st43p00im", "ci74p00im" }
    return ("%s-smtpin%03d.me.com"):format(sites[draw(1, 3, "a")], draw(1, 20, "b"))
  end,
}

local function cs01(tag)
  return mx.reply(554, "5.7.1", "[" .. tag .. "] Message rejected due to local policy. Please visit " .. page)
end

local replies = {
  cs01 = { at = "message", reply = cs01 "CS01", because = "content, or reputation" }, -- wild
  hm08 = { at = "message", reply = cs01 "HM08", because = "content, or reputation" }, -- wild
  hme1 = {
    at = "message", because = "neither SPF nor DKIM",
    reply = mx.reply(554, "5.7.1", "[HME1] This message was blocked for failing both SPF and DKIM authentication " ..
      "checks. See " .. page ..
      " for mailing best practices"), -- shaper
  },
  hcm1 = {
    at = "mail", because = "reputation of the address",
    reply = function(s) return mx.reply(421, "4.7.1", "[HCM1] Your mail from " .. s.ip .. " was deferred. See " ..
      page) end, -- wild; code and ending invented
  },
  bs02 = { at = "message", reply = mx.reply(451, "4.3.0", "[BS02] Temporary server error."), because = "a fault " ..
    "inside" }, -- wild; code and stage invented
  dmarc = {
    at = "message", because = "the DMARC policy of the From domain",
    reply = function(_, message)
      return mx.reply(554, "5.7.1", "Your message was rejected due to " .. (message.from_domain or "the sender") ..
        "'s DMARC policy. See " ..
        page .. " for") -- shaper
    end,
  },
  spamhaus = {
    at = "rcpt", because = "the address is listed by Spamhaus",
    reply = function(s)
      return mx.reply(550, "5.7.1", "Mail from IP " .. s.ip .. " was rejected due to listing in Spamhaus SBL. For " ..
        "details please see http://www.spamhaus.org/query/bl?ip=" .. s.ip) -- wild
    end,
  },
  proofpoint = {
    at = "connect", because = "the address is listed by Proofpoint",
    reply = function(s)
      return mx.reply(550, "5.7.0", "Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=" .. s.ip) -- wild
    end,
  },
  not_accepting = {
    at = "connect", because = "the host takes no connections",
    reply = function(s) return mx.reply(554, nil, machine(s) .. " ESMTP not accepting connections") end, -- shaper
  },
  service_unavailable = {
    at = "mail", because = "the service is not available", reply = mx.reply(451, "4.7.1", "Service unavailable - " ..
      "try again later"), -- wild
  },
}

local zones_of_senders = mx.param.string("", "file or module with the zones of senders, who are judged by them (invented)")

mx.profile {
  summary    = "iCloud: 421 4.7.1 excessive volume at RCPT, 451 4.7.1 at MAIL, 421 4.7.0 too many errors, mailbox " ..
    "classes",
  hosts      = { { name = "mx01.mail.icloud.com" }, { name = "mx02.mail.icloud.com" } }, -- wild
  domains    = domains,
  zones      = own_zones.of(domains, { { 10, "mx01.mail.icloud.com" }, { 10, "mx02.mail.icloud.com" } }), -- infer
  sender_zones = zones_of_senders,
  extensions = {
    "PIPELINING", "STARTTLS", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8",
      SIZE = size_max, -- postfix; size and list invented
  },
  replies    = {
    starttls             = "220 2.0.0 Ready to start TLS",                          -- postfix
    data                 = "354 End data with <CR><LF>.<CR><LF>",                   -- postfix
    vrfy                 = "502 5.5.1 VRFY command is disabled",                    -- postfix
    unsupported_command  = "502 5.5.1 Error: command not implemented",              -- postfix
    malformed_line       = "500 5.5.2 Error: bad syntax",                           -- postfix
    bad_syntax           = "501 5.5.4 Syntax: MAIL FROM:<address>",                 -- postfix
    bad_sender_syntax    = "501 5.1.7 Bad sender address syntax",                   -- postfix
    bad_recipient_syntax = "501 5.1.3 Bad recipient address syntax",                -- postfix
    bad_sequence         = "503 5.5.1 Error: need MAIL command",                    -- wild
    no_recipients        = "554 5.5.1 Error: no valid recipients",                  -- postfix
    too_many_recipients  = "452 4.5.3 Error: too many recipients",                  -- postfix
    idle_timeout         = "421 4.4.2 {host} Error: timeout exceeded",              -- postfix
  },
  params = says.params(replies, {
    sender_zones       = zones_of_senders,
    recipient_messages = mx.param.integer(30, "messages to a mailbox in recipient_window: 421 4.7.1 (rule wild, " ..
      "number invented)"),
    recipient_window   = mx.param.duration("1h", "window of that (invented)"),
    recipient_block    = mx.param.duration("15m", "so long it is refused then (shaper: what senders wait)"),
    ip_messages        = mx.param.integer(100, "transactions of an address in ip_window: 451 4.7.1 (rule and " ..
      "number invented)"),
    ip_window          = mx.param.duration("15m", "window of that (invented)"),
    errors_max         = mx.param.integer(20, "refused recipients and errors of a connection, then 421 4.7.0 " ..
      "(reply wild, number postfix)"),
    no_domain          = mx.param.string("%.invalid$", "Lua pattern of the domains in MAIL that no DNS knows " ..
      "(invented)"),
    unknown            = mx.param.string("^nobody", "Lua pattern of the local parts that do not exist (invented)"),
    suspended          = mx.param.string("^suspended", "Lua pattern of the local parts that are inactive (invented)"),
    moved              = mx.param.string("^moved", "Lua pattern of the local parts that are no longer on this " ..
      "server (invented)"),
    full               = mx.param.string("^full", "Lua pattern of the local parts whose mailbox is full (invented)"),
  }),
}

local senders = {
  name = "senders",
  rcpt = function(s)
    if s.from:lower():match "@([^@]*)$" and s.from:lower():match "@([^@]*)$":find(mx.params.no_domain) then
      return mx.reply(450, "4.1.8", "<" .. s.from .. ">: Sender address rejected: Domain not found")
        :because "the sender's domain has neither MX nor A" -- wild; at RCPT: postfix
    end
  end,
}

-- Recipients that are refused, and commands, count as errors of the connection; one too many closes it. postfix
local function mistake(s, verdict)
  if mistakes:add(s.id) + s.errors < mx.params.errors_max then return verdict end
  return mx.reply(421, "4.7.0", machine(s) ..
    " Error: too many errors"):because "too many errors in this connection" -- wild
end

local function mailbox(code, enhanced, text)
  return function(s, _, address)
    return mistake(s, mx.reply(code, enhanced, (text:gsub("ADDRESS", function() return address end))))
  end
end

-- shaper: both replies; infer: that they are told in this order. Who sends from a domain that the zones do not know is not judged, and
-- neither is who cannot be looked up.
local authentication = {
  name = "authentication",
  message = function(s, message)
    local spf, dkim = message.spf, message.dkim
    if not spf then return end
    if message.dmarc == "fail" and message.dmarc_policy == "reject" then
      return replies.dmarc.reply(s, message):because(message.dmarc_why)
    end
    local unclear = spf == "temperror" or dkim == "temperror"
    if spf ~= "pass" and dkim ~= "pass" and not unclear then
      return replies.hme1.reply:because(replies.hme1.because)
    end
  end,
}

mx.manners {
  machines,
  says.manner(replies),
  authentication,
  limit {
    name = "ip", at = "mail", by = "ip", within = mx.params.ip_window, max = mx.params.ip_messages,
    answer = replies.service_unavailable.reply, because = "more mail of this address than it may send",
  },
  senders,
  recipients {
    name = "mailboxes", unknown = mx.params.unknown, full = mx.params.full, suspended = mx.params.suspended,
    answers = {
      unknown   = mailbox(550, "5.1.1", "unknown or illegal alias: ADDRESS"), -- wild
      full      = mailbox(552, "5.2.2", "<ADDRESS>: user is over quota"),     -- wild
      suspended = mailbox(550, "5.1.1", "<ADDRESS>: inactive email address"), -- wild
    },
  },
  recipients {
    name = "moved", unknown = mx.params.moved, because = "a mailbox that is no longer here",
    answers = { unknown = mailbox(550, "5.1.6", "recipient no longer on server: ADDRESS") }, -- shaper
  },
  limit {
    name = "recipient", at = "rcpt", by = "recipient", within = mx.params.recipient_window,
      max = mx.params.recipient_messages,
    block = mx.params.recipient_block,
    answer = function(_, rcpt)
      return mx.reply(421, "4.7.1", "Messages to " .. rcpt.address .. " deferred due to excessive volume. Try " ..
        "again later - " .. page) -- wild
    end,
    because = "the mailbox gets more than it may",
  },
}

function mx.on.close(s) mistakes:forget(s.id) end

function mx.on.connect(s) return mx.reply(220, nil, machine(s) .. " ESMTP") end -- infer, from the 554 it gives instead

-- postfix: enhanced codes behind HELO as well. What the server says of itself has them only behind EHLO.
local mail_ok = always(250, "2.1.0", "Ok")
local rcpt_ok = always(250, "2.1.5", "Ok")
local too_big = always(552, "5.3.4", "Message size exceeds fixed limit")

function mx.on.mail(_, mail)
  if (mail.size or 0) > size_max then return too_big():because "the message is too big" end
  return mail_ok()
end

function mx.on.rcpt(_, rcpt)
  if served(domains, rcpt.domain) then return rcpt_ok() end
  return mx.reply(554, "5.7.1", "<" .. rcpt.address .. ">: Relay access denied"):because "another domain" -- shaper
end

mx.on.rset = always(250, "2.0.0", "Ok")
mx.on.noop = always(250, "2.0.0", "Ok")
mx.on.quit = always(221, "2.0.0", "Bye")

local not_recognized = always(502, "5.5.2", "Error: command not recognized")

local function unknown(s) return mistake(s, not_recognized()) end

mx.on.help = unknown
mx.on.expn = unknown
mx.on.unknown = unknown

-- postfix; the order invented
function mx.on.ehlo(s)
  local lines = { machine(s), "PIPELINING", "SIZE " .. size_max, "STARTTLS", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN",
    "SMTPUTF8" }
  if s.tls then table.remove(lines, 4) end
  return mx.reply(250, nil, lines)
end

function mx.on.helo(s) return mx.reply(250, nil, machine(s)) end -- postfix

function mx.on.message(s, message)
  if message.size > size_max then return too_big():because "the message is too big" end
  return mx.reply(250, "2.0.0", ("Ok: queued as %06X%05X"):format(mx.between(1048576, 16777215, s.id),
    mx.between(65536, 1048575, s.id))) -- wild
end
