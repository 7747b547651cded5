-- DSN and SMTPUTF8, offered and not. Each host is a case of the test.
local mx = require "fakemx"

local plain = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES" }
local dsn   = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN" }
local utf8  = { "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8" }

mx.profile {
  summary = "DSN and SMTPUTF8 as Postfix uses them",
  hosts   = {
    { name = "dsn.test", extensions = dsn },
    { name = "no-dsn.test", extensions = plain },
    { name = "dsn-refused.test", extensions = dsn },
    { name = "dsn-never.test", extensions = dsn },
    { name = "utf8.test", extensions = utf8 },
    { name = "no-utf8.test", extensions = plain },
    { name = "utf8-header.test", extensions = utf8 },
    { name = "no-utf8-header.test", extensions = plain },
  },
}

function mx.on.mail(s, mail)
  mx.log("RET " .. tostring(mail.params.RET) .. ", ENVID " .. tostring(mail.params.ENVID) ..
         ", SMTPUTF8 " .. tostring(mail.params.SMTPUTF8))
end

function mx.on.rcpt(s, rcpt)
  mx.log("NOTIFY " .. tostring(rcpt.params.NOTIFY) .. ", ORCPT " .. tostring(rcpt.params.ORCPT))
  if s.host == "dsn-refused.test" or s.host == "dsn-never.test" then
    return mx.reply(550, "5.1.1", "No such user")
  end
end
