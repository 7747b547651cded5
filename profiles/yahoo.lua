-- Yahoo's MX hosts as senders meet them. What it tests: a throttle that is told at MAIL or instead of the greeting,
-- a "permanent deferral" that is a 553, twenty messages in a connection, and recipients that are refused only at the
-- end of the message.
--
-- Where a line comes from is written behind it:
--   wild      a transcript or a log that somebody published
--   doc       Yahoo's own pages for senders (senders.yahooinc.com)
--   shaper    the delivery rules of commercial and open MTAs, and libraries that read bounces
--   infer     a conclusion of ours from these
--   invented  no source; a number or text that had to be something
local mx         = require "fakemx"
local limit      = require "fakemx.limit"
local own_zones  = require "fakemx.own_zones"
local pool       = require "fakemx.pool"
local recipients = require "fakemx.recipients"
local says       = require "fakemx.says"
local served = require "fakemx.served"

local page    = "https://postmaster.yahooinc.com/error-codes" -- wild
local domains = { "yahoo.com", "ymail.com", "rocketmail.com" }

-- wild: mtaproxy121.aol.mail.ne1.yahoo.com, atlas122.free.mail.gq1.yahoo.com
local machines, machine = pool {
  name = "machines",
  machines = function(_, draw)
    local sites = { "bf1", "gq1", "ne1" }
    return "mtaproxy" .. draw(100, 499, "a") .. ".free.mail." .. sites[draw(1, 3, "b")] .. ".yahoo.com"
  end,
}

-- wild: the host that had to deliver: mta1543.mail.ne1.yahoo.com
local function inner_host(s)
  return "mta" .. mx.between(1000, 4999, s.id) .. ".mail." .. machine(s):match "mail%.(%w+)%." .. ".yahoo.com"
end

local function deferred(code, enhanced, tag, cause)
  return function(s)
    return mx.reply(code, enhanced, "[" .. tag .. "] Messages from " .. s.ip .. " temporarily deferred due to " ..
      cause ..
      " - 4.16.55.1; see " .. page)
  end
end

local function deferred_for_good(tag)
  return function(s)
    return mx.reply(553, "5.7.2", "[" .. tag .. "] All messages from " .. s.ip .. " will be permanently deferred; " ..
      "Retrying will NOT succeed. See " .. page)
  end
end

local tss04 = deferred(421, "4.7.0", "TSS04", "unexpected volume or user complaints") -- wild

local replies = {
  tss04 = { at = "mail", reply = tss04, because = "volume, or complaints" },
  tss04_connect = { at = "connect", reply = tss04, because = "volume, or complaints" }, -- wild: at both
  tss05 = { at = "mail", reply = deferred(421, "4.7.0", "TSS05", "unexpected volume or user complaints"),
    because = "as TSS04, longer" }, -- shaper; text infer
  ts01 = { at = "mail", reply = deferred(421, "4.7.0", "TS01", "user complaints"),
    because = "complaints" }, -- wild, older
  ts02 = { at = "mail", reply = deferred(421, "4.7.0", "TS02", "user complaints"),
    because = "complaints" }, -- wild, older
  ts03 = {
    at = "mail", because = "complaints, for good",
    reply = function(s)
      return mx.reply(421, "4.7.1", "[TS03] All messages from " .. s.ip .. " will be permanently deferred; " ..
        "Retrying will NOT succeed. See " .. page) -- wild
    end,
  },
  ipts04 = { at = "connect", reply = deferred(421, "4.7.0", "IPTS04", "unexpected volume or user complaints"),
    because = "the network" }, -- wild; text infer
  tss09 = { at = "mail", reply = deferred_for_good "TSS09", because = "reputation" }, -- wild
  tss11 = { at = "mail", reply = deferred_for_good "TSS11", because = "reputation" }, -- wild
  no_resources = {
    at = "message", because = "resources are short",
    reply = mx.reply(451, nil,
      "Resources temporarily unavailable. Please try again later [#4.16.1]."), -- wild; stage invented
  },
  internal_error = { at = "message", reply = mx.reply(451, "4.3.2", "Internal server error"),
    because = "a fault inside" }, -- wild; stage infer
  reading_error = { at = "mail", reply = mx.reply(451, "4.3.2", "Internal error reading data"),
    because = "a fault inside" }, -- wild
  bl21 = {
    at = "mail", because = "the address is listed by Spamhaus",
    reply = function(s)
      return mx.reply(553, "5.7.1", "[BL21] Connections will not be accepted from " .. s.ip .. ", because the ip " ..
        "is in Spamhaus's list; see http://postmaster.yahoo.com/550-bl23.html") -- wild
    end,
  },
  bl23 = {
    at = "connect", because = "the address is listed in Spamhaus's XBL",
    reply = mx.reply(553, "5.7.1", "[BL23] Connections not accepted from IP addresses on Spamhaus XBL; see " ..
      "http://postmaster.yahoo.com/errors/550-bl23.html [550]"), -- wild
  },
  policy = { at = "message", reply = mx.reply(554, "5.7.9", "Message not accepted for policy reasons. See " .. page),
    because = "policy" }, -- wild
  unauthenticated = {
    at = "message", because = "neither SPF nor DKIM",
    reply = mx.reply(550, "5.7.9", "This mail has been blocked because the sender is unauthenticated. Yahoo " ..
      "requires all senders to authenticate with either SPF or DKIM."), -- wild
  },
}

