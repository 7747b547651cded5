-- Mailboxes behind LMTP, one of them full.
local mx = require "fakemx"

mx.profile { summary = "a mailbox that is full", lmtp = true }

function mx.on.message(s, message)
  if message.recipient == "full@163.com" then
    return mx.reply(452, "4.2.2", "Mailbox full")
  end
end
