-- QQ Mail's MX hosts (qq.com, foxmail.com, and companies at exmail) as senders meet them. What it tests: QQ refuses
-- with 550 what other receivers defer with 4yz, so that a sender that goes by the first digit gives up, or
-- suppresses, addresses that are in order.
--
-- Where a line comes from is written behind it:
--   wild      a transcript or a log that somebody published
--   doc       QQ's own help pages (service.mail.qq.com/detail/122)
--   shaper    the delivery rules of commercial and open MTAs
--   infer     a conclusion of ours from these
--   invented  no source; a number or text that had to be something
local mx         = require "fakemx"
local content    = require "fakemx.content"
local limit      = require "fakemx.limit"
local pool       = require "fakemx.pool"
local recipients = require "fakemx.recipients"
local says       = require "fakemx.says"

-- doc: each refusal leads to a page of its own.
local function page(number) return " http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=" .. number end

-- wild: the same in nearly every refusal; what it holds is QQ's secret.
local function secret(s) return mx.token(43, s.id) .. "=" end

local replies = {
  suspected_spam = {
    at = "message", reply = mx.reply(550, nil, "Suspected spam." ..
      page "1000727"), -- doc; number of the page: invented
    because = "the content looks like spam",
  },
  suspected_spam_ip = {
    at = "message", reply = mx.reply(550, nil, "Suspected spam ip." ..
      page "1000727"), -- doc; number of the page: invented
    because = "the address is known for spam",
  },
  bounce_attack = {
    at = "message", reply = mx.reply(550, nil, "Suspected bounce attacks." ..
      page "1000724"), -- doc; number of the page: invented
    because = "a notice about mail that QQ has not sent",
  },
  embedded_spam = {
    at = "message", reply = mx.reply(550, nil, "spam is embedded in the email." ..
      page "1000742"), -- doc; number of the page: wild
    because = "spam stands in a part that a user may fill in",
  },
  content_denied = {
    at = "message", reply = mx.reply(550, nil, "Mail content denied." .. page "1000726"),          -- doc
    because = "the content was sent to many, who complained",
  },
  connection_denied = {
    at = "connect", reply = mx.reply(550, nil,
      "Connection denied."),                              -- doc; stage invented
    because = "the address is far over the limit",
  },
  handshake_lost = {
    at = "ehlo", reply = mx.close(),                                                               -- wild: under load
    because = "the host is overloaded",
  },
}

local function mx_host(name) return { name = name, domains = { "qq.com", "vip.qq.com", "foxmail.com" } } end

local senders = mx.param.string("", "file or module with the zones of senders, whose SPF and DMARC are evaluated (invented)")

