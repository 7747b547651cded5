-- The zones of a receiver's own domains: the MX records as senders look them up, and an SPF record, because a domain that the zones know is
-- judged by what they say of it.

-- invented: the addresses that clients have in tests stand for the receiver's own, so that a sender of its domains passes.
local spf = "v=spf1 ip4:127.0.0.0/8 ip4:192.0.2.0/24 ip6:::1 ip6:2001:db8::/32 -all"

local own_zones = { spf = spf }

-- `exchanges` as in zones: { { 5, "mx.example" } }.
function own_zones.of(domains, exchanges)
  local zones = {}
  for _, domain in ipairs(domains) do zones[domain] = { mx = exchanges, txt = spf } end
  return zones
end

return own_zones
