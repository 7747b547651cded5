-- 5yz at every stage. RFC 5321 §4.2.1, §4.2.5: never again, not in this session and not in a week, and the author is told, with a notice
-- from the null reverse path to the address in MAIL (§6.1). A refusal says something of one message or of one recipient: other messages are
-- tried all the same. 555 is said of a parameter, and the same without it may be taken (§4.1.1.11).
local mx = require "fakemx"
local variations = require "fakemx.variations"

local function parameters_are(verdict)
  return function(s, mail)
    if next(mail.params) ~= nil then return verdict end
  end
end

local later = variations.first(mx.reply(450, "4.2.0", "Not now"))

local function one_never_others_later(s, mail)
  if mail.address == "dora@sender.test" then return mx.reply(550, "5.1.8", "Sender refused"):after "1s" end
  return later(s, mail, "mail")
end

local unknown = mx.reply(550, "5.1.1", "No such user")

local all = variations {
  { name = "at-mail", on = { mail = mx.reply(550, "5.7.1", "Sender refused"):after "1s" } },
  -- The next one in the same session: RSET stands between them, or it is a session of its own.
  { name = "at-rcpt", on = { rcpt = variations.by_recipient { bob = unknown } }, letters = { {}, { to = "carl@at-rcpt.test" } } },
  { name = "at-data", on = { data = mx.reply(554, "5.6.0", "No data from you") } },
  { name = "at-the-end", on = { message = mx.reply(554, "5.6.0", "Not this message") } },
  { name = "two-of-three", to = { "bob", "carl", "dora" },
    on = { rcpt = variations.by_recipient { bob = unknown, carl = mx.reply(553, "5.1.3", "Mailbox name not allowed") } } },
  -- It was said of the one sender, and not of the other, who is to come back.
  {
    name = "one-sender", on = { mail = one_never_others_later }, letters = { { from = "dora@sender.test" }, { from = "carl@sender.test" } },
  },
  -- RFC 7372: it was the message that failed, and not the recipient that does not exist.
  { name = "unauthenticated", on = { message = variations.first(mx.reply(550, "5.7.26", "SPF and DKIM fail")) }, letters = { {}, {} } },
  { name = "no-parameters", on = { mail = parameters_are(mx.reply(555, "5.5.4", "Parameter not recognized"):after "1s") } },
  { name = "no-parameters-now", on = { mail = variations.first(mx.reply(455, "4.5.4", "Parameter not taken now")) } },
}

mx.profile { summary = "5yz, at one stage of each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "5yz at each stage: no second try in a week, and a notice to whom it may concern",
  send      = all.send,
  clock     = "shared",
  over      = "settled",
  horizon   = "8d",
  watch     = "7d",
  notices   = { "sender.test" },
  exercises = {
    "cmd-no-nested-mail", "quit-sent", "rset-after-fail", "dsn-failed", "dsn-format", "retry-none-after-5yz",
    "reply-5yz-no-repeat", "retry-no-5yz-mail-cache", "mail-555-455", "rcpt-data-fail-all", "rcpt-report-each",
    "null-sender-bounce", "bounce-recipient",
  },
}
