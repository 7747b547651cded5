-- How Coremail writes its replies: the mail system of Netease and of many other Chinese providers. For profiles that play one of
-- them. It knows no tags and no limits; those are the profile's.
--
--   <code> <TAG or text>[ |,]<label> <machine>,<id>S<n> <time><tail>
--
-- The grammar is read off some twenty replies that were published between 2009 and 2025 (wild); what no reply shows is marked
-- invented. docs/reference/profiles/netease.md shows the replies themselves.
local mx = require "fakemx"
local pool = require "fakemx.pool"

local coremail = {}

local function old_machine(_, draw)
  return "mx" .. draw(3, 40)
end

-- What a reply looked like in a year. `machine` names one machine of the pool behind a host's name; `head` begins an id of 22
-- characters; `label`: the served domain's label stands in the reply; `please`: "please see" stands before the link.
local shapes = {
  -- wild: names of machines in headers of 2025 and 2026; the rest as two years before.
  ["2025"] = {
    machine = function(_, draw) return "gzga-mx-mtada-g" .. draw(0, 9, "g") .. "-" .. draw(0, 4, "n") end,
    head = "_____w", label = true, please = true,
  },
  -- wild: telnet and swaks sessions of April 2023. The ranges of the numbers are those that were seen.
  ["2023"] = {
    machine = function(_, draw) return "zwqz-mx-mta-g" .. draw(0, 9, "g") .. "-" .. draw(0, 4, "n") end,
    head = "_____w", label = true, please = true,
  },
  ["2017"] = { machine = old_machine, head = "", label = true, please = true },    -- wild: logs of Postfix and sendmail
  ["2015"] = { machine = old_machine, head = "", gap = " " },                      -- wild: log of Postfix, the enterprise product
  ["2009"] = { machine = old_machine, head = "", gap = " ", time_in_tail = true }, -- wild: log of sendmail
}

-- wild: in 2009 the link had the address as one number.
local function as_number(ip)
  local a, b, c, d = ip:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  if not a then return ip end
  return ((tonumber(a) * 256 + tonumber(b)) * 256 + tonumber(c)) * 256 + tonumber(d)
end

-- The replies of a receiver. Options:
--   shape    "2025", "2023", "2017", "2015" or "2009"
--   label    function(s): the label of the domain that is served, such as "163"
--   help     the page that replies link to
--   machine  function(s, draw): names a machine of the pool (manners/pool.md), where the shape's own names do not fit
-- Gives a table: `manner`, for mx.manners, and functions that make texts of replies.
function coremail.replies(options)
  local shape = shapes[options.shape]
  if not shape then error("no reply of Coremail in the shape of '" .. tostring(options.shape) .. "' is known", 2) end
  local made = {}
  -- A connection meets one machine of the pool, to its end. wild: two connections of one try met two of them.
  local manner, machine_of = pool { name = "coremail", machines = options.machine or shape.machine }
  made.manner = manner

  -- wild: S2 is a connection's first message, S13 its twelfth, whether or not MAIL was accepted.
  local function id(s)
    local n = s.transactions + (s.from and 1 or 2)
    return shape.head .. mx.token(22 - #shape.head, s.id) .. "--." .. mx.between(1, 45000, s.id) .. "S" .. n
  end

  local function link(s)
    local ip = shape.time_in_tail and as_number(s.ip) or s.ip
    return options.help .. "?ip=" .. ip .. "&hostid=" .. machine_of(s) .. "&time=" .. mx.now()
  end

  -- "163 zwqz-mx-mta-g3-1,_____wCXz9f+_S9ktHAQAQ--.9992S2 1680866912"
  function made.transaction(s)
    local label = shape.label and options.label(s) .. " " or ""
    local time = shape.time_in_tail and "" or " " .. mx.now()
    return label .. machine_of(s) .. "," .. (shape.gap or "") .. id(s) .. time
  end

  -- A text that begins with a tag, "DT:SPM". `tail`: "link" (Netease's page on bounces, the usual one), "bare" (the link, and no
  -- words before it), "later" (come back in a while), "only" (nothing but the link behind the tag) or "none".
  function made.tagged(s, tag, tail)
    if tail == "only" then return tag .. " " .. link(s) end
    local text = tag .. " " .. made.transaction(s)
    if tail == "later" then
      if shape.label then return text .. ", please try again 15min later" end
      local time = shape.time_in_tail and " " .. mx.now() or ""                       -- wild for 2009; 2015 is invented
      return text .. ", please try again" .. time .. " " .. link(s)
    elseif tail == "bare" or (tail == "link" and not shape.please) then
      return text .. " " .. link(s)
    elseif tail == "link" then
      return text .. ",please see " .. link(s)
    end
    return text
  end

  -- "Local user is not allowed,163 zwqz-mx-mta-g4-3,_____wCnFa7_NixkB9IdAA--.15197S2 1680619263"
  function made.prose(s, words)
    return words .. "," .. made.transaction(s)
  end

  -- "Mail OK queued as zwqz-mx-mta-g9-1,_____wBHQvQpOyxkxthYAA--.22943S2 1680620329"
  function made.queued(s)
    return "Mail OK queued as " .. machine_of(s) .. "," .. (shape.gap or "") .. id(s) .. " " .. mx.now()
  end

  return made
end

-- What EHLO offers, in Coremail's words and order. wild: first line "mail", a token whose tail changes, no
-- ENHANCEDSTATUSCODES. `offers` is the list in between: "PIPELINING", "AUTH LOGIN PLAIN", "coremail", …; "coremail" stands for the
-- token.
function coremail.ehlo(s, offers)
  local lines = { "mail" }
  for _, offer in ipairs(offers) do
    if offer == "coremail" then
      offer = "coremail 1Uxr2xKj7kG0xkI17xGrU7I0s8FY2U3Uj8Cz28x1UUUUU7Ic2I0Y2Ur" .. mx.token(8, s.id) .. "UCa0xDrUUUUj"
    end
    lines[#lines + 1] = offer
  end
  return mx.reply(250, nil, lines)
end

return coremail
