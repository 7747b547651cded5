-- Messages that come through a sender from elsewhere: with trace fields, with a signature, with fields in an odd order and odd blanks, with
-- MIME around them. RFC 5321 §4.4, §6.4: who passes a message on puts a Received field in front, and changes nothing else; the local part
-- stays as it is, letter case included (§2.4).
--
-- A sender that is a relay is given them at its own listener by the command that is run; another one as it is given any message. Received
-- is asked of a relay only.
local mx = require "fakemx"

mx.profile { summary = "takes everything", host = "far.test" }

local function received(number)
  return ("Received: from hop%d.test (hop%d.test [192.0.2.%d])\r\n\tby hop%d.test with ESMTP id x%d;\r\n\tThu, 1 Jan 2026 00:00:0%d +0000"):format(
    number, number, number, number + 1, number, number)
end

local trace = {}
for i = 5, 1, -1 do trace[#trace + 1] = received(i) end

mx.scenario {
  summary   = "messages from elsewhere: trace fields, signatures and odd headers pass unchanged",
  send      = {
    { from = "ann@sender.test", to = "MiXeD.Case@far.test", header = trace },
    {
      from = "ann@sender.test", to = "bob@far.test",
      header = {
        "X-Unknown-Field:   three blanks before,   and inside", "Comments: (a comment) and \"a quoted string\"",
        "X-Folded: one\r\n\ttwo\r\n  three", "x-lower-case: yes", "X-Empty:", "Keywords: a, b",
      },
      body = "Blanks at the end   \r\n\ttabs\t\r\n\r\n\r\nempty lines\r\n>From the beginning of a line\r\nFrom there too\r\n",
    },
    {
      from = "ann@sender.test", to = "bob@far.test",
      header = {
        "DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=sender.test; s=key;\r\n\th=From:To:Subject;"
          .. " bh=MHIQ/hHIfQCIgFmkzEtb7cnqBe1cXCRT4VtH90Ckvg4=;\r\n\tb=AAAA",
        "Content-Type: multipart/mixed; boundary=\"between\"",
      },
      body = "A preamble that nobody sees.\r\n--between\r\nContent-Type: text/plain\r\n\r\nOne.  \r\n--between\r\n"
        .. "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--between--\r\nAn epilogue.\r\n",
    },
  },
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "addr-no-source-route", "data-fidelity", "addr-local-case",
  },
}
