-- A receiver with which nothing is wrong: it offers what most do and takes everything. So all that is odd here comes from the sender. The
-- messages are what senders get wrong on their way: dots at the beginning of lines, line ends of other systems, what others take for the
-- end of the data (SMTP smuggling), lines that are too long, octets over 127. RFC 5321 §2.3.8, §4.1.1.4, §4.5.2, §4.5.3.1.6; RFC 5322 §3.6.
--
-- A good sender brings each of them as it is, or makes what is not allowed on the wire fit (a lone LF becomes CRLF, a long line is folded
-- or encoded), or refuses it and says so. It waits for the reply to QUIT, which takes two seconds.
local mx = require "fakemx"
local fixtures = require "fakemx.fixtures"

mx.profile {
  summary    = "takes everything",
  host       = "baseline.test",
  extensions = { "PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES" },
}

function mx.on.quit(s)
  return mx.accept():after "2s"
end

local send = {}

for _, name in ipairs {
  "dots", "dots_at_edges", "line_feeds", "one_line_feed", "lone_cr", "smuggle_lf", "smuggle_lf_crlf", "smuggle_cr", "smuggle_crlf_cr",
  "no_final_newline", "ends_with_cr", "empty_lines_last", "line_of_998", "line_of_999", "line_of_5000", "controls", "eight_bit", "big",
} do
  send[#send + 1] = fixtures.to("bob@baseline.test", name)
end

-- Local parts that are somebody else's if their case or their quoting is changed, and one of 64 octets (RFC 5321 §2.4, §4.1.2, §4.5.3.1.1).
send[#send + 1] = {
  from = "Ann.Author@sender.test",
  to   = {
    "MiXeD.Case@baseline.test", "plus+tag@baseline.test", "o'brien@baseline.test", [["with\"quote"@baseline.test]],
    [["comma,inside"@baseline.test]], ("x"):rep(64) .. "@baseline.test",
  },
}

mx.scenario {
  summary   = "nothing is wrong: messages with dots, odd line ends, long lines and strange octets arrive as they were",
  send      = send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  exercises = {
    "ehlo-first", "ehlo-before-mail", "ehlo-arg-fqdn", "ehlo-literal-syntax", "ehlo-literal-own-address",
    "ehlo-no-trailing-text", "ehlo-ascii", "ehlo-only-offered-params", "cmd-crlf", "cmd-line-512", "cmd-ascii",
    "cmd-no-args", "cmd-verbs-known", "cmd-order", "cmd-domain-ldh", "mail-syntax", "rcpt-syntax", "addr-fqdn",
    "addr-length", "addr-no-source-route", "mail-params-syntax", "null-sender-only-notices", "data-dot-stuff",
    "data-terminator", "data-no-bare-lf", "data-no-bare-cr", "data-smuggle-eod", "data-line-1000", "data-no-control",
    "data-not-empty", "quit-sent", "quit-wait-221", "quit-nothing-after", "size-declare", "size-syntax",
    "utf8-param-unneeded", "bdat-only-if-offered", "msg-date-from", "msg-single-fields", "msg-id", "msg-header-line",
    "msg-header-ascii", "msg-no-return-path", "data-dot-boundaries", "data-no-extra-crlf", "data-final-newline",
    "addr-local-case", "addr-min-quoting",
  },
}