local zones_of_senders = mx.param.string("", "file or module with the zones of senders, who are judged by them (invented)")

mx.profile {
  summary    = "Yahoo: 421 [TSS04], 553 [TSS09], 20 messages in a connection, recipients refused at the end",
  hosts      = { -- wild
    { name = "mta5.am0.yahoodns.net" }, { name = "mta6.am0.yahoodns.net" }, { name = "mta7.am0.yahoodns.net" },
  },
  domains    = domains,
  zones      = own_zones.of(domains, { -- infer: all of one preference
    { 1, "mta5.am0.yahoodns.net" }, { 1, "mta6.am0.yahoodns.net" }, { 1, "mta7.am0.yahoodns.net" },
  }),
  sender_zones = zones_of_senders,
  extensions = { "PIPELINING", "8BITMIME", "STARTTLS", SIZE = 41943040 }, -- wild, 2025
  replies    = {
    starttls             = "220 Start TLS",                                             -- invented
    data                 = "354 go ahead",                                              -- wild
    message              = "250 ok dirdel",                                             -- wild
    rset                 = "250 flushed",                                               -- invented, and the next one
    noop                 = "250 ok",
    vrfy                 = "252 send some mail, i'll try my best",                      -- invented
    unknown_command      = "502 unimplemented (#5.5.1)", -- invented, after qmail, whose words the host uses
    unsupported_command  = "502 unimplemented (#5.5.1)",                                -- invented
    bad_syntax           = "501 Syntax error in parameters or arguments",               -- wild
    bad_sender_syntax    = "501 Syntax error in parameters or arguments",               -- wild
    bad_recipient_syntax = "501 Syntax error in parameters or arguments",               -- wild
    message_too_big      = "552 Message size exceeds maximum value",                    -- invented
  },
  params = says.params(replies, {
    sender_zones       = zones_of_senders,
    messages_per_connection = mx.param.integer(20, "messages in a connection (doc)"),
    connection_end     = mx.param.choice({ "reply", "close" }, "what the next message meets: 421 (wild), or the " ..
      "end of the connection (doc, 2011)"),
    ip_messages        = mx.param.integer(200, "transactions of an address in ip_window: 421 [TSS04] (rule wild, " ..
      "number invented)"),
    ip_window          = mx.param.duration("1h", "window of that (invented)"),
    ip_block           = mx.param.duration("2h", "so long it is deferred then (shaper: what senders wait)"),
    deferred_at        = mx.param.choice({ "mail", "connect" }, "where TSS04 is told (both wild)"),
    ip_per_day         = mx.param.integer(2000, "transactions of an address in a day: 553 [TSS09] until it ends " ..
      "(reply wild, rule and number invented)"),
    recipient_messages = mx.param.integer(60, "messages to a mailbox in recipient_window: 450 (reply wild, number " ..
      "invented)"),
    recipient_window   = mx.param.duration("1m", "window of that (invented)"),
    unresolvable       = mx.param.string("%.invalid$", "Lua pattern of the domains in MAIL that no DNS knows " ..
      "(invented)"),
    unknown            = mx.param.string("^nobody", "Lua pattern of the local parts that do not exist (invented)"),
    unknown_reply      = mx.param.choice({ "554", "552" }, "what is said of them: 554 delivery error, or 552 " ..
      "mailbox not found (both wild)"),
    full               = mx.param.string("^full", "Lua pattern of the local parts whose mailbox is full (invented)"),
    suspended          = mx.param.string("^suspended", "Lua pattern of the local parts that are disabled (invented)"),
    expired            = mx.param.string("^expired", "Lua pattern of the local parts that are no longer valid " ..
      "(invented)"),
  }),
}

