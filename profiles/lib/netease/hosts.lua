-- Netease's MX hosts, and the machines behind its submission hosts.
local own_zones = require "fakemx.own_zones"

-- wild: banners seen on the MX hosts of 163.com and on submission hosts of 126.com; that of yeah.net is invented.
-- The label of a reply is the served domain's: wild for 163 and 126, invented for yeah.
local pools = {
  { domain = "163.com",  label = "163",  prefix = "163mx",  banner = "163com[20141201]",  numbers = { "01", "02", "03", "00" } },
  { domain = "126.com",  label = "126",  prefix = "126mx",  banner = "126com[20140526]",  numbers = { "01", "02", "03", "00" } },
  { domain = "yeah.net", label = "yeah", prefix = "yeahmx", banner = "yeahnet[20141201]", numbers = { "00", "01" } },
}

local hosts = { list = {}, labels = {}, served = {}, zones = {} }

for _, pool in ipairs(pools) do
  hosts.served[pool.domain] = true
  local mx = {}
  -- wild: preferences, TTL and text of 163.com in 2018; those of the others are invented like them.
  hosts.zones[pool.domain] = { mx = mx, txt = "v=spf1 include:spf.163.com -all", ttl = "5h" }
  for _, number in ipairs(pool.numbers) do
    local name = pool.prefix .. number .. ".mxmail.netease.com"
    mx[#mx + 1] = { #pool.numbers > 2 and number == "00" and 50 or 10, name }
    hosts.labels[name] = pool.label
    hosts.list[#hosts.list + 1] = {
      name    = name,
      domains = { pool.domain },
      replies = { greeting = "220 " .. pool.domain .. " Anti-spam GT for Coremail System (" .. pool.banner .. ")" },
    }
  end
end

-- The name is wild; what it says is invented.
hosts.zones["spf.163.com"] = { txt = own_zones.spf, ttl = "5h" }

-- wild: names of machines in replies of smtp.163.com and smtp.126.com.
function hosts.submission_machine(shape)
  if shape == "2025" then
    return function(_, draw)
      local names = { "gzsmtp1", "gzsmtp2", "gzga-smtp-mtada-g0-" .. draw(0, 4, "n") }
      return names[draw(1, 3)]
    end
  end
  return function(_, draw) return "smtp" .. draw(1, 14) end
end

return hosts
