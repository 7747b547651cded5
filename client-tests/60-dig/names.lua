-- Names that are there, that are not, and that fail in every way.
local mx = require "fakemx"

mx.profile {
  summary = "names for dig",
  domains = { "163.com" },
  hosts   = { { name = "163mx01.mxmail.netease.com" }, { name = "163mx00.mxmail.netease.com" } },
  zones   = {
    ["163.com"]          = { txt = { "v=spf1 include:spf.163.com -all", ("x"):rep(600) }, ttl = "5h" },
    ["null.163.com"]     = { mx = { { 0, "." } } },
    ["*.wild.163.com"]   = { mx = "163mx00.mxmail.netease.com" },
    ["www.163.com"]      = { cname = "163mx01.mxmail.netease.com" },
    ["pool.163.com"]     = { a = { "192.0.2.1", "192.0.2.2", "192.0.2.3" }, aaaa = "2001:db8::1", order = "rotate" },
    ["_25._tcp.163.com"] = { tlsa = "3 1 1 " .. ("ab"):rep(32) },
    ["192.0.2.1"]        = { ptr = "pool.163.com" },
  },
}

function mx.on.query(q)
  if q.name == "twice.163.com" and q.count <= 2 then return mx.dns.servfail() end
  if q.name == "twice.163.com" then return mx.dns.records { a = "192.0.2.9", ttl = "0s" } end
  if q.name == "refused.163.com" then return mx.dns.refused() end
  if q.name == "never.163.com" then return mx.dns.silence() end
  if q.name == "tcp.163.com" then
    if q.transport == "udp" then return mx.dns.truncated() end
    return mx.dns.records { txt = "over tcp" }
  end
end
