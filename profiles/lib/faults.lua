-- When a fault strikes, and whom: by chance, in a window of time, or a share of all. It must not know what the fault is.
local mx = require "fakemx"
local calendar = require "fakemx.calendar"
local identity = require "fakemx.identity"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

local faults = {}

faults.spec = {
  by          = identity.kind,
  bits_v4     = identity.bits.bits_v4,
  bits_v6     = identity.bits.bits_v6,
  p           = options.ratio,
  nth         = options.number,
  sticky      = options.duration,
  share       = options.ratio,
  from        = options.instant,
  to          = options.instant,
  daily       = options.daily,
  once_a_day  = options.duration,
  zone        = options.default(options.zone, "+00:00"),
  after       = options.duration,
  lasts       = options.duration,
  delay_up_to = options.duration,
}

-- These options and those of `more`.
function faults.with(more)
  local spec = {}
  for name, one in pairs(faults.spec) do spec[name] = one end
  for name, one in pairs(more) do spec[name] = one end
  return spec
end

local function by_default(at)
  return (at == "rcpt" or at == "message") and "delivery" or "ip"
end

function faults.by_time(o)
  return o.from or o.to or o.daily or o.once_a_day or o.after or o.lasts
end

local function problem_of(o)
  if (o.from or o.to) and (o.daily or o.once_a_day) or o.daily and o.once_a_day then
    return "from and to, daily, and once_a_day exclude one another"
  end
  if (o.from or o.to or o.daily or o.once_a_day) and (o.after or o.lasts) then
    return "after and lasts count from the first connection, and go with no other time"
  end
  if o.from and o.to and o.from >= o.to then return "to is not later than from" end
  if o.once_a_day and mx.seconds(o.once_a_day) >= 86400 then return "once_a_day is shorter than a day" end
  if o.p and o.nth then return "p and nth exclude one another" end
  if o.sticky and not o.p then return "sticky is for what p has decided" end
end

-- A window of time: a function that says in words which one we are in, if we are.
local function window_of(o, store, prefix)
  if o.from or o.to then
    return function()
      local now = mx.now()
      if (not o.from or now >= o.from) and (not o.to or now < o.to) then return "in its window" end
    end
  elseif o.daily then
    return function()
      local second, from, to = calendar.second_of_day(o.zone), o.daily.from, o.daily.to
      local inside = second >= from and second < to
      if from > to then inside = second >= from or second < to end
      if inside then return "at its time of the day" end
    end
  elseif o.once_a_day then
    local seconds = mx.seconds(o.once_a_day)
    return function()
      local date, left = calendar.date(o.zone)
      local key = prefix .. "begins|" .. date
      local begins = store:get(key)
      if not begins then
        begins = mx.between(0, 86400 - seconds, o.name, prefix, date)
        store:set(key, begins, left .. "s")
      end
      local second = calendar.second_of_day(o.zone)
      if second >= begins and second < begins + seconds then return "at today's time, from second " .. begins end
    end
  elseif o.after or o.lasts then
    local first, after = prefix .. "first connection", o.after or "0s"
    return function()
      if store:marked_for(first, after) and not (o.lasts and store:marked_for(first, after .. o.lasts)) then
        return "so long after the first connection"
      end
    end
  end
  return function() return "always" end
end

-- Of all identities a share is struck, the same ones each time.
local function struck_share(o, store, prefix, key)
  local affected = store:get(prefix .. "affected|" .. key)
  if affected == nil then
    affected = mx.chance(o.share.text, o.name, prefix, "share", key)
    store:set(prefix .. "affected|" .. key, affected)
  end
  return affected
end

local function drawn(o, store, prefix, key)
  if not o.sticky then return mx.chance(o.p.text, o.name, prefix, key) end
  local decided = store:get(prefix .. "decided|" .. key)
  if decided == nil then
    decided = mx.chance(o.p.text, o.name, prefix, "sticky", key)
    store:set(prefix .. "decided|" .. key, decided, o.sticky)
  end
  return decided
end

-- What is wrong with these options at this stage, in words; otherwise nothing, and a fault: strikes(s, argument) gives a
-- reason, or nothing; begin() is to be called at every connection; late(verdict, s, argument) adds the delay.
function faults.make(o, at, store, prefix)
  prefix = prefix or ""
  local problem = problem_of(o)
  if problem then return problem end
  local bad, key_of = identity.reader(o.by or by_default(at), at, o)
  if bad then return bad end
  local window = window_of(o, store, prefix)
  local fault = {}

  function fault.begin()
    if o.after or o.lasts then store:mark(prefix .. "first connection") end
  end

  function fault.strikes(s, argument)
    local reason = window()
    if not reason then return end
    if not (o.share or o.p or o.nth) then return reason end
    local key = key_of(s, argument)
    if key == nil then return end
    if o.share and not struck_share(o, store, prefix, key) then return end
    if o.nth and store:add(prefix .. "asked|" .. key, 1) % o.nth ~= 0 then return end
    if o.p and not drawn(o, store, prefix, key) then return end
    return ("%s, of %s"):format(reason, key)
  end

  function fault.late(verdict, s, argument)
    if not verdict or not o.delay_up_to then return verdict end
    return verdict:after(mx.between("0s", o.delay_up_to, o.name, prefix, "delay", key_of(s, argument) or ""))
  end

  return nil, fault
end

-- A manner that does nothing but fail, with the options at and answer besides: what is wrong with them, in words;
-- otherwise nothing, and the manner. `words` begin its reason.
function faults.manner(o, words)
  local problem, fault = faults.make(o, o.at, mx.state(o.name))
  if problem then return problem end
  return nil, stages.ask({ name = o.name, connect = fault.begin }, o.at, o, function(s, argument)
    local reason = fault.strikes(s, argument)
    if not reason then return end
    return fault.late(stages.verdict(o, o.answer, s, argument, nil, words .. ", " .. reason), s, argument)
  end)
end

return faults
