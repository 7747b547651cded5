-- The manner `content`, one trigger after the other, for the transcripts beside this file.
local mx = require "fakemx"
local content = require "fakemx.content"

mx.profile {
  summary      = "messages that are refused for what they hold",
  idle_timeout = "30d",
  params       = {
    looks_at = mx.param.choice({ "header", "files", "parts", "letters", "links" }, "which triggers there are"),
  },
}

local triggers = {
  header = {
    content { name = "sum", from_differs = "relaxed", answer = mx.reply(554, nil, "DT:SUM") },
    content { name = "large", larger_than = 100, answer = mx.reply(552, nil, "Too large") },
    content { name = "lottery", subject = "[Ll]ottery", header = { ["X-Mailer"] = "^Bulk", Date = false } },
    content { name = "octets", eight_bit = true, answer = mx.reply(554, "5.6.1", "8-bit") },
    content { name = "body", pattern = "viagra", answer = mx.reply(554, "5.7.1", "Words") },
    content {
      name = "own", answer = mx.reply(451, nil, "Own"),
      matches = function(message, s) return message:header "Message-ID" == "<1@x.example>" and s.helo ~= "" end,
    },
  },

  files = {
    content { name = "any", attachment = "exe", answer = mx.reply(552, nil, "No programs") },
    content { name = "list", attachment = { "docx", "application/pdf" }, answer = mx.reply(451, "4.3.2", "Internal server error") },
    content { name = "holds", holds = "%.js$", answer = mx.reply(554, nil, "No scripts in archives") },
    content { name = "big", attachment_larger = "1KiB", answer = mx.reply(552, nil, "The file is too large") },
    content { name = "without", attachment = false, subject = "see attachment", answer = mx.reply(550, nil, "Which attachment?") },
  },

  parts = {
    content { name = "sound", mime_sound = false, answer = mx.reply(451, nil, "Broken MIME") },
    content { name = "many", parts_over = 3, answer = mx.reply(451, nil, "Too many parts") },
    content { name = "lone", html = true, alternative = false, answer = mx.reply(451, nil, "HTML alone") },
    content { name = "unpacked", decoded_larger_than = 100, smaller_than = "10KiB", answer = mx.reply(552, nil, "Too large inside") },
  },

  letters = {
    content { name = "valid", charset_valid = false, answer = mx.reply(451, nil, "Broken charset") },
    content { name = "big5", charset = { "Big5", "big5-hkscs" }, answer = mx.reply(550, nil, "Not here") },
    content { name = "traditional", chinese = "traditional", answer = mx.reply(550, nil, "Traditional") },
    content { name = "latin", language = "latin", subject = "zh", answer = mx.reply(451, nil, "Not Chinese") },
    content { name = "both", language = "bilingual", answer = mx.reply(451, nil, "Two languages") },
  },

  links = {
    content { name = "shortener", link_domain = "^bit%.example$", answer = mx.reply(554, nil, "Short links") },
    content { name = "pixel", tracking = true, answer = mx.reply(451, nil, "Tracked") },
    content { name = "pictures", images_over = 1, answer = mx.reply(451, nil, "Too many pictures") },
    content { name = "count", links_over = 2, answer = mx.reply(451, nil, "Too many links") },
    content { name = "elsewhere", links_differ = "relaxed", answer = mx.reply(451, nil, "Links to others") },
  },
}

mx.manners(triggers[mx.params.looks_at])
