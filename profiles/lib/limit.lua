-- Counts, and refuses what is too much: so many messages of a sender in 15 minutes, recipients in a connection,
-- connections at once. docs/reference/manners/limit.md
local mx = require "fakemx"
local calendar = require "fakemx.calendar"
local identity = require "fakemx.identity"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

local spec = {
  at            = stages.kind("message"),
  by            = options.default(identity.kind, "ip"),
  bits_v4       = identity.bits.bits_v4,
  bits_v6       = identity.bits.bits_v6,
  max           = options.required(options.count),
  within        = options.duration,
  every         = options.duration,
  day           = options.zone,
  at_once       = options.flag,
  answer        = options.default(options.answer, mx.defer()),
  block         = options.duration,
  count_refused = options.default(options.flag, false),
}

-- What this one would be the number of, and what counts it.
local function counter(o, store)
  if o.within then
    return {
      next = function(key) return store:hits(key, o.within) + 1 end,
      count = function(key) store:hit(key, o.within) end,
      words = "within " .. o.within,
    }
  elseif o.every then
    return {
      next = function(key) return (store:get(key) or 0) + 1 end,
      count = function(key) store:add(key, 1, o.every) end,
      words = "every " .. o.every,
    }
  elseif o.day then
    local function of_today(key) return key .. "|" .. calendar.date(o.day) end
    return {
      next = function(key) return (store:get(of_today(key)) or 0) + 1 end,
      count = function(key)
        local _, left = calendar.date(o.day)
        store:add(of_today(key), 1, left .. "s")
      end,
      words = "a day",
    }
  end
  return {
    next = function(key) return (store:get(key) or 0) + 1 end,
    count = function(key) store:add(key, 1) end,
    words = "a connection",
  }
end

local function windows(o)
  return (o.within and 1 or 0) + (o.every and 1 or 0) + (o.day and 1 or 0) + (o.at_once and 1 or 0)
end

-- The verdict for one too many of `key`, or nothing.
local function refused(o, store, s, argument, key, number, words)
  local blocked = "blocked|" .. key
  local waits = o.block and store:get(blocked)
  if not waits and number <= o.max then return end
  local reason = waits and ("%s is blocked for %s"):format(key, o.block) or
    ("number %d of at most %d %s for %s"):format(number, o.max, words, key)
  if o.block and not waits then store:set(blocked, true, o.block) end
  return stages.verdict(o, o.answer, s, argument, number, reason)
end

local function as_list(keys)
  return type(keys) == "table" and keys or { keys }
end

local function counting(o, store, keys_of)
  local window = counter(o, store)
  local function count(keys)
    for _, key in ipairs(keys) do window.count(key) end
  end
  return function(s, argument)
    local keys = as_list(keys_of(s, argument))
    for _, key in ipairs(keys) do
      local verdict = refused(o, store, s, argument, key, window.next(key), window.words)
      if verdict then
        if o.count_refused then count(keys) end
        return verdict
      end
    end
    count(keys)
  end
end

-- A session takes up one place, under the key that it had last; store "session|ID" says which.
local function give_back(store, s)
  local session = "session|" .. s.id
  local key = store:get(session)
  if key == nil then return end
  store:forget(session)
  if store:add(key, -1) <= 0 then store:forget(key) end
end

local function open_at_once(o, store, key_of)
  return function(s, argument)
    local key = key_of(s, argument)
    if key == nil or store:get("session|" .. s.id) == key then return end
    give_back(store, s)
    local number = (store:get(key) or 0) + 1
    local verdict = refused(o, store, s, argument, key, number, "at once")
    if verdict == nil or o.count_refused then
      store:add(key, 1)
      store:set("session|" .. s.id, key)
    end
    return verdict
  end
end

return function(given)
  local o = options.read("limit", spec, given)
  if windows(o) > 1 then error("limit: within, every, day and at_once exclude one another", 2) end
  if windows(o) == 0 and o.by ~= "connection" then
    error("limit needs a window: within = \"15m\", every = \"15m\", day = \"+08:00\" or at_once = true", 2)
  end
  if o.at_once and (o.by == "connection" or o.by == "recipient" or o.by == "recipient_domain") then
    error(("limit: at_once counts connections, and cannot do so by '%s'"):format(o.by), 2)
  end
  local problem, keys_of = identity.each_reader(o.by, o.at, o)
  if problem then error("limit: " .. problem, 2) end

  local store = mx.state(o.name)
  local manner = { name = o.name }
  if o.at_once then
    stages.ask(manner, o.at, o, open_at_once(o, store, keys_of))
    stages.at_close(manner, function(s) give_back(store, s) end)
  else
    stages.ask(manner, o.at, o, counting(o, store, keys_of))
    if windows(o) == 0 then
      stages.at_close(manner, function(s)
        store:forget(tostring(s.id))
        store:forget("blocked|" .. s.id)
      end)
    end
  end
  return manner
end
