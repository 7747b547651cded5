-- A Coremail host other than Netease's, as universities, companies and other Chinese providers run them. What it
-- tests: the tags that Netease does not use, and that the same tag comes with other numbers elsewhere, so that a
-- sender must read the tag.
--
-- Where a line comes from is written behind it:
--   wild      a transcript, a log or a bounce that somebody published; of Netease's hosts where it says so
--   infer     our conclusion: a tag has the stage of its prefix (HL connect, MI MAIL, RP RCPT, DT end of data)
--   invented  no source; a number or text that had to be something
-- The codes and tags below are wild, the meanings of some are not known, and everything around a tag has the grammar
-- of Netease's replies.
local mx         = require "fakemx"
local content    = require "fakemx.content"
local coremail   = require "fakemx.coremail"
local limit      = require "fakemx.limit"
local recipients = require "fakemx.recipients"
local says       = require "fakemx.says"

local grammar -- behind mx.profile

-- What each tag means, where that is known.
local tags = {
  { "connect", 421, "HL:IHU", "the address is suspended" },
  { "connect", 421, "HL:IPB", "the address is blocked" },
  { "connect", 421, "HL:TLD", "the system is overloaded" },
  { "mail", 503, "MI:ANL", "not known" },
  { "mail", 553, "MI:SUM", "not known" },
  { "mail", 452, "MI:SPM", "spam" },
  { "mail", 452, "MI:SFK", "not known" },
  { "mail", 451, "MI:RBL", "the address is on a blocklist" },
  { "mail", 450, "MI:IPB", "the address is blocked" },
  { "mail", 550, "MI:IPB", "the address is blocked", "_550" },
  { "rcpt", 452, "RP:RCL", "too many recipients" },
  { "rcpt", 553, "RP:DRL", "not known" },
  { "rcpt", 552, "RP:SMS", "larger than the system takes" },
  { "rcpt", 552, "RP:UMS", "larger than the user takes" },
  { "rcpt", 552, "RP:UQT", "the user's quota" },
  { "rcpt", 553, "RP:RPB", "not known" },
  { "rcpt", 553, "RP:RDN", "not known" },
  { "rcpt", 451, "RP:TRC", "too many recipients of the sender today" },
  { "rcpt", 451, "RP:RPH", "not known" },
  { "message", 451, "DT:MRC", "not known" },
  { "message", 554, "DT:MTH", "too many hops" },
  { "message", 552, "DT:SMS", "larger than the system takes" },
  { "message", 552, "DT:UMS", "larger than the user takes" },
  { "message", 552, "DT:UQT", "the user's quota" },
  { "message", 552, "DT:MTS", "not known" },
  { "message", 451, "DT:OSL", "too many messages with the same subject" },
  { "message", 451, "DT:SUR", "a link that SURBL lists" },
  { "message", 554, "DT:SUM", "From and MAIL FROM differ" },
}

local function tagged(code, tag)
  return function(s) return mx.reply(code, nil, grammar.tagged(s, tag, "none")) end
end

local replies = {
  time_out = { at = "message", reply = mx.reply(451, nil, "Time Out"),
    because = "a fault inside" }, -- wild; stage invented
}
for _, tag in ipairs(tags) do
  local name = tag[3]:lower():gsub(":", "_") .. (tag[5] or "")
  replies[name] = { at = tag[1], reply = tagged(tag[2], tag[3]), because = tag[4] }
end

