-- CHUNKING, and ways to refuse it. Each host is a case of the test.
local mx = require "fakemx"

local chunking = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "CHUNKING" }

mx.profile {
  summary    = "BDAT as Exim uses it",
  extensions = chunking,
  hosts      = {
    { name = "small.test" },
    { name = "big.test" },
    { name = "not-offered.test", extensions = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES" } },
    { name = "not-wanted.test" },
    { name = "chunk-deferred.test" },
    { name = "chunk-refused.test" },
    { name = "message-deferred.test" },
    { name = "message-refused.test" },
    { name = "recipient-refused.test" },
  },
}

function mx.on.rcpt(s, rcpt)
  if s.host == "recipient-refused.test" then
    return mx.reply(550, "5.1.1", "No such user")
  end
end

function mx.on.bdat(s, chunk)
  if s.host == "chunk-deferred.test" then
    return mx.reply(451, "4.3.0", "Not this chunk")
  elseif s.host == "chunk-refused.test" then
    return mx.reply(554, "5.6.0", "Not in chunks")
  end
end

function mx.on.message(s, message)
  if s.host == "message-deferred.test" and message.attempt == 1 then
    return mx.reply(452, "4.3.1", "No space")
  elseif s.host == "message-refused.test" then
    return mx.reply(554, "5.7.1", "Not this message")
  end
  return mx.reply(250, "2.0.0", "Chunks: " .. message.chunks .. ", octets: " .. message.size)
end
