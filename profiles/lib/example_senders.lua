-- Zones of senders for trying things out: each domain shows what its name says, to clients at 127.0.0.1 and at 192.0.2.1. The parameter
-- sender_zones of a profile takes it (sender_zones=fakemx.example_senders); docs/reference/authentication.md explains it.

-- The key pair that RFC 8463 §A.2 publishes for such purposes; its selector is brisbane. The other half is on the page.
local key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

local zones = {
  -- All is well. The two clients have their names, there and back.
  ["pass.example"]                      = { txt = "v=spf1 a:mta.pass.example -all" },
  ["brisbane._domainkey.pass.example"]  = { txt = key },
  ["_dmarc.pass.example"]               = { txt = "v=DMARC1; p=reject; rua=mailto:dmarc@pass.example; fo=1; adkim=s; aspf=s" },
  ["mta.pass.example"]                  = { a = { "127.0.0.1", "192.0.2.1" } },
  ["127.0.0.1"]                         = { ptr = "mta.pass.example" },
  ["192.0.2.1"]                         = { ptr = "mta.pass.example" },

  -- Nobody may send; a signature of it holds all the same.
  ["fail.example"]                      = { txt = "v=spf1 -all" },
  ["brisbane._domainkey.fail.example"]  = { txt = key },
  ["_dmarc.fail.example"]               = { txt = "v=DMARC1; p=reject" },

  ["softfail.example"]                  = { txt = "v=spf1 ~all" },
  ["_dmarc.softfail.example"]           = { txt = "v=DMARC1; p=none" },

  -- The domain is there, and publishes nothing.
  ["none.example"]                      = {},

  -- More look-ups than the ten of RFC 7208 §4.6.4.
  ["permerror.example"]                 = { txt = "v=spf1 include:_spf1.permerror.example -all" },

  -- The name server does not get an answer.
  ["temperror.example"]                 = { fails = true },
}

for i = 1, 11 do
  local rest = i < 11 and "include:_spf" .. i + 1 .. ".permerror.example ?all" or "ip4:127.0.0.1 ip4:192.0.2.1 -all"
  zones["_spf" .. i .. ".permerror.example"] = { txt = "v=spf1 " .. rest }
end

return zones
