-- Who or what something counts for: the client's address, its network, the sender, … as the key of a store. Parts are in
-- lower case, and joined by "|". It must not know what is counted.
local mx = require "fakemx"
local digest = require "fakemx.digest"
local options = require "fakemx.options"

local identity = {}

-- What is known when a stage begins.
local order = { connect = 1, ehlo = 2, starttls = 3, auth = 3, mail = 4, rcpt = 5, data = 6, message = 7 }

-- What comes from the client may hold the sign that joins parts.
local function clean(text)
  return (text:lower():gsub("[|%%]", { ["|"] = "%7c", ["%"] = "%25" }))
end

local function domain_of(address)
  return address:match "@([^@]*)$" or ""
end

local function sender(s, argument, at)
  local address = at == "mail" and argument.address or s.from
  return address == "" and "<>" or clean(address)
end

-- All that the transaction has accepted, or the one that the question is about.
local function recipients(s, argument, at)
  if at == "rcpt" then return { argument.address } end
  if at == "message" and argument.recipient then return { argument.recipient } end
  return s.recipients
end

local function each_once(list, text)
  local found, seen = {}, {}
  for _, one in ipairs(list) do
    local value = clean(text(one))
    if not seen[value] then
      seen[value] = true
      found[#found + 1] = value
    end
  end
  return found
end

-- In whatever order they came. A store takes keys of 4096 octets; a text that stands for them is enough for many.
local spelt_max, looked_at_max = 1024, 16384

local function joined(list)
  local copy = table.move(list, 1, #list, 1, {})
  table.sort(copy)
  local text = table.concat(copy, "|")
  return #text <= spelt_max and text or #copy .. "|" .. digest(text:sub(1, looked_at_max))
end

-- name = { first stage at which it is known, function(s, argument, at, bits) }
local parts = {
  everybody = { "connect", function() return "everybody" end },
  connection = { "connect", function(s) return tostring(s.id) end },
  host = { "connect", function(s) return s.host end },
  ip = { "connect", function(s) return s.ip end },
  network = { "connect", function(s, _, _, bits) return mx.network(s.ip, bits.v4, bits.v6) end },
  helo = { "ehlo", function(s, argument, at) return clean(at == "ehlo" and argument.name or s.helo) end },
  user = { "auth", function(s, argument, at)
    local user = at == "auth" and argument.user or s.user
    return user and clean(user)
  end },
  sender = { "mail", sender },
  sender_domain = { "mail", function(s, argument, at)
    local address = sender(s, argument, at)
    return address == "<>" and "<>" or domain_of(address)
  end },
  recipient = { "rcpt", function(s, argument, at)
    return joined(each_once(recipients(s, argument, at), function(address) return address end))
  end },
  recipient_domain = { "rcpt", function(s, argument, at)
    return joined(each_once(recipients(s, argument, at), domain_of))
  end },
  -- A delivery is known again from any address that it comes from.
  delivery = { "rcpt", function(s, argument, at)
    local key = sender(s, argument, at) .. "|" ..
      joined(each_once(recipients(s, argument, at), function(address) return address end))
    return at == "message" and key .. "|" .. clean(argument.id or "") or key
  end },
}

local names = {}
for name in pairs(parts) do names[#names + 1] = name end

-- The kind of an option that takes a part, a list of parts, or a function.
identity.kind = {
  what    = "one of \"" .. table.concat(names, "\", \"") .. "\", a list of them, or a function",
  choices = names,
  read    = function(v)
    if type(v) == "function" then return v end
    for _, name in ipairs(type(v) == "table" and v or { v }) do
      if not parts[name] then return end
    end
    if type(v) == "string" or (type(v) == "table" and #v > 0) then return v end
  end,
}

-- Options that go with it: how many bits make a network.
identity.bits = {
  bits_v4 = options.default(options.count, 24),
  bits_v6 = options.default(options.count, 64),
}

-- What is wrong with asking for `by` at `at`, in words; otherwise nothing, and a function(s, argument) that gives the
-- key, or nil where there is none.
function identity.reader(by, at, o)
  if type(by) == "function" then return nil, by end
  local bits = { v4 = o.bits_v4 or 24, v6 = o.bits_v6 or 64 }
  if bits.v4 > 32 or bits.v6 > 128 then return "a network has 32 bits at most, or 128 with IPv6" end
  local list = type(by) == "table" and by or { by }
  for _, name in ipairs(list) do
    if order[parts[name][1]] > order[at] then return ("'%s' is not known yet at %s"):format(name, at) end
  end
  if #list == 1 then
    local read = parts[list[1]][2]
    return nil, function(s, argument) return read(s, argument, at, bits) end
  end
  return nil, function(s, argument)
    local values = {}
    for i, name in ipairs(list) do
      local value = parts[name][2](s, argument, at, bits)
      if value == nil then return nil end
      values[i] = value
    end
    return table.concat(values, "|")
  end
end

-- The same, but behind the RCPTs a "recipient" or a "recipient_domain" gives a key for each of them, in a list.
function identity.each_reader(by, at, o)
  local text = by == "recipient" and function(address) return address end or by == "recipient_domain" and domain_of
  if not text or at == "rcpt" then return identity.reader(by, at, o) end
  local problem = identity.reader(by, at, o)
  if problem then return problem end
  return nil, function(s, argument) return each_once(recipients(s, argument, at), text) end
end

return identity
