-- Where in a session a manner is asked, and how it answers there. It must not know why.
local mx = require "fakemx"
local options = require "fakemx.options"

local stages = {}

local hooks = {
  connect = { "connect" }, ehlo = { "ehlo", "helo" }, starttls = { "starttls" }, auth = { "auth" }, mail = { "mail" },
  rcpt = { "rcpt" }, data = { "data" }, message = { "message" },
}

-- The kind of an option that takes a stage, with the default; `list`: those that it takes, all unless said.
function stages.kind(default, list)
  return options.choice(list or { "connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "message" }, default)
end

-- Has the manner ask `answer(s, argument)` at this stage, where `o.when` does not say otherwise. What stood there before
-- is asked first.
function stages.ask(manner, at, o, answer)
  local when = o.when
  if when == false then return manner end
  for _, hook in ipairs(hooks[at]) do
    local before = manner[hook]
    manner[hook] = function(s, argument)
      if before then
        local verdict = before(s, argument)
        if verdict ~= nil then return verdict end
      end
      if type(when) == "function" and not when(s, argument) then return end
      return answer(s, argument)
    end
  end
  return manner
end

-- What the manner says once a session is over, whatever `when` says.
function stages.at_close(manner, tidy)
  manner.close = tidy
end

-- The verdict that `answer` is or gives, with its true reason. `count` is what the manner hands to functions.
function stages.verdict(o, answer, s, argument, count, reason)
  local verdict = answer
  if type(answer) == "function" then verdict = answer(s, argument, count) end
  if verdict == nil then return nil end
  if not options.is_verdict(verdict) then
    error(("the answer of %s returned a %s; it returns one verdict such as mx.reply(…), or nothing"):format(o.name, type(verdict)))
  end
  local because = o.because
  if type(because) == "function" then because = because(s, argument, count) end
  return verdict:because((because or o.name .. ": " .. reason):sub(1, 1024))
end

return stages