local senders = {
  name = "senders",
  mail = function(_, mail)
    if mail.domain:lower():find(mx.params.unresolvable) then
      return mx.reply(451, nil, "Message temporarily deferred due to unresolvable RFC.5321 from domain. See " ..
        "https://senders.yahooinc.com/error-codes//unresolvable-from-domain")
        :because "the sender's domain has neither MX nor A" -- wild
    end
  end,
}

-- wild: what is said to whom neither SPF nor DKIM speaks for. infer: that DMARC, where its policy asks for a refusal, is "policy
-- reasons". Who sends from a domain that the zones do not know is not judged, and neither is who cannot be looked up.
local authentication = {
  name = "authentication",
  message = function(_, message)
    local spf, dkim = message.spf, message.dkim
    if not spf then return end
    if message.dmarc == "fail" and message.dmarc_policy == "reject" then
      return replies.policy.reply:because(message.dmarc_why)
    end
    local unclear = spf == "temperror" or dkim == "temperror"
    if spf ~= "pass" and dkim ~= "pass" and not unclear then
      return replies.unauthenticated.reply:because(replies.unauthenticated.because)
    end
  end,
}

mx.manners {
  machines,
  says.manner(replies),
  authentication,
  limit {
    name = "messages_per_connection", at = "mail", by = "connection", max = mx.params.messages_per_connection,
    answer = function()
      if mx.params.connection_end == "close" then return mx.close() end
      return mx.reply(421, nil, "Max message per connection reached, closing transmission channel") -- wild
    end,
    because = "the connection has had its messages",
  },
  senders,
  -- What TSS04 refuses does not count for TSS09.
  limit {
    name = "ip", at = mx.params.deferred_at, by = "ip", within = mx.params.ip_window, max = mx.params.ip_messages,
      block = mx.params.ip_block,
    answer = tss04, because = "more messages of this address than its reputation allows",
  },
  limit {
    name = "ip_day", at = "mail", by = "ip", day = "+00:00", max = mx.params.ip_per_day,
    answer = deferred_for_good "TSS09", because = "more messages of this address than a day may have",
  },
  limit {
    name = "recipient", at = "rcpt", by = "recipient", within = mx.params.recipient_window,
      max = mx.params.recipient_messages,
    answer = mx.reply(450, nil, "User is receiving mail too quickly"),
      because = "the mailbox gets more than it may", -- wild; stage invented
  },
  -- infer: RCPT takes every recipient, and one that cannot be delivered to is refused at the end of the message, with
  -- all the others.
  recipients {
    name = "mailboxes", at = "message", unknown = mx.params.unknown, full = mx.params.full,
      suspended = mx.params.suspended,
    answers = {
      unknown = function(s, _, address)
        if mx.params.unknown_reply == "552" then return mx.reply(552, nil, "1 Requested mail action aborted, " ..
          "mailbox not found") end -- wild
        return mx.reply(554, nil, "delivery error: dd This user doesn't have a yahoo.com account (" .. address ..
          ") [-9] - " .. inner_host(s)) -- wild
      end,
      suspended = function(_, _, address)
        return mx.reply(554, nil, "30 Sorry, your message to " .. address .. " cannot be delivered. This mailbox " ..
          "is disabled (554.30).") -- wild
      end,
      full = function(_, _, address)
        return mx.reply(552, nil, "1 Requested mail action aborted, mailbox of " .. address ..
          " is over quota") -- invented
      end,
    },
  },
  recipients {
    name = "expired", at = "message", unknown = mx.params.expired, because = "a mailbox that is no longer valid",
    answers = {
      unknown = function(_, _, address) return mx.reply(554, nil, "delivery error: dd " .. address ..
        " is no longer valid.") end, -- wild
    },
  },
}

function mx.on.connect(s) return mx.reply(220, nil, machine(s) .. " ESMTP ready") end -- wild

-- wild, in this order
function mx.on.ehlo(s)
  local lines = { machine(s), "PIPELINING", "SIZE 41943040", "8BITMIME", "STARTTLS" }
  if s.tls then table.remove(lines) end
  return mx.reply(250, nil, lines)
end

function mx.on.helo(s) return mx.reply(250, nil, machine(s)) end -- wild

function mx.on.mail(_, mail)
  if (mail.size or 0) <= 41943040 then return mx.reply(250, nil, "sender <" .. mail.address .. "> ok") end -- wild
end

function mx.on.rcpt(_, rcpt)
  if served(domains, rcpt.domain) then return mx.reply(250, nil, "recipient <" .. rcpt.address ..
    "> ok") end -- wild
  return mx.reply(550, nil, "relaying denied for <" .. rcpt.address .. ">"):because "another domain" -- wild
end

function mx.on.quit(s) return mx.reply(221, nil, machine(s)) end -- wild
