-- Who is meant by a list such as "192.0.2.7 198.51.100.0/24 ann@shop.example shop.example *.shop.example": addresses and networks of
-- clients, addresses and domains of senders, `*` for everybody; blanks or commas between them. For parameters of profiles. A list of
-- this kind stands in for what is not looked up: SPF, blocklists, an operator's own lists.
local mx = require "fakemx"

local who = {}

local function is_ip(text)
  return text:find "^%d+%.%d+%.%d+%.%d+$" or text:find "^[%x:]*:[%x:%.]*$"
end

local function is_v6(ip) return ip:find(":", 1, true) ~= nil end

-- The network of so many bits that an address is in.
local function network_of(ip, bits)
  return is_v6(ip) and mx.network(ip, 24, bits) or mx.network(ip, bits, 64)
end

-- Gives function(ip, sender, domain): is that one in the list? Nothing for an empty list. `sender` and `domain` may be nil, where
-- they are not known yet.
function who.is_in(list)
  local everybody, some = false, false
  local names, networks, parents = {}, {}, {}
  for item in list:gmatch "[^%s,]+" do
    some = true
    item = item:lower()
    local network, bits = item:match "^(.+)/(%d+)$"
    if item == "*" then
      everybody = true
    elseif network and is_ip(network) then
      bits = tonumber(bits)
      networks[#networks + 1] = { v6 = is_v6(network), bits = bits, name = network_of(network, bits) }
    elseif item:sub(1, 2) == "*." then
      parents[#parents + 1] = item:sub(2)
    else
      names[item] = true
    end
  end
  if not some then return nil end
  if everybody then return function() return true end end
  return function(ip, sender, domain)
    if names[ip] then return true end
    for _, network in ipairs(networks) do
      if is_v6(ip) == network.v6 and network_of(ip, network.bits) == network.name then return true end
    end
    if sender and names[sender:lower()] then return true end
    if not domain then return false end
    domain = domain:lower()
    if names[domain] then return true end
    for _, parent in ipairs(parents) do
      if domain:sub(-#parent) == parent then return true end
    end
    return false
  end
end

return who
