-- AUTH in all its forms (RFC 4954): one mechanism at a time, one that nobody knows, none; 235, 454, 432, 534, 535, 530; challenges that are
-- empty, long, or no base64. Every name and every password is taken, so long as a host does not say otherwise.
--
-- A good sender that was told to log in uses a mechanism that is offered, once, before MAIL; sends its password over TLS only; answers "*"
-- to what it cannot decode; takes 454 for "later" and 535 for "not with this password", and does not try that again and again. One that was
-- not told to sends its mail without AUTH, and takes 530 for an answer.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local first = variations.first

local function offering(...)
  return { extensions = { "STARTTLS" }, extensions_in_tls = { "PIPELINING", "8BITMIME", ... } }
end

local function answering(verdict)
  return { host = offering "AUTH PLAIN LOGIN", on = { auth = verdict } }
end

local all = {
  { name = "plain", letters = { {}, {} }, host = offering "AUTH PLAIN" },
  { name = "login", host = offering "AUTH LOGIN" },
  { name = "cram-md5", host = offering "AUTH CRAM-MD5" },
  { name = "unknown-mechanism", host = offering "AUTH X-NOBODY-KNOWS" },
  { name = "no-auth", host = offering() },
  -- Challenges of 12240 octets; RFC 4954 §4 has a client take 12288. Whoever sends its name with AUTH LOGIN is asked for the password alone.
  {
    name = "long-challenge",
    host = { extensions = { "STARTTLS" }, extensions_in_tls = { "AUTH LOGIN" },
             replies = { auth_login_user = "334 " .. ("VXNl"):rep(3060), auth_login_password = "334 " .. ("UGFz"):rep(3060) } },
  },
  {
    name = "no-base64",
    host = { extensions = { "STARTTLS" }, extensions_in_tls = { "AUTH LOGIN" },
             replies = { auth_login_user = "334 =AAA====", auth_login_password = "334 =AAA====" } },
  },
  -- Passwords are for TLS.
  { name = "in-the-clear", host = { extensions = { "8BITMIME", "AUTH PLAIN LOGIN" } } },
  { name = "login-required", host = { extensions = { "STARTTLS" }, extensions_in_tls = { "AUTH PLAIN LOGIN" }, auth_required = true } },
  -- It wants what it does not offer.
  { name = "530", on = { mail = mx.reply(530, "5.7.0", "Authentication required") } },
}

for name, verdict in pairs {
  ["454"] = first(mx.reply(454, "4.7.0", "Temporary authentication failure")),
  ["432"] = first(mx.reply(432, "4.7.12", "A password transition is needed")),
  ["534"] = mx.reply(534, "5.7.9", "Authentication mechanism is too weak"),
  ["535"] = mx.reply(535, "5.7.8", "Authentication credentials invalid"),
} do
  local one = answering(verdict)
  one.name = name
  all[#all + 1] = one
end

all = variations(all)

mx.profile { summary = "AUTH, another way at each of its hosts", hosts = all.hosts }

mx.scenario {
  summary   = "AUTH: each mechanism, each refusal, odd challenges, and passwords in the clear",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "auth-no-cleartext", "auth-plain-tls", "auth-only-if-offered", "auth-not-in-transaction", "auth-once",
    "auth-pipeline-last", "auth-no-storm", "auth-530", "auth-mail-param", "auth-ir-length", "auth-empty-ir", "auth-cancel",
    "auth-empty-challenge", "auth-long-challenge", "auth-454-535",
  },
}
