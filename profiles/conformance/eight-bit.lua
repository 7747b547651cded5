-- Octets over 127, with every combination of 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531): in the body, in the header section, in the
-- address.
--
-- A good sender says BODY=8BITMIME with an 8-bit body and SMTPUTF8 with an internationalized message, where these are offered, and neither
-- with one that is ASCII. Where they are not, it encodes what can be encoded (a body as quoted-printable, a domain as xn--…), and gives
-- back the rest.
local mx = require "fakemx"
local fixtures = require "fakemx.fixtures"
local variations = require "fakemx.variations"

local mime = { "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit" }

local parts = {
  "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=between", "Content-Transfer-Encoding: 8bit",
}
local parts_body = "--between\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u{fc}\u{df}e\r\n"
  .. "--between\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nASCII\r\n--between--\r\n"

local function letters(name)
  local host = name .. ".test"
  local subject = { "Subject: Gr\u{fc}\u{df}e", table.unpack(mime) }
  return {
    {}, fixtures.to("bob@" .. host, "eight_bit"), { header = parts, body = parts_body }, { header = subject },
    { to = "j\u{f6}rg@" .. host, header = mime },
  }
end

local function offering(name, ...)
  return { name = name, letters = letters(name), host = { extensions = { "PIPELINING", "ENHANCEDSTATUSCODES", ... } } }
end

local forwarded = mx.reply(251, "2.1.5", "User not local; will forward to <j\u{f6}rg@b\u{fc}cher.test>")

local all = variations {
  offering("neither"),
  offering("8bitmime", "8BITMIME"),
  offering("smtputf8", "8BITMIME", "SMTPUTF8"),
  { name = "with-parameter", letters = letters "with-parameter",
    on = { ehlo = mx.reply(250, nil, { "with-parameter.test", "8BITMIME", "SMTPUTF8 foo" }) } },
  { name = "251-in-utf-8", to = { "j\u{f6}rg" }, host = { extensions = { "8BITMIME", "SMTPUTF8" } }, on = { rcpt = forwarded } },
}

mx.profile { summary = "8BITMIME and SMTPUTF8, neither, one and both", hosts = all.hosts }

mx.scenario {
  summary   = "octets over 127 in body, header section and address, with and without 8BITMIME and SMTPUTF8",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  notices   = { "sender.test" },
  watch     = "1d",
  exercises = {
    "ehlo-ascii", "data-7bit", "8bit-body-param", "8bit-mime-only", "utf8-not-without-ext", "utf8-param-required",
    "utf8-param-unneeded", "utf8-reject", "utf8-ehlo-params-ignored", "utf8-251", "8bit-downgrade",
  },
}
