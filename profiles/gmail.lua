-- Gmail's MX hosts as senders meet them. What it tests: replies of several lines with the enhanced code on each of
-- them, throttles by address, network, domain and message, a mailbox that gets too much, and a transaction with
-- recipients in two domains.
--
-- Where a line comes from is written behind it:
--   wild      a transcript or a log that somebody published
--   doc       Google's own list of replies (support.google.com/a/answer/3726730), and what it says about limits
--   shaper    the delivery rules of commercial and open MTAs
--   folklore  articles and blogs, without a transcript
--   infer     a conclusion of ours from these
--   invented  no source; a number or text that had to be something
local mx         = require "fakemx"
local limit      = require "fakemx.limit"
local own_zones  = require "fakemx.own_zones"
local pool       = require "fakemx.pool"
local recipients = require "fakemx.recipients"
local says       = require "fakemx.says"
local served = require "fakemx.served"

local domains    = { "gmail.com", "googlemail.com" }
local size_max   = 157286400 -- wild
local width      = 79        -- wild: no line is longer, code included

-- wild: each connection has a token, which stands at the end of every reply: a640c23a62f3a-a8d25d9970csi572004166b.1002
local tokens, token = pool {
  name = "tokens",
  machines = function(_, draw)
    return ("%06x%07x-%05x%05xsi%d%s.%d"):format(draw(1048576, 16777215, "a"), draw(16777216, 268435455, "b"),
      draw(65536, 1048575, "c"),
      draw(65536, 1048575, "d"), draw(100000000, 999999999, "e"), ("abf"):sub(draw(1, 3, "f")):sub(1, 1), draw(1,
        1400, "g"))
  end,
}

