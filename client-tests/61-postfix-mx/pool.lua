-- Netease's MX set in small: the first host refuses whoever connects, the second one takes the mail.
local mx = require "fakemx"

mx.profile {
  summary = "an MX pool that is found by its names",
  domains = { "163.com", "126.com", "yeah.net" },
  hosts   = {
    { name = "163mx01.mxmail.netease.com", address = "192.0.2.1" },
    { name = "163mx02.mxmail.netease.com", address = "192.0.2.2" },
    { name = "126mx01.mxmail.netease.com", address = "192.0.2.3", connections = "refuse" },
    { name = "126mx02.mxmail.netease.com", address = "192.0.2.4" },
  },
  zones   = {
    ["163.com"]        = { mx = { "163mx01.mxmail.netease.com", "163mx02.mxmail.netease.com" }, ttl = "5h" },
    ["126.com"]        = { mx = { "126mx01.mxmail.netease.com", "126mx02.mxmail.netease.com" } },
    ["yeah.net"]       = { mx = "126mx02.mxmail.netease.com" },
    ["nomail.163.com"] = { mx = { { 0, "." } } },
  },
}

function mx.on.connect(s)
  if s.host == "163mx01.mxmail.netease.com" then return mx.reply(421, nil, "HL:ICC") end
end

function mx.on.query(q)
  -- A resolver asks twice before it gives up.
  if q.name == "yeah.net" and q.count <= 2 then return mx.dns.servfail() end
end
