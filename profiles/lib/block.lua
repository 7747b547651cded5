-- Refuses whoever is in its store, until the entry expires: put there by hooks of the profile, by `fakemx state`, or by
-- what the manner itself watches. docs/reference/manners/block.md
local mx = require "fakemx"
local identity = require "fakemx.identity"
local options = require "fakemx.options"
local shares = require "fakemx.shares"
local stages = require "fakemx.stages"

local spec = {
  at      = stages.kind("connect"),
  by      = options.default(identity.kind, "ip"),
  bits_v4 = identity.bits.bits_v4,
  bits_v6 = identity.bits.bits_v6,
  answer  = options.default(options.answer, mx.defer()),
  block   = options.default(options.duration, "15m"),
  watch   = stages.kind(),
  event   = options.action,
  share   = options.ratio,
  of      = options.default(options.number, 50),
  count   = options.number,
  within  = options.default(options.duration, "15m"),
}

-- What is wrong with these options, in words.
local function problem_of(o)
  if (o.watch ~= nil) ~= (o.event ~= nil) then return "watch and event go together" end
  if not o.watch then
    if o.share or o.count then return "share and count are for what watch and event see" end
  elseif (o.share ~= nil) == (o.count ~= nil) then
    return "what is watched needs share = \"1/5\" or count = 10"
  end
  if o.of > 4096 then return "of is 4096 at most" end
end

return function(given)
  local o = options.read("block", spec, given)
  local problem, key_of = problem_of(o), nil
  if not problem then problem, key_of = identity.reader(o.by, o.at, o) end
  local watched_key_of
  if not problem and o.watch then problem, watched_key_of = identity.reader(o.by, o.watch, o) end
  if problem then error("block: " .. problem, 2) end
  local store = mx.state(o.name)
  local manner = { name = o.name }

  -- Whether this event makes it too many.
  local function too_many(key, bad)
    if o.count then return bad and store:hit("events|" .. key, o.within) >= o.count end
    return (shares.note(store, "events|" .. key, bad, o.share, o.of))
  end

  stages.ask(manner, o.at, o, function(s, argument)
    local key = key_of(s, argument)
    local why = key and store:get(key)
    if why then
      local reason = why == true and key .. " is blocked" or key .. " is blocked, " .. why
      return stages.verdict(o, o.answer, s, argument, nil, reason)
    end
  end)
  if o.watch then
    stages.ask(manner, o.watch, o, function(s, argument)
      local bad = o.event(s, argument)
      local key = bad ~= nil and watched_key_of(s, argument) or nil
      if key and too_many(key, bad) then
        store:forget("events|" .. key)
        store:set(key, "too many bad events", o.block)
      end
    end)
  end
  return manner
end
