-- Recipients in classes: valid, unknown, full, suspended, role; each with its answer. Who asks for too many unknown ones
-- is kept out for a while. docs/reference/manners/recipients.md
local mx = require "fakemx"
local identity = require "fakemx.identity"
local members = require "fakemx.members"
local options = require "fakemx.options"
local shares = require "fakemx.shares"
local stages = require "fakemx.stages"

-- In the order in which they are looked at.
local classes = { "valid", "suspended", "full", "role", "unknown" }

local spec = {
  at        = stages.kind("rcpt", { "rcpt", "message" }),
  valid     = members.kind,
  unknown   = members.kind,
  full      = members.kind,
  suspended = members.kind,
  role      = members.kind,
  default   = options.choice({ "valid", "unknown", "full", "suspended", "role" }, "valid"),
  answers   = options.default(options.list, {}),
  harvest   = options.list,
}

local of_answers = {
  unknown   = options.default(options.answer, mx.reply(550, "5.1.1", "No such user")),
  full      = options.default(options.answer, mx.reply(452, "4.2.2", "Mailbox full")),
  suspended = options.default(options.answer, mx.reply(550, "5.2.1", "Mailbox disabled")),
  role      = options.answer,
}

local of_harvest = {
  at      = stages.kind("connect", { "connect", "ehlo", "mail", "rcpt" }),
  by      = options.default(identity.kind, "ip"),
  bits_v4 = identity.bits.bits_v4,
  bits_v6 = identity.bits.bits_v6,
  share   = options.required(options.ratio),
  of      = options.required(options.number),
  counts  = options.default(options.list, { "unknown" }),
  block   = options.default(options.duration, "15m"),
  answer  = options.default(options.answer, mx.defer()),
}

-- Keeps out who has asked for too many bad ones. Gives note(s, argument, class).
local function keep_out(manner, o, h, store)
  local bad, key_of = identity.reader(h.by, h.at, h)
  if bad then return bad end
  local worse, noted_key_of = identity.reader(h.by, o.at, h)
  if worse then return worse end
  local counted = {}
  for _, class in ipairs(h.counts) do counted[class] = true end
  stages.ask(manner, h.at, o, function(s, argument)
    local key = key_of(s, argument)
    if key and store:get("blocked|" .. key) then
      return stages.verdict(o, h.answer, s, argument, nil, key .. " has asked for too many unknown recipients")
    end
  end)
  return nil, function(s, argument, class)
    local key = noted_key_of(s, argument)
    if key and shares.note(store, "asked|" .. key, counted[class] or false, h.share, h.of) then
      store:forget("asked|" .. key)
      store:set("blocked|" .. key, true, h.block)
    end
  end
end

return function(given)
  local o = options.read("recipients", spec, given)
  local problem, answers = options.try("recipients: answers", of_answers, o.answers)
  if problem then error(problem, 2) end
  local store = mx.state(o.name)
  local manner = { name = o.name }
  local note = function() end
  if o.harvest then
    local bad, h = options.try("recipients: harvest", of_harvest, o.harvest)
    if not bad and h.of > 4096 then bad = "recipients: harvest: of is 4096 at most" end
    if bad then error(bad, 2) end
    bad, note = keep_out(manner, o, h, store)
    if bad then error("recipients: harvest: " .. bad, 2) end
  end

  local function class_of(address, s)
    local local_part, domain = address:match "^(.*)@([^@]*)$"
    if not local_part then local_part, domain = address, "" end
    for _, class in ipairs(classes) do
      if o[class] and o[class](local_part, domain, s) then return class end
    end
    return o.default
  end

  return stages.ask(manner, o.at, o, function(s, argument)
    local asked = o.at == "rcpt" and { argument.address } or
      argument.recipient and { argument.recipient } or s.recipients
    local verdict
    for _, address in ipairs(asked) do
      local class = class_of(address, s)
      note(s, argument, class)
      if not verdict and answers[class] then
        verdict = stages.verdict(o, answers[class], s, argument, address, address .. " is " .. class)
      end
    end
    return verdict
  end)
end