mx.profile {
  summary    = "QQ Mail: throttles with 550 where others say 4yz; by IP, connection, sender, domain and recipient",
  -- wild: preferences 10, 20, 30 for qq.com; 5 and 10 for a domain at exmail.
  hosts      = {
    mx_host "mx3.qq.com", mx_host "mx2.qq.com", mx_host "mx1.qq.com",
    { name = "mxbiz1.qq.com" }, { name = "mxbiz2.qq.com" },
  },
  extensions = { "STARTTLS", "8BITMIME", "SMTPUTF8",
    SIZE = 73400320 }, -- wild, 2025; no PIPELINING, no ENHANCEDSTATUSCODES
  replies    = {
    helo                 = "250 OK",                                           -- invented
    starttls             = "220 Ready to start TLS",                           -- wild
    mail                 = "250 OK.",                                          -- wild
    rcpt                 = "250 OK",                                           -- wild, with a number behind it at times
    data                 = "354 End data with <CR><LF>.<CR><LF>.",             -- wild, dot included
    message              = "250 OK: queued as.",                               -- wild: nothing follows
    quit                 = "221 Bye.",                                         -- wild
    rset                 = "250 OK",                                           -- invented
    noop                 = "250 OK",                                           -- invented
    vrfy                 = "502 Error: command not implemented",               -- invented, and the next three
    expn                 = "502 Error: command not implemented",
    help                 = "502 Error: command not implemented",
    unsupported_command  = "502 Error: command not implemented",
    unknown_command      = "502 Error: command not implemented",               -- invented
    bad_sequence         = "503 Error: bad sequence of commands",              -- invented
    malformed_line       = "500 Error: bad syntax",                            -- invented
    bad_sender_syntax    = "501 Bad address syntax." .. page "1000730",        -- doc
    bad_recipient_syntax = "501 Bad address syntax." .. page "1000730",        -- doc
    message_too_big      = "552 Message too large",                            -- doc
    relay_denied         = "550 Relaying denied.",                             -- invented
  },
  sender_zones = senders,
  params = says.params(replies, {
    ip_per_minute     = mx.param.integer(20, "messages of an address in a minute (rule doc, number invented)"),
    ip_minute_block   = mx.param.duration("5m", "so long it is refused then: doc says some minutes (number invented)"),
    ip_per_hour       = mx.param.integer(200, "messages of an address in an hour (rule doc, number invented)"),
    ip_hour_block     = mx.param.duration("2h", "so long it is refused then: doc says hours (number invented)"),
    ip_per_day        = mx.param.integer(2000, "messages of an address in a day of China, refused until it ends " ..
      "(rule doc, number invented)"),
    connections_per_minute = mx.param.integer(30, "connections of an address in a minute (rule doc, number invented)"),
    connections_denied     = mx.param.integer(60, "connections in a minute that are far over the limit: not even " ..
      "greeted (rule doc, number invented)"),
    sender_per_hour   = mx.param.integer(100, "messages of a reverse path in an hour (rule doc, number invented)"),
    domain_per_hour   = mx.param.integer(500, "messages of a From domain in an hour (rule doc, number invented)"),
    recipient_per_hour = mx.param.integer(60, "messages to a recipient in an hour (rule doc, number invented)"),
    throttled_at      = mx.param.choice({ "message", "mail", "rcpt" }, "stage at which address and connections are " ..
      "refused (each of them wild)"),
    unknown           = mx.param.string("^nobody", "Lua pattern of the local parts that do not exist (invented)"),
    full              = mx.param.string("^full", "Lua pattern of the local parts whose mailbox is full (invented)"),
    suspended         = mx.param.string("^suspended", "Lua pattern of the local parts that are suspended (invented)"),
    refuses           = mx.param.string("^refuses", "Lua pattern of the local parts that have blocked the sender " ..
      "(invented)"),
    sender_zones      = senders,
    spf_fails         = mx.param.string("^nospf%.", "Lua pattern of the domains in MAIL whose SPF fails (invented)"),
    dmarc_fails       = mx.param.string("^nodmarc%.", "Lua pattern of the domains in From whose DMARC fails " ..
      "(invented)"),
    spam              = mx.param.string("^spam", "Lua pattern of the subjects whose content is denied (invented)"),
  }),
}

local throttled = mx.state "throttled"

-- wild: newxmmxszc23-0 in 2025, newxmmxsza22 in 2019
local machines, machine = pool {
  name = "machines", machines = function(_, draw) return "newxmmxszc" .. draw(1, 40, "a") .. "-" .. draw(0, 3, "b") ..
    ".qq.com" end,
}

local function ip_limited(s)
  return mx.reply(550, nil, "Ip frequency limited [" .. secret(s) .. " Blocked IP " .. s.ip .. "]." ..
    page "1000725") -- wild
end

-- The connections above the limit are taken, and what comes in them is refused.
local connection_limited = {
  name = "connection_throttle",
  [mx.params.throttled_at] = function(s)
    if throttled:get("session|" .. s.id) then
      return mx.reply(550, nil, "Connection frequency limited." .. page "1000722")
        :because "too many connections of this address in a minute" -- wild
    end
  end,
  close = function(s) throttled:forget("session|" .. s.id) end,
}

local dmarc_failed = mx.reply(550, nil, "DMARC check failed." .. page "1001508&&id=16.") -- doc

-- wild: behind a reply about SPF, QUIT is answered by the end of the connection.
local authentication = {
  name = "authentication",
  mail = function(s, mail)
    if mail.spf ~= "fail" and not mail.domain:lower():find(mx.params.spf_fails) then return end
    throttled:set("spf|" .. s.id, true)
    return mx.reply(550, nil, "SPF check failed." .. page "1001445" .. " [" .. secret(s) .. "= IP: " .. s.ip .. "]")
      :because "the domain's SPF does not allow the address" -- wild
  end,
  quit = function(s)
    if throttled:get("spf|" .. s.id) then return mx.close() end
  end,
  -- infer: DMARC "fails" where its policy asks for a refusal.
  message = function(_, message)
    if message.dmarc == "fail" and message.dmarc_policy == "reject" then return dmarc_failed:because(message.dmarc_why) end
  end,
  close = function(s) throttled:forget("spf|" .. s.id) end,
}