mx.profile {
  summary    = "a Coremail host that is not Netease's: HL:TLD, MI:RBL, RP:UQT, DT:OSL and other tags",
  host       = "mx.coremail.test",
  extensions = { "PIPELINING", "8BITMIME", SIZE = 73400320 }, -- wild, of Netease
  replies    = {
    helo                = "250 OK",                                    -- wild, of Netease, down to 502
    mail                = "250 Mail OK",
    rcpt                = "250 Mail OK",
    data                = "354 End data with <CR><LF>.<CR><LF>",
    quit                = "221 Bye",
    help                = "502 Error: command not implemented",
    vrfy                = "502 Error: command not implemented",
    expn                = "502 Error: command not implemented",
    unsupported_command = "502 Error: command not implemented",
    unknown_command     = "502 Error: command not implemented",
    malformed_line      = "500 Error: bad syntax",
    bad_syntax          = "500 Error: bad syntax",
    rset                = "250 OK",                                    -- invented, and the next two
    noop                = "250 OK",
    bad_sequence        = "503 Error: bad sequence of commands",
    message_too_big     = "552 DT:SMS",                                -- wild; for SIZE= in MAIL: infer
  },
  params = says.params(replies, {
    shape          = mx.param.choice({ "2017", "2009", "2015", "2023", "2025" }, "the year whose replies these " ..
      "look like (wild, of Netease)"),
    domain         = mx.param.string("coremail.test", "the domain in the greeting, whose first label stands in " ..
      "replies (invented)"),
    recipients_max = mx.param.integer(50, "recipients of one transaction: 452 RP:RCL (tag wild, number invented)"),
    recipients_per_day = mx.param.integer(500, "recipients of a reverse path in a day of China: 451 RP:TRC (tag " ..
      "wild, number invented)"),
    same_subject   = mx.param.integer(20, "messages with one subject in subject_window: 451 DT:OSL (tag wild, " ..
      "number invented)"),
    subject_window = mx.param.duration("15m", "window of that (invented)"),
    hops_max       = mx.param.integer(30, "fields Received of a message: 554 DT:MTH (tag wild, number invented)"),
    from_differs   = mx.param.boolean(false, "554 DT:SUM where From is of another domain than MAIL FROM (tag wild)"),
    unknown        = mx.param.string("^nobody", "Lua pattern of the local parts that do not exist (invented)"),
    full           = mx.param.string("^full", "Lua pattern of the local parts over quota: 552 RP:UQT (tag wild, " ..
      "meaning infer)"),
    suspended      = mx.param.string("^suspended", "Lua pattern of the local parts that are frozen (invented)"),
  }),
}

grammar = coremail.replies {
  shape = mx.params.shape,
  label = function() return mx.params.domain:match "^[^.]+" end,
  help  = "http://mail." .. mx.params.domain .. "/help", -- invented; no reply here links to it
}

local too_many = {
  name = "recipients_max",
  rcpt = function(s)
    if #s.recipients >= mx.params.recipients_max then
      return mx.reply(452, nil, grammar.tagged(s, "RP:RCL", "none")):because "too many recipients in a transaction"
    end
  end,
}

local function hops(message)
  local header = message.content:match "^(.-)\r\n\r\n" or message.content
  local _, count = ("\r\n" .. header):gsub("\r\n[Rr]eceived:", "")
  return count > mx.params.hops_max
end

mx.manners {
  grammar.manner,
  says.manner(replies),
  too_many,
  recipients {
    name = "mailboxes", unknown = mx.params.unknown, full = mx.params.full, suspended = mx.params.suspended,
    answers = {
      unknown   = function(_, _, address) return mx.reply(550, nil, "User not found: " ..
        address) end, -- wild, of Netease
      full      = tagged(552, "RP:UQT"),
      suspended = mx.reply(550, nil,
        "User suspended"),                                                 -- doc, of Netease
    },
  },
  limit {
    name = "recipients_per_day", at = "rcpt", by = "sender", day = "+08:00", max = mx.params.recipients_per_day,
    answer = tagged(451, "RP:TRC"), because = "more recipients of the sender than a day may have",
  },
  content { name = "hops", matches = hops, answer = tagged(554, "DT:MTH"), because = "too many hops" },
  content {
    name = "sum", when = mx.params.from_differs, from_differs = "relaxed", answer = tagged(554, "DT:SUM"),
    because = "From is of another domain than MAIL FROM",
  },
  limit {
    name = "same_subject", at = "message", by = function(_, message) return message:header "Subject" end,
    within = mx.params.subject_window, max = mx.params.same_subject, answer = tagged(451, "DT:OSL"),
    because = "too many messages with the same subject",
  },
}

function mx.on.connect()
  local domain = mx.params.domain
  local label  = domain:match "^[^.]+"
  return mx.reply(220, nil, domain .. " Anti-spam GT for Coremail System (" .. label .. "[20141201])") -- wild, of Netease
end

function mx.on.ehlo(s)
  return coremail.ehlo(s, { "PIPELINING", "coremail", "SIZE 73400320", "8BITMIME" }) -- wild, of Netease
end

function mx.on.message(s, message)
  if message.size > 73400320 then return mx.reply(552, nil, grammar.tagged(s, "DT:SMS",
    "none")):because "larger than the system takes" end
  return mx.reply(250, nil, grammar.queued(s)) -- wild, of Netease
end
