-- Which machine of a pool a connection meets. Gives two values: the manner, and a function(s) that says which machine it
-- is. docs/reference/manners/pool.md
local mx = require "fakemx"
local identity = require "fakemx.identity"
local options = require "fakemx.options"

local machines = {
  what = "a list of names, a table of such lists by host, or a function(s, draw) that makes a name",
  read = function(v)
    if type(v) == "function" then return v end
    if type(v) ~= "table" then return end
    local some = false
    for key, value in pairs(v) do
      some = true
      if type(value) == "table" and type(key) == "string" then
        if #value == 0 then return end
        for _, name in ipairs(value) do
          if type(name) ~= "string" then return end
        end
      elseif type(value) ~= "string" or math.type(key) ~= "integer" then
        return
      end
    end
    if some then return v end
  end,
}

local spec = {
  machines = options.required(machines),
  by       = options.default(identity.kind, "connection"),
  bits_v4  = identity.bits.bits_v4,
  bits_v6  = identity.bits.bits_v6,
  keep     = options.default(options.duration, "1d"),
}

return function(given)
  local o = options.read("pool", spec, given)
  local problem, key_of = identity.reader(o.by, "connect", o)
  if problem then error("pool: " .. problem, 2) end
  local store = mx.state(o.name)
  local by_connection = o.by == "connection"

  local function meet(s, key)
    if type(o.machines) == "function" then
      return o.machines(s, function(low, high, what) return mx.between(low, high, o.name, what or "", key) end)
    end
    return mx.pick(o.machines[1] and o.machines or o.machines[s.host], o.name, s.host, key)
  end

  local function key_for(s) return s.host .. "|" .. (key_of(s) or "") end

  -- The name of the machine; drawn when it is first asked for.
  local function machine_of(s)
    local key = key_for(s)
    local name = store:get(key)
    if not name then
      name = meet(s, key)
      store:set(key, name, not by_connection and o.keep or nil)
    end
    return name
  end

  local manner = { name = o.name }
  if by_connection then
    manner.close = function(s) store:forget(key_for(s)) end
  end
  return manner, machine_of
end
