-- A receiver with a hidden cause: one thing that it does not take, always under the same words.
local mx = require "fakemx"

mx.profile {
  summary = "451 4.3.2 for a cause that the sender is not told",
  domains = { "163.com" },
  params  = {
    cause = mx.param.choice({ "none", "attachment", "tracking", "html", "links", "envelope", "size", "chance" }, "what it does not take"),
  },
}

local causes = {
  none       = function() return false end,
  attachment = function(_, message) return message:has_attachment() end,
  tracking   = function(_, message) return message.tracking_pixels > 0 end,
  html       = function(_, message) return message.has_html end,
  links      = function(_, message) return message.links > 0 end,
  envelope   = function(s) return s.from:find "@brand%.example$" ~= nil end,
  size       = function(_, message) return message.size > 4096 end,
  chance     = function(_, message) return mx.chance(1, 2, message.id) end,
}

function mx.on.message(s, message)
  if causes[mx.params.cause](s, message) then
    return mx.reply(451, "4.3.2", "Internal server error"):because(mx.params.cause)
  end
end
