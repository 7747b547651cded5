-- Several hosts of one receiver, each with a peculiarity of its own, and a message for each of them: what the scenarios of
-- `fakemx conform` are made of. A sender meets all of them in one run, whether it is called once for each message or has a queue.
--
--   local variations = require "fakemx.variations"
--   local all = variations {
--     { name = "bare-code", on = { mail = mx.raw "250\r\n" } },
--     { name = "busy", on = { rcpt = variations.first(mx.reply(450, "4.2.0", "Try again later")) } },
--   }
--   mx.profile { summary = "…", hosts = all.hosts }
--   mx.scenario { summary = "…", send = all.send, exercises = { "reply-bare-code" } }
--
-- Of each: `name`, the host's name (NAME.test) and the domain of its recipient; `on`, its hooks, each a function or the verdict that it
-- always gives; `letter`, what is sent there, where that is not one short message from ann@sender.test to bob@NAME.test, or `letters`, a
-- list of them; `host`, fields that mx.profile takes for a host. `to` is a list of local parts for several recipients.
-- docs/reference/conformance-pack.md
local mx = require "fakemx"

local known = { name = true, on = true, letter = true, letters = true, host = true, to = true }

local function check(given)
  for key in pairs(given) do
    if not known[key] then
      error("variations: '" .. tostring(key) .. "' is none of name, on, letter, letters, host and to", 3)
    end
  end
  if type(given.name) ~= "string" then error("variations: each has a name", 3) end
end

local variations = {}

-- A hook that answers so the first time it is asked about a host, or at RCPT about a recipient, and not again.
function variations.first(verdict)
  return variations.times(1, verdict)
end

-- The first so many times.
function variations.times(count, verdict)
  local store = mx.state "variations"
  return function(s, argument, moment)
    local whom = moment == "rcpt" and argument.address or s.host
    if store:add(moment .. "|" .. whom) <= count then return verdict end
  end
end

-- A hook that answers so until that long after it was first asked about a host, as a greylist does.
function variations.for_the_first(duration, verdict)
  local store = mx.state "variations since"
  return function(s, _, moment)
    local key = moment .. "|" .. s.host
    store:mark(key)
    if not store:marked_for(key, duration) then return verdict end
  end
end

-- A hook of rcpt: local parts with their verdicts, or hooks. Who is not among them is taken.
function variations.by_recipient(verdicts)
  return function(s, rcpt, moment)
    local decide = verdicts[rcpt.local_part]
    if type(decide) == "function" then return decide(s, rcpt, moment) end
    return decide
  end
end

-- The local parts prefix1, prefix2, …
function variations.numbered(prefix, count)
  local names = {}
  for i = 1, count do names[i] = prefix .. i end
  return names
end

-- A letter for each of these, to be `letters`.
function variations.one_for_each(host, prefix, count)
  local letters = {}
  for i, name in ipairs(variations.numbered(prefix, count)) do letters[i] = { to = name .. "@" .. host } end
  return letters
end

local function letters_of(one, host)
  local letters = {}
  for i, given in ipairs(one.letters or { one.letter or {} }) do
    local letter = { from = "ann@sender.test", host = host, to = {} }
    for _, name in ipairs(one.to or { "bob" }) do letter.to[#letter.to + 1] = name .. "@" .. host end
    for field, value in pairs(given) do letter[field] = value end
    letters[i] = letter
  end
  return letters
end

return setmetatable(variations, { __call = function(_, list)
  local made = { hosts = {}, send = {} }
  local by_host, hooks = {}, {}
  for _, one in ipairs(list) do
    check(one)
    local host = { name = one.name .. ".test" }
    if by_host[host.name] then error("variations: '" .. one.name .. "' stands twice", 2) end
    for field, value in pairs(one.host or {}) do host[field] = value end
    made.hosts[#made.hosts + 1] = host
    by_host[host.name] = one.on or {}
    for hook in pairs(one.on or {}) do hooks[hook] = true end
    for _, letter in ipairs(letters_of(one, host.name)) do made.send[#made.send + 1] = letter end
  end
  for hook in pairs(hooks) do
    local is_known, why = pcall(function()
      mx.on[hook] = function(s, argument)
        local decide = by_host[s.host] and by_host[s.host][hook]
        if type(decide) == "function" then return decide(s, argument, hook) end
        return decide
      end
    end)
    -- It is the scenario's line that is wrong.
    if not is_known then error((why:gsub("^.-:%d+: ", "")), 2) end
  end
  return made
end })
