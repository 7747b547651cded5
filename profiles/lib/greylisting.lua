-- Greylisting (RFC 6647): an identity is deferred until it has been known for a while. The manners greylist and
-- early_retry are made of it. It must not know what their options are called.
--
-- What it keeps, in the store of the manner's name: "waiting|KEY", a mark, since when; "passed|KEY"; "client|KEY", who
-- need not wait any more, and "good|KEY", what counts towards that.
local mx = require "fakemx"
local stages = require "fakemx.stages"

local greylisting = {}

-- The keys that an identity has here: one, or several of which any may pass.
local function keys_of(o, s, argument)
  local keys = {}
  for i, key_of in ipairs(o.keys) do
    local key = key_of(s, argument)
    if key ~= nil then keys[#keys + 1] = #o.keys > 1 and i .. "|" .. key or key end
  end
  return keys
end

-- A list of those that started to wait, and whether one of them has waited long enough.
local function waiting_of(o, store, keys)
  local waiting, over = {}, false
  for _, key in ipairs(keys) do
    if store:marked_for("waiting|" .. key, "0s") then
      waiting[#waiting + 1] = key
      over = over or store:marked_for("waiting|" .. key, o.delay)
    end
  end
  return waiting, over
end

local function begin_wait(o, store, keys)
  for _, key in ipairs(keys) do
    store:forget("waiting|" .. key)
    store:mark("waiting|" .. key, o.window)
    if o.tells_seconds then store:set("since|" .. key, mx.now(), o.window) end
  end
end

local function end_wait(o, store, keys)
  for _, key in ipairs(keys) do
    store:forget("waiting|" .. key)
    store:forget("since|" .. key)
    store:set("passed|" .. key, true, o.pass)
  end
end

local function has_passed(o, store, keys)
  local passed = false
  for _, key in ipairs(keys) do
    if store:get("passed|" .. key) then
      passed = true
      if o.renew then store:set("passed|" .. key, true, o.pass) end
    end
  end
  return passed
end

-- Whole seconds until the first of them may pass.
local function seconds_left(o, store, keys)
  local least
  for _, key in ipairs(keys) do
    local left = (store:get("since|" .. key) or mx.now()) + mx.seconds(o.delay) - mx.now()
    if not least or left < least then least = left end
  end
  return math.max(least or 0, 1)
end

local function list_key(o, i, s, argument)
  local key = o.whitelists[i].key_of(s, argument)
  return key and (#o.whitelists > 1 and i .. "|" .. key or key)
end

local function is_whitelisted(o, store, s, argument)
  for i, list in ipairs(o.whitelists) do
    local key = list_key(o, i, s, argument)
    if key and store:get("client|" .. key) then
      store:set("client|" .. key, true, list.lasts)
      return true
    end
  end
  return false
end

-- Something has passed: whoever has enough of that need not wait any more.
local function count_as_good(o, store, s, argument, passed)
  for i, list in ipairs(o.whitelists) do
    local key = list_key(o, i, s, argument)
    if key and not (list.every and store:get("recent|" .. key)) then
      if list.every then store:set("recent|" .. key, true, list.every) end
      local member = list.counts and list.counts(s, argument) or passed
      if store:include("good|" .. key, member, list.lasts) >= list.after then
        store:forget("good|" .. key)
        store:set("client|" .. key, true, list.lasts)
      end
    end
  end
end

-- The function(s, argument) that greylists. Of `o`: name, because, keys, delay, window, pass, renew, early, tolerance,
-- restart, answer, answer_early, whitelists = { { after, key_of, counts, lasts, every } }.
function greylisting.asking(o)
  local store = mx.state(o.name)
  o.tells_seconds = type(o.answer) == "function" or type(o.answer_early) == "function" or type(o.because) == "function"

  local function answer(verdict, s, argument, keys, reason)
    local left = o.tells_seconds and seconds_left(o, store, keys) or nil
    return stages.verdict(o, verdict, s, argument, left, reason .. keys[1])
  end

  return function(s, argument)
    local keys = keys_of(o, s, argument)
    if #keys == 0 or is_whitelisted(o, store, s, argument) or has_passed(o, store, keys) then return end
    local waiting, over = waiting_of(o, store, keys)
    if over then
      end_wait(o, store, waiting)
      count_as_good(o, store, s, argument, waiting[1])
      return
    end
    if #waiting == 0 then
      begin_wait(o, store, keys)
      return answer(o.answer, s, argument, keys, "unknown for less than " .. o.delay .. ", ")
    end
    if o.early == "reset" then begin_wait(o, store, waiting) end
    if o.early == "refuse" then
      for _, key in ipairs(waiting) do
        if store:marked_for("waiting|" .. key, o.tolerance) then
          if o.restart then begin_wait(o, store, waiting) end
          return answer(o.answer_early, s, argument, keys, "came back before " .. o.delay .. " were over, ")
        end
      end
    end
    return answer(o.answer, s, argument, keys, "known, but for less than " .. o.delay .. ", ")
  end
end

return greylisting
