-- Reputation in three bands, stable, watch and critical, each with what it does to a message; a warm-up for who is new;
-- and what moves an identity from one band to another. docs/reference/manners/reputation.md
--
-- What it keeps of an identity: "band|KEY", and since when as the mark "since|KEY"; of its day "day|KEY", "allowed|KEY",
-- "attempted|KEY", "passed|KEY", "accepted|KEY", "lifted|KEY"; "usual|KEY", what it had accepted on an ordinary day;
-- "complaints|KEY", which only `fakemx state` sets.
local mx = require "fakemx"
local calendar = require "fakemx.calendar"
local identity = require "fakemx.identity"
local members = require "fakemx.members"
local options = require "fakemx.options"
local shares = require "fakemx.shares"
local stages = require "fakemx.stages"

local order = { "stable", "watch", "critical" }  -- the best first
local rank = { stable = 1, watch = 2, critical = 3 }
local idle_days_max = 30  -- after so many days without mail nothing is usual any more

local to = options.choice({ "down", "stable", "watch", "critical" }, "down")

local spec = {
  at         = stages.kind("message", { "mail", "message" }),
  by         = options.default(identity.kind, "ip"),
  bits_v4    = identity.bits.bits_v4,
  bits_v6    = identity.bits.bits_v6,
  start      = options.choice({ "stable", "watch", "critical" }, "watch"),
  bands      = options.default(options.list, {}),
  answer     = options.default(options.answer, mx.defer()),
  zone       = options.default(options.zone, "+00:00"),
  recover    = options.default(options.duration, "1d"),
  warmup     = options.list,
  lift       = options.list,
  unknown    = options.list,
  complaints = options.list,
}

local of_bands = { stable = options.list, watch = options.list, critical = options.list }

local of_band = {
  p      = options.default(options.ratio, "0"),
  max    = options.count,
  within = options.default(options.duration, "1h"),
  answer = options.answer,
}

-- invented, like all of these bands: Netease publishes none.
local plain = { stable = { p = "0" }, watch = { p = "1/4" }, critical = { p = "1" } }

local of_warmup = {
  first   = options.required(options.number),
  add     = options.count,
  percent = options.count,
  follow  = options.default(options.ratio, "1/2"),
  most    = options.number,
}

local of_lift = {
  times = options.default(options.number, 10),
  least = options.default(options.number, 100),
  to    = to,
}

local of_unknown = {
  who   = options.required(members.kind),
  share = options.default(options.ratio, "1/5"),
  of    = options.default(options.number, 50),
  to    = to,
}

local of_complaints = { most = options.required(options.number), to = to }

-- Reads the tables inside the options. What is wrong, in words, or nothing.
local function read_inside(o)
  local problem, bands = options.try("reputation: bands", of_bands, o.bands)
  if problem then return problem end
  o.bands = {}
  for _, band in ipairs(order) do
    problem, o.bands[band] = options.try("reputation: bands: " .. band, of_band, bands[band] or plain[band])
    if problem then return problem end
  end
  for name, inside in pairs { warmup = of_warmup, lift = of_lift, unknown = of_unknown, complaints = of_complaints } do
    if o[name] then
      problem, o[name] = options.try("reputation: " .. name, inside, o[name])
      if problem then return problem end
    end
  end
  if o.warmup and (o.warmup.add == nil) == (o.warmup.percent == nil) then
    return "reputation: warmup grows by add = 500 or by percent = 50 a day"
  end
  if o.unknown and o.unknown.of > 4096 then return "reputation: unknown: of is 4096 at most" end
end

local function number_of(store, what, key)
  return store:get(what .. "|" .. key) or 0
end

local function band_of(o, store, key)
  local band = store:get("band|" .. key)
  return rank[band] and band or o.start
end

