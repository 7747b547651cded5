-- The manner `content`, one trigger after the other, for the transcripts beside this file.
local mx = require "fakemx"
local content = require "fakemx.content"

mx.profile { summary = "messages that are refused for what they hold", idle_timeout = "30d" }

mx.manners {
  content { name = "sum", from_differs = "relaxed", answer = mx.reply(554, nil, "DT:SUM") },
  content { name = "large", larger_than = 100, answer = mx.reply(552, nil, "Too large") },
  content { name = "lottery", subject = "[Ll]ottery", header = { ["X-Mailer"] = "^Bulk", Date = false } },
  content { name = "octets", eight_bit = true, answer = mx.reply(554, "5.6.1", "8-bit") },
  content { name = "body", pattern = "viagra", answer = mx.reply(554, "5.7.1", "Words") },
  content {
    name = "own", answer = mx.reply(451, nil, "Own"),
    matches = function(message, s) return message:header "Message-ID" == "<1@x.example>" and s.helo ~= "" end,
  },
}