-- wild: the text in lines, and a link with two blanks before it on the last one; the token and "- gsmtp" end the reply.
local function reply(s, code, enhanced, text, link)
  local room  = width - #enhanced - 5
  local lines = {}
  local line  = ""
  for word in text:gmatch "%S+" do
    if line ~= "" and #line + 1 + #word > room then
      lines[#lines + 1] = line
      line = word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  local ending = token(s) .. " - gsmtp"
  if link then
    lines[#lines + 1] = line
    lines[#lines + 1] = " " .. link .. " " .. ending
  else
    lines[#lines + 1] = line .. " " .. ending
  end
  return mx.reply(code, enhanced, lines)
end

local function support(page) return "https://support.google.com/mail/?p=" .. page end

-- A reply that says() can give.
local function said(at, because, code, enhanced, text, link)
  return { at = at, because = because, reply = function(s) return reply(s, code, enhanced, text, link) end }
end

local guidelines = "https://support.google.com/mail/answer/81126" -- doc
local why        = "https://support.google.com/mail/answer/188131" -- doc
local about      = "https://support.google.com/a/answer/3221692" -- doc

-- Texts: doc, where nothing else is written; stages: infer, from what Gmail must have seen to know the cause.
local replies = {
  low_reputation_ip = said("message", "the address has a very low reputation", 421, "4.7.0", "This message is " ..
    "suspicious due to the very low reputation of the sending IP address. To protect our users from spam, mail " ..
    "sent from your IP address has been temporarily rate limited. For more information, go to", why),
  low_reputation_domain = said("message", "the domain has a very low reputation", 421, "4.7.0", "This message is " ..
    "suspicious due to the very low reputation of the sending domain. To protect our users from spam, mail sent " ..
    "from your IP address has been temporarily rate limited. For more information, go to", why),
  suspicious_content = said("message", "content or links", 421, "4.7.0", "This message is suspicious due to the " ..
    "nature of the content or the links within. To best protect our users from spam, the message has been blocked. " ..
    "For more information, go to", why),
  try_again_later = said("ehlo", "protection from floods", 421, "4.7.0", "Try again later, closing connection. For " ..
    "more information, go to", about),
  not_in_whitelist = said("rcpt", "the recipient's domain takes mail from few", 421, "4.7.0", "IP not in whitelist " ..
    "for RCPT domain, closing connection. For more information, go to", "https://support.google.com/a/answer/60752"),
  ptr = said("message", "no PTR record", 421, "4.7.23", "The sending IP address for this message doesn't have a " ..
    "PTR record, or the PTR record's forward DNS entry doesn't match the sending IP address. To protect users from " ..
    "spam, your email has been temporarily rate limited. For more information, go to", guidelines .. "#ip-practices"),
  unauthenticated = said("message", "neither SPF nor DKIM", 421, "4.7.26", "This mail has been rate limited " ..
    "because it is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM. For more " ..
    "information, go to", guidelines ..
      "#authentication"),
  spf = said("message", "SPF does not pass", 421, "4.7.27", "Your email has been rate limited because SPF " ..
    "authentication didn't pass for this message. Gmail requires all bulk email senders to authenticate their " ..
    "email with SPF. For more information, go to",
    guidelines .. "#authentication"),
  no_tls = said("message", "not sent over TLS", 421, "4.7.29", "Your email has been rate limited because this " ..
    "message wasn't sent over a TLS connection. Gmail requires all bulk email senders to use TLS/SSL for SMTP " ..
    "connections. For more information, go to", guidelines),
  dkim = said("message", "DKIM does not pass", 421, "4.7.30", "Your email has been rate limited because DKIM " ..
    "authentication didn't pass for this message. Gmail requires all email bulk senders to authenticate their " ..
    "email with DKIM. For more information, go to",
    guidelines .. "#authentication"),
  alignment = said("message", "From is aligned with neither SPF nor DKIM", 421, "4.7.32", "Your email has been " ..
    "rate limited because the From: header (RFC5322) in this message isn't aligned with either the authenticated " ..
    "SPF or DKIM organizational domain. For more information, go to", guidelines),
  blocked_unauthenticated = said("message", "neither SPF nor DKIM", 550, "5.7.26", "Your email has been blocked " ..
    "because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM. " ..
    "For instructions on setting up authentication, go to", guidelines ..
    "#authentication"), -- wild, 2024, with results between
  blocked_rate = said("message", "too much spam of the address", 550, "5.7.28", "There is an unusual rate of " ..
    "unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP " ..
    "address has been blocked. For more information, go to", guidelines),
  unsolicited = said("message", "the message looks like spam", 550, "5.7.1", "Our system has detected that this " ..
    "message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been " ..
    "blocked. For more information, go to",
    support "UnsolicitedMessageError"),
  temporarily_rejected = said("message", "a fault inside", 451, "4.3.0", "Mail server temporarily rejected message."),
  temporary_problem = said("mail", "a fault inside", 421, "4.3.0", "Temporary System Problem. Try again later."),
  suspicious_spf = said("message", "the SPF record is suspicious", 451, "4.7.24", "The SPF record of the sending " ..
    "domain has one or more suspicious entries. To protect our users from spam, mail sent from your IP address has " ..
    "been temporarily rate limited. For more information, go to", guidelines .. "#authentication"),
  protocol_violation = said("data", "what RFC 5321 does not allow", 451, "4.5.0", "SMTP protocol violation, see " ..
    "RFC 5321."),
  too_quickly = said("rcpt", "the mailbox gets mail faster than it may", 450, "4.2.1", "The user you are trying to " ..
    "contact is receiving mail too quickly. Please resend your message at a later time. If the user is able to " ..
    "receive mail at that time, your message will be delivered. For more information, visit",
    "https://support.google.com/mail/answer/22839"),
}

local senders = mx.param.string("", "file or module with the zones of senders, who are judged by them (invented)")

mx.profile {
  summary    = "Gmail: replies of several lines, 421-4.7.28 by address, domain and message, 450-4.2.1, mailbox classes",
  hosts      = {
    { name = "gmail-smtp-in.l.google.com" }, { name = "alt1.gmail-smtp-in.l.google.com" }, {
      name = "alt2.gmail-smtp-in.l.google.com" },
    { name = "alt3.gmail-smtp-in.l.google.com" }, { name = "alt4.gmail-smtp-in.l.google.com" },
  },
  zones      = own_zones.of(domains, { -- wild
    { 5, "gmail-smtp-in.l.google.com" }, { 10, "alt1.gmail-smtp-in.l.google.com" },
    { 20, "alt2.gmail-smtp-in.l.google.com" }, { 30, "alt3.gmail-smtp-in.l.google.com" },
    { 40, "alt4.gmail-smtp-in.l.google.com" },
  }),
  domains    = domains,
  sender_zones = senders,
  extensions = { "8BITMIME", "STARTTLS", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "SMTPUTF8",
    SIZE = size_max }, -- wild
  -- What the server refuses by itself cannot have the connection's token; {id} stands in its place.
  replies    = {
    helo                 = "250 mx.google.com at your service",                     -- wild
    starttls             = "220 2.0.0 Ready to start TLS",                          -- wild
    bad_sequence         = "503 5.5.1 Bad sequence of commands. {id} - gsmtp", -- doc: or EHLO/HELO first, MAIL first, …
    no_recipients        = "503 5.5.1 RCPT first. {id} - gsmtp",                    -- wild
    malformed_line       = "555 5.5.2 Syntax error, goodbye. {id} - gsmtp",         -- doc
    bad_syntax           = "555 5.5.2 Syntax error, goodbye. {id} - gsmtp",         -- doc
    bad_sender_syntax    = "555 5.5.2 Syntax error, goodbye. {id} - gsmtp",         -- doc
    bad_recipient_syntax = "555 5.5.2 Syntax error, goodbye. {id} - gsmtp",         -- doc
    unknown_parameter    = "555 5.5.4 Unsupported parameter. {id} - gsmtp",         -- invented
    line_too_long        = "500 5.5.2 Line too long. {id} - gsmtp",                 -- invented
  },
  params = says.params(replies, {
    sender_zones       = senders,
    bulk               = mx.param.boolean(false, "senders that the zones know are bulk senders: SPF, DKIM, alignment " ..
      "and a PTR are asked of them (doc)"),
    ip_messages        = mx.param.integer(60, "messages of an address in rate_window (rule doc, number invented)"),
    network_messages   = mx.param.integer(200, "messages of a /24 or /64 in rate_window (rule doc, numbers invented)"),
    spf_messages       = mx.param.integer(100, "messages of a MAIL domain in rate_window (rule doc, number invented)"),
    dkim_messages      = mx.param.integer(100, "messages of a signing domain in rate_window (rule doc, number " ..
      "invented)"),
    url_messages       = mx.param.integer(100, "messages with a link to a domain in rate_window (rule doc, number " ..
      "invented)"),
    message_id_messages = mx.param.integer(20, "messages of one Message-ID in rate_window (rule doc, number invented)"),
    rate_window        = mx.param.duration("10m", "window of these (invented)"),
    recipient_messages = mx.param.integer(60, "messages to a mailbox in recipient_window (folklore: 60 in a minute)"),
    recipient_window   = mx.param.duration("1m", "window of that (folklore)"),
    recipients_max     = mx.param.integer(100, "recipients of one transaction (reply doc, number folklore)"),
    tls_required       = mx.param.boolean(false, "421 4.7.0 for a recipient in the clear (reply doc)"),
    connection_lifetime = mx.param.duration("1h", "age at which a connection gets no further transaction (reply " ..
      "doc, number invented)"),
    unknown            = mx.param.string("^nobody", "Lua pattern of the local parts that do not exist (invented)"),
    full               = mx.param.string("^full", "Lua pattern of the local parts whose mailbox is full (invented)"),
    full_inactive      = mx.param.string("^abandoned", "Lua pattern of the local parts whose mailbox is full, and " ..
      "nobody looks (invented)"),
    suspended          = mx.param.string("^suspended", "Lua pattern of the local parts that are disabled (invented)"),
  }),
}

-- doc; the line breaks, and the number behind what is named (15, 19 and 35 were seen): wild.
local function rate_limited(what, whose, read)
  return function(s, message)
    local named = read and (" [" .. read(s, message) .. " 35]") or ""
    return reply(s, 421, "4.7.28", "Gmail has detected an unusual rate of mail originating from your " .. what ..
      named .. ". To protect our users from spam, mail sent from your " .. whose .. " has been temporarily rate " ..
        "limited. For more information, go to",
      support "UnsolicitedRateLimitError")
  end
end

local function sender_domain(s) return s.from:lower():match "@([^@]*)$" end

local function dkim_domain(_, message)
  local signature = message:header "DKIM-Signature"
  return signature and signature:lower():match "d=([^;%s]+)"
end

local function url_domain(_, message) return message.content:lower():match "https?://([%w.-]+)" end

local function rate(name, max, by, answer)
  return limit {
    name = name, at = "message", by = by, within = mx.params.rate_window, max = max, answer = answer,
    because = "more messages in " .. mx.params.rate_window .. " than " .. name .. " may have",
  }
end

local function mailbox(code, enhanced, text, link)
  return function(s) return reply(s, code, enhanced, text, support(link)) end
end

local connected = mx.state "connected"

-- A transaction has one domain, that of its first recipient.
local one_domain = {
  name = "one_domain",
  rcpt = function(s, rcpt)
    local first = s.recipients[1] and s.recipients[1]:lower():match "@([^@]*)$"
    if first and rcpt.domain ~= "" and first ~= rcpt.domain:lower() then
      return reply(s, 451, "4.3.0", "Multiple destination domains per transaction is unsupported. Please try " ..
        "again. For more information, go to",
        about):because "a recipient in another domain than the first one" -- doc
    end
  end,
}

local encryption = {
  name = "encryption",
  rcpt = function(s)
    if mx.params.tls_required and not s.tls then
      return reply(s, 421, "4.7.0", "TLS required for RCPT domain, closing connection. For more information, go to",
        "https://support.google.com/mail/answer/6330403")
        :because "the recipient's domain takes nothing in the clear" -- doc
    end
  end,
}

local lifetime = {
  name = "lifetime",
  mail = function(s)
    if connected:marked_for(s.id, mx.params.connection_lifetime) then
      return reply(s, 421, "4.7.0", "Connection expired, try reconnecting. For more information, go to", about)
        :because "the connection is too old" -- doc
    end
  end,
}

-- doc: of everybody SPF or DKIM, of bulk senders both, alignment, and an address with a name. In this order (infer), and for a while where
-- one of them cannot be looked up (infer). Who sends from a domain that the zones do not know is not judged.
local function shortcoming(s, message)
  if not message.spf then return nil end
  local spf, dkim = message.spf == "pass", message.dkim == "pass"
  if not spf and not dkim then
    local unclear = message.spf == "temperror" or message.dkim == "temperror"
    return unclear and "unauthenticated" or "blocked_unauthenticated"
  end
  if not mx.params.bulk then return nil end
  if s.fcrdns ~= "pass" then return "ptr" end
  if not spf then return "spf" end
  if not dkim then return "dkim" end
  if not message.spf_aligned and not message.dkim_aligned then return "alignment" end
end

local authentication = {
  name = "authentication",
  message = function(s, message)
    local name = shortcoming(s, message)
    if name then return replies[name].reply(s):because(replies[name].because) end
  end,
}

mx.manners {
  tokens,
  says.manner(replies),
  authentication,
  lifetime,
  encryption,
  one_domain,
  limit {
    name = "recipient", at = "rcpt", by = "recipient", within = mx.params.recipient_window,
      max = mx.params.recipient_messages,
    answer = function(s)
      return reply(s, 450, "4.2.1", "The user you are trying to contact is receiving mail at a rate that prevents " ..
        "additional messages from being delivered. Please resend your message at a later time. If the user is able " ..
        "to receive mail at that time, your message will be delivered. For more information, please visit",
        support "ReceivingRate") -- wild
    end,
    because = "the mailbox gets more than it may",
  },
  recipients {
    name = "mailboxes", unknown = mx.params.unknown, full = mx.params.full, suspended = mx.params.suspended,
    answers = {
      unknown = mailbox(550, "5.1.1", "The email account that you tried to reach does not exist. Please try " ..
        "double-checking the recipient's email address for typos or unnecessary spaces. For more information, go to",
        "NoSuchUser"), -- wild
      full = mailbox(452, "4.2.2", "The recipient's inbox is out of storage space. Please direct the recipient to",
        "OverQuotaTemp"), -- wild
      suspended = mailbox(550, "5.2.1", "The email account that you tried to reach is inactive. For more " ..
        "information, go to", "DisabledUser"), -- wild
    },
  },
  recipients {
    name = "abandoned", full = mx.params.full_inactive, because = "the mailbox is full, and nobody looks",
    answers = {
      full = mailbox(552, "5.2.2", "The recipient's inbox is out of storage space and inactive. Please direct the " ..
        "recipient to", "OverQuotaPerm"), -- wild
    },
  },
  rate("ip", mx.params.ip_messages, "ip", rate_limited("IP address", "IP address", function(s) return s.ip end)),
  rate("network", mx.params.network_messages, "network",
    rate_limited("IP Netblock", "IP Netblock", function(s) return mx.network(s.ip) end)),
  rate("spf", mx.params.spf_messages, sender_domain, rate_limited("SPF domain", "domain", sender_domain)),
  rate("dkim", mx.params.dkim_messages, dkim_domain, rate_limited("DKIM domain", "domain", dkim_domain)),
  rate("url", mx.params.url_messages, url_domain, function(s)
    return reply(s, 421, "4.7.28", "Gmail has detected an unusual rate of mail containing one of your URL domains. " ..
      "To protect our users from spam, mail has been temporarily rate limited. For more information, go to",
        support "UnsolicitedRateLimitError") -- doc
  end),
  rate("message_id", mx.params.message_id_messages, function(_, message) return message.id end, function(s)
    return reply(s, 421, "4.7.28", "Gmail has detected this message exceeded its quota for sending messages with " ..
      "the same Message-ID:. To best protect our users, the message has been temporarily rejected. For more " ..
      "information, go to", why) -- doc
  end),
}

function mx.on.connect(s)
  connected:mark(s.id)
  return mx.reply(220, nil, "mx.google.com ESMTP " .. token(s) .. " - gsmtp") -- wild
end

-- wild, in this order; these lines end in no token.
function mx.on.ehlo(s)
  local lines = {
    "mx.google.com at your service, [" .. s.ip .. "]", "SIZE " .. size_max, "8BITMIME", "STARTTLS",
      "ENHANCEDSTATUSCODES", "PIPELINING",
    "CHUNKING", "SMTPUTF8",
  }
  if s.tls then table.remove(lines, 4) end
  return mx.reply(250, nil, lines)
end

local function too_big(s)
  return reply(s, 552, "5.3.4", "Your message exceeded Google's message size limits. To view our message size " ..
    "guidelines, go to",
    support "MaxSizeError"):because "the message is too big" -- doc
end

function mx.on.mail(s, mail)
  if (mail.size or 0) > size_max then return too_big(s) end
  return reply(s, 250, "2.1.0", "OK") -- wild
end

function mx.on.rcpt(s, rcpt)
  if not served(domains, rcpt.domain) then
    return reply(s, 550, "5.7.0", "Mail relay denied <" .. s.ip .. ">."):because "another domain" -- doc, shortened
  end
  if #s.recipients >= mx.params.recipients_max then
    return reply(s, 452, "4.5.3", "Your message has too many recipients. For more information regarding Google's " ..
      "sending limits, visit",
      support "TooManyRecipientsError"):because "too many recipients" -- doc
  end
  return reply(s, 250, "2.1.5", "OK") -- wild
end

function mx.on.data(s) return mx.reply(354, nil, "Go ahead " .. token(s) .. " - gsmtp") end -- wild

function mx.on.message(s, message)
  if message.size > size_max then return too_big(s) end
  return mx.reply(250, "2.0.0", "OK " .. mx.now() .. " " .. token(s) .. " - gsmtp") -- wild
end

function mx.on.rset(s) return reply(s, 250, "2.1.5", "Flushed") end -- wild
function mx.on.noop(s) return reply(s, 250, "2.0.0", "OK") end -- wild
function mx.on.help(s) return reply(s, 214, "2.0.0",
  "https://www.google.com/search?btnI&q=RFC+5321") end -- wild, 2008: RFC 2821
function mx.on.vrfy(s) return reply(s, 252, "2.1.5", "Send some mail, I'll try my best") end -- wild
function mx.on.expn(s) return reply(s, 502, "5.5.1", "Unimplemented command.") end -- doc
function mx.on.unknown(s) return reply(s, 502, "5.5.1", "Unrecognized command.") end -- doc
function mx.on.quit(s) return reply(s, 221, "2.0.0", "closing connection") end -- wild

function mx.on.idle(s)
  return reply(s, 451, "4.4.2", "Timeout - closing connection."):because("the client was silent"):then_close() -- doc
end

function mx.on.close(s)
  connected:forget(s.id)
end
