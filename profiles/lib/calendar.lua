-- Days and times of the day in a time zone, which is given in seconds east of UTC. It must not know why anybody asks.
local mx = require "fakemx"

local calendar = {}

local seconds_a_day = 86400

-- Whole days since 1970-01-01.
function calendar.day_number(zone)
  return (mx.now() + zone) // seconds_a_day
end

-- Seconds since midnight.
function calendar.second_of_day(zone)
  return (mx.now() + zone) % seconds_a_day
end

-- Today as "2026-01-31", and how many seconds are left of it. Years begin in March here, so that the odd day is their
-- last one.
function calendar.date(zone)
  local days = calendar.day_number(zone) + 719468  -- from 0000-03-01 to 1970-01-01
  local era = days // 146097                       -- days of 400 years
  local of_era = days - era * 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local month = (5 * of_year + 2) // 153
  local day = of_year - (153 * month + 2) // 5 + 1
  month = month < 10 and month + 3 or month - 9
  year = year + era * 400 + (month <= 2 and 1 or 0)
  return ("%04d-%02d-%02d"):format(year, month, day), seconds_a_day - calendar.second_of_day(zone)
end

return calendar
