-- Mailboxes behind LMTP; one of them is full when it is tried for the first time.
local mx = require "fakemx"

mx.profile { summary = "a mailbox that is full at first", lmtp = true }

function mx.on.message(s, message)
  if message.recipient == "full@163.com" and message.attempt == 1 then
    return mx.reply(452, "4.2.2", "Mailbox full")
  end
end
