-- Says what it has found, at the end of the data.
local mx = require "fakemx"

local senders = mx.param.string("", "file with the zones of senders")

mx.profile { summary = "tells a sender what it has shown of itself", params = { sender_zones = senders }, sender_zones = senders }

function mx.on.message(s, message)
  return mx.reply(250, "2.0.0", ("spf=%s dkim=%s dmarc=%s/%s aligned=%s/%s fcrdns=%s helo=%s"):format(message.spf, message.dkim,
    message.dmarc, message.dmarc_policy, tostring(message.spf_aligned), tostring(message.dkim_aligned), s.fcrdns, s.helo_dns))
end