local function move(o, store, key, target, why)
  local band = band_of(o, store, key)
  local index = rank[target] or rank[band] + (target == "down" and 1 or -1)
  local new = order[math.max(1, math.min(#order, index))]
  store:forget("since|" .. key)
  store:mark("since|" .. key)
  if new == band then return end
  store:set("band|" .. key, new)
  mx.log(("%s: %s from %s to %s: %s"):format(o.name, key, band, new, why))
end

local function grown(warmup, allowed, accepted)
  if accepted * warmup.follow.denominator < allowed * warmup.follow.numerator then return allowed end
  local more = warmup.add or allowed * warmup.percent // 100
  return math.min(allowed + more, warmup.most or math.maxinteger)
end

-- A new day: what was allowed grows if it was used, what is usual follows what was accepted.
local function begin_day(o, store, key)
  local today, last = calendar.day_number(o.zone), store:get("day|" .. key)
  if last == today then return end
  local accepted = number_of(store, "accepted", key)
  if o.warmup then
    local allowed = store:get("allowed|" .. key)
    store:set("allowed|" .. key, allowed and grown(o.warmup, allowed, accepted) or o.warmup.first)
  end
  if last then
    local usual = store:get("usual|" .. key)
    usual = usual and (3 * usual + accepted) // 4 or accepted
    for _ = 1, math.min(today - last - 1, idle_days_max) do usual = usual * 3 // 4 end
    store:set("usual|" .. key, usual)
  end
  for _, what in ipairs { "attempted", "passed", "accepted", "lifted" } do store:forget(what .. "|" .. key) end
  store:set("day|" .. key, today)
end

-- Whether the message that was let through before was accepted is known once the session has gone on.
local function settle(store, s)
  local key = store:get("pending|" .. s.id)
  if not key then return end
  if s.messages > number_of(store, "messages", s.id) then store:add("accepted|" .. key, 1) end
  store:forget("pending|" .. s.id)
  store:forget("messages|" .. s.id)
end

local function let_through(o, store, s, key, band)
  if o.bands[band].max then store:hit("window|" .. key, o.bands[band].within) end
  store:add("passed|" .. key, 1)
  store:set("pending|" .. s.id, key)
  store:set("messages|" .. s.id, s.messages)
end

-- What moves it: time without anything bad, complaints, and far more than usual.
local function judge(o, store, key)
  if not store:marked_for("since|" .. key, "0s") then store:mark("since|" .. key) end
  if o.complaints and number_of(store, "complaints", key) >= o.complaints.most then
    store:forget("complaints|" .. key)
    move(o, store, key, o.complaints.to, "complaints")
  end
  local attempted = store:add("attempted|" .. key, 1)
  if o.lift and not store:get("lifted|" .. key) then
    local usual = math.max(number_of(store, "usual", key), o.lift.least)
    if attempted > usual * o.lift.times then
      store:set("lifted|" .. key, true)
      move(o, store, key, o.lift.to, ("more than %d times %d messages in a day"):format(o.lift.times, usual))
    end
  end
  if band_of(o, store, key) ~= "stable" and store:marked_for("since|" .. key, o.recover) then
    move(o, store, key, "up", "nothing bad for " .. o.recover)
  end
end

-- Why this message is refused, or nothing.
local function refusal(o, store, key, band)
  local passed, allowed = number_of(store, "passed", key), store:get("allowed|" .. key)
  if o.warmup and allowed and passed >= allowed then
    return ("warm-up, %d of %d today for %s"):format(passed, allowed, key)
  end
  local does = o.bands[band]
  if does.max and store:hits("window|" .. key, does.within) >= does.max then
    return ("%s, %d within %s for %s"):format(band, does.max, does.within, key)
  end
  if mx.chance(does.p.text, o.name, band, key) then return ("%s, by chance, for %s"):format(band, key) end
end

return function(given)
  local o = options.read("reputation", spec, given)
  local problem = read_inside(o)
  if problem then error(problem, 2) end
  local bad, key_of = identity.reader(o.by, o.at, o)
  if bad then error("reputation: " .. bad, 2) end
  local store = mx.state(o.name)
  local manner = { name = o.name }

  stages.ask(manner, o.at, o, function(s, argument)
    settle(store, s)
    local key = key_of(s, argument)
    if key == nil then return end
    begin_day(o, store, key)
    judge(o, store, key)
    local band = band_of(o, store, key)
    local reason = refusal(o, store, key, band)
    if not reason then return let_through(o, store, s, key, band) end
    return stages.verdict(o, o.bands[band].answer or o.answer, s, argument, band, reason)
  end)
  if o.unknown then
    local _, asked_key_of = identity.reader(o.by, "rcpt", o)
    stages.ask(manner, "rcpt", o, function(s, rcpt)
      local key = asked_key_of(s, rcpt)
      local unknown = o.unknown.who(rcpt.local_part, rcpt.domain, s) and true or false
      if key and shares.note(store, "asked|" .. key, unknown, o.unknown.share, o.unknown.of) then
        store:forget("asked|" .. key)
        move(o, store, key, o.unknown.to, "unknown recipients")
      end
    end)
  end
  stages.at_close(manner, function(s) settle(store, s) end)
  return manner
end
