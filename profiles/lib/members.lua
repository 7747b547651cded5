-- Which addresses belong to something: those whose local part matches a Lua pattern, those of a list, or those for which
-- a function says so. It must not know what they belong to.
local options = require "fakemx.options"

local members = {}

-- The kind of an option; what is read is a function(local_part, domain, s).
members.kind = {
  what = "a Lua pattern for local parts, a list of local parts and addresses, or a function",
  read = function(v)
    if type(v) == "function" then return v end
    if type(v) == "string" then
      if v == "" or not options.pattern.read(v) then return end
      return function(local_part) return local_part:find(v) ~= nil end
    end
    if type(v) ~= "table" then return end
    local known = {}
    for _, one in ipairs(v) do
      if type(one) ~= "string" then return end
      known[one:lower()] = true
    end
    return function(local_part, domain)
      local name = local_part:lower()
      return known[name] or known[name .. "@" .. domain:lower()] or false
    end
  end,
}

return members