mx.manners {
  machines,
  says.manner(replies),
  limit {
    name = "connections_denied", at = "connect", by = "ip", within = "1m", max = mx.params.connections_denied,
      count_refused = true,
    answer = replies.connection_denied.reply, because = replies.connection_denied.because,
  },
  limit {
    name = "connections", at = "connect", by = "ip", within = "1m", max = mx.params.connections_per_minute,
      count_refused = true,
    answer = function(s) throttled:set("session|" .. s.id, true) end,
  },
  connection_limited,
  authentication,
  content {
    name = "dmarc", from_domain = mx.params.dmarc_fails, because = "the DMARC policy of the From domain",
    answer = dmarc_failed,
  },
  -- What one of them refuses does not count for those behind it.
  limit {
    name = "ip_minute", at = mx.params.throttled_at, by = "ip", within = "1m", max = mx.params.ip_per_minute,
    block = mx.params.ip_minute_block, answer = ip_limited, because = "more messages of this address than a minute " ..
      "may have",
  },
  limit {
    name = "ip_hour", at = mx.params.throttled_at, by = "ip", within = "1h", max = mx.params.ip_per_hour,
    block = mx.params.ip_hour_block, answer = ip_limited, because = "more messages of this address than an hour " ..
      "may have",
  },
  limit {
    name = "ip_day", at = mx.params.throttled_at, by = "ip", day = "+08:00", max = mx.params.ip_per_day,
    answer = ip_limited, because = "more messages of this address than a day may have",
  },
  limit {
    name = "sender", at = "message", by = "sender", within = "1h", max = mx.params.sender_per_hour,
    answer = mx.reply(550, nil, "Sender frequency limited." .. page "1000723"),  -- doc
    because = "more messages of this sender than an hour may have",
  },
  limit {
    name = "domain", at = "message", within = "1h", max = mx.params.domain_per_hour,
    by = function(s, message) return message.from_domain and message.from_domain:lower() end,
    answer = mx.reply(550, nil, "Domain frequency limited." .. page "1000721"),  -- doc; number of the page: invented
    because = "more messages of this From domain than an hour may have",
  },
  content {
    name = "spam", subject = mx.params.spam, answer = replies.content_denied.reply, because = "the subject is that " ..
      "of spam",
  },
  recipients {
    name = "mailboxes", unknown = mx.params.unknown, full = mx.params.full, suspended = mx.params.suspended,
    answers = {
      unknown   = mx.reply(550, nil, "Mailbox not found." .. page "1000728"),      -- doc
      full      = mx.reply(550, nil, "Mailbox is full."),                          -- invented
      suspended = mx.reply(550, nil, "Mailbox unavailable or access denied."),     -- doc; for a suspended one: infer
    },
  },
  recipients {
    name = "blocklists", suspended = mx.params.refuses, because = "the recipient has blocked the sender",
    answers = {
      suspended = function(s)
        return mx.reply(550, nil, "Mail is rejected by recipients [" .. secret(s) .. " IP: " .. s.ip ..
          "]. https://service.mail.qq.com/detail/0/92.")
      end,                                                                         -- doc; stage invented
    },
  },
  limit {
    name = "recipient", at = "rcpt", by = "recipient", within = "1h", max = mx.params.recipient_per_hour,
    answer = mx.reply(550, nil, "Mailbox unavailable or access denied."),        -- doc
    because = "the mailbox gets more in an hour than it may",
  },
}

function mx.on.connect(s)
  return mx.reply(220, nil, machine(s) .. " MX QQ Mail Server.") -- wild
end

-- wild: the last line is "250 OK", and the host stands first.
function mx.on.ehlo(s)
  local lines = { machine(s), "STARTTLS", "8BITMIME", "SMTPUTF8", "SIZE 73400320", "OK" }
  if s.tls then table.remove(lines, 2) end
  return mx.reply(250, nil, lines)
end
