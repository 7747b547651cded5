-- 451 4.3.2 Internal server error: where, how late, how often, and whom it strikes. Parameters decide all of it; lib/netease/parameters.lua says where
-- they are from.
local mx = require "fakemx"

local internal_error = {}

local order = { connect = 1, auth = 2, mail = 3, rcpt = 4, data = 5, message = 6 }
local known_at = { try = "connect", ip = "connect", sender = "mail", domain = "mail", template = "message" }

local first_connection = mx.state "first_connection"
local fates = mx.state "internal_error"

local function has_outage(p) return p.outage_for:find "[1-9]" ~= nil end

-- An outage begins with the first connection of all.
function internal_error.manner(p)
  if not has_outage(p) then return { name = "outage" } end
  return { name = "outage", connect = function() first_connection:mark "everybody" end }
end

-- Gives function(stage, s, argument, attempt): the verdict, or nothing where this is no such try.
function internal_error.with(p)
  local by = p.internal_error_by
  if order[known_at[by]] > order[p.internal_error_stage] then
    error("internal_error_by=" .. by .. ": that is not known yet at internal_error_stage=" .. p.internal_error_stage, 0)
  end
  local never = p.internal_error:find "^0" ~= nil
  local outage = has_outage(p)
  local outage_end = mx.seconds(p.outage_after) + mx.seconds(p.outage_for) .. "s"

  -- Whose fate it is.
  local function whose(s, argument)
    if by == "ip" then return s.ip end
    if by == "template" then return argument:header "X-Template-ID" or "" end
    local address = (s.from or argument.address):lower()
    return by == "domain" and address:match "@([^@]*)$" or address
  end

  local function by_chance(s, argument)
    if never then return false end
    if by == "try" then return mx.chance(p.internal_error, s.ip .. "|" .. (s.from or "")) end
    local key = whose(s, argument)
    local fate = fates:get(key)
    if fate == nil then
      fate = mx.chance(p.internal_error, key)
      fates:set(key, fate, p.internal_error_sticky)
    end
    return fate
  end

  local function cause(s, argument, attempt)
    if attempt and attempt <= p.internal_error_first then return "try " .. attempt .. " of its delivery" end
    if outage and first_connection:marked_for("everybody", p.outage_after) and
      not first_connection:marked_for("everybody", outage_end) then
      return "an outage for everybody"
    end
    if by_chance(s, argument) then return "chance, " .. p.internal_error .. " by " .. by end
  end

  local reply = p.internal_error_text == "page"
    and mx.reply(451, nil, "Requested action aborted: local error in processing")      -- doc
    or mx.reply(451, "4.3.2", "Internal server error")                                 -- folklore; wild for nginx
  if p.internal_error_close == "close" then reply = reply:then_close() end
  if p.internal_error_close == "reset" then reply = reply:then_reset() end

  return function(stage, s, argument, attempt)
    if stage ~= p.internal_error_stage then return nil end
    local reason = cause(s, argument, attempt)
    if not reason then return nil end
    local wait = mx.between("0s", p.internal_error_delay, s.ip .. "|" .. (s.from or ""))
    return reply:after(wait):because("internal error: " .. reason)
  end
end

return internal_error
