-- Answers in an order that is written down: 451, 451, then accept. docs/reference/manners/sequence.md
local mx = require "fakemx"
local identity = require "fakemx.identity"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

local answers = {
  what = "a list of verdicts, of functions that return one, and of false for no answer",
  read = function(v)
    if type(v) ~= "table" or #v == 0 then return end
    for _, one in ipairs(v) do
      if one ~= false and not options.answer.read(one) then return end
    end
    return v
  end,
}

local spec = {
  answers = options.required(answers),
  at      = stages.kind("message"),
  by      = options.default(identity.kind, "delivery"),
  bits_v4 = identity.bits.bits_v4,
  bits_v6 = identity.bits.bits_v6,
  last    = options.choice({ "stay", "repeat" }, "stay"),
  forget  = options.duration,
}

return function(given)
  local o = options.read("sequence", spec, given)
  local problem, key_of = identity.reader(o.by, o.at, o)
  if problem then error("sequence: " .. problem, 2) end
  if o.by == "delivery" and o.at == "data" then
    error("sequence: tries of a delivery are known at rcpt and at message", 2)
  end
  local store = mx.state(o.name)

  -- Which of them is due. The engine knows the tries of a delivery; others are counted here.
  local function turn(s, argument)
    if o.by == "delivery" then return argument.attempt end
    local key = key_of(s, argument)
    return key and store:add(key, 1, o.forget)
  end

  return stages.ask({ name = o.name }, o.at, o, function(s, argument)
    local number = turn(s, argument)
    if not number then return end
    local count = #o.answers
    local index = number <= count and number or o.last == "repeat" and (number - 1) % count + 1 or count
    local answer = o.answers[index]
    if answer then return stages.verdict(o, answer, s, argument, number, "answer " .. index .. " of " .. count) end
  end)
end
