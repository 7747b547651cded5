-- Greylisting (RFC 6647), as its implementations differ: the key, the delay, how long it is remembered, what becomes of
-- who comes back early, and who need not wait any more. docs/reference/manners/greylist.md
local mx = require "fakemx"
local greylisting = require "fakemx.greylisting"
local identity = require "fakemx.identity"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

local spec = {
  at              = stages.kind("rcpt", { "mail", "rcpt", "data", "message" }),
  key             = identity.kind,
  alternatives    = options.list,
  bits_v4         = identity.bits.bits_v4,
  bits_v6         = identity.bits.bits_v6,
  delay           = options.default(options.duration, "5m"),
  window          = options.default(options.duration, "2d"),
  pass            = options.default(options.duration, "35d"),
  renew           = options.default(options.flag, true),
  early           = options.choice({ "keep", "reset", "refuse" }, "keep"),
  tolerance       = options.default(options.duration, "2m"),
  answer          = options.default(options.answer, mx.reply(451, "4.7.1", "Greylisted, try again later")),
  answer_early    = options.default(options.answer, mx.reject()),
  whitelist_after = options.number,
  whitelist_key   = options.default(identity.kind, "ip"),
  whitelist_for   = options.default(options.duration, "35d"),
  whitelist_every = options.duration,
  whitelists      = options.default(options.list, {}),
}

local of_whitelist = {
  after  = options.required(options.number),
  key    = options.required(identity.kind),
  counts = identity.kind,
  lasts  = options.default(options.duration, "35d"),
  every  = options.duration,
}

local function read_whitelist(o, given)
  local problem, read = options.try("greylist: a whitelist", of_whitelist, given)
  if problem then return problem end
  local bad, key_of = identity.reader(read.key, o.at, o)
  if bad then return "greylist: a whitelist: " .. bad end
  read.key_of = key_of
  if read.counts then
    bad, read.counts = identity.reader(read.counts, o.at, o)
    if bad then return "greylist: a whitelist: " .. bad end
  end
  return nil, read
end

-- What is wrong, in words; or nothing, and the functions that give the keys.
local function read_keys(o)
  if o.key and o.alternatives then return "greylist: key and alternatives exclude one another" end
  local keys = {}
  for i, by in ipairs(o.alternatives or { o.key or { "ip", "sender", "recipient" } }) do
    if identity.kind.read(by) == nil then return "greylist: alternatives is a list of keys, and one of them is none" end
    local problem, reader = identity.reader(by, o.at, o)
    if problem then return "greylist: " .. problem end
    keys[i] = reader
  end
  if #keys == 0 then return "greylist: alternatives is a list of keys, and has none" end
  return nil, keys
end

return function(given)
  local o = options.read("greylist", spec, given)
  if mx.seconds(o.delay) >= mx.seconds(o.window) then error("greylist: window is not longer than delay", 2) end
  local problem, keys = read_keys(o)
  if problem then error(problem, 2) end
  local whitelists = {}
  if o.whitelist_after then
    whitelists[1] = {
      after = o.whitelist_after, key = o.whitelist_key, lasts = o.whitelist_for, every = o.whitelist_every,
    }
  end
  for _, one in ipairs(o.whitelists) do whitelists[#whitelists + 1] = one end
  for i, one in ipairs(whitelists) do
    local bad, read = read_whitelist(o, one)
    if bad then error(bad, 2) end
    whitelists[i] = read
  end
  o.keys, o.whitelists = keys, whitelists
  return stages.ask({ name = o.name }, o.at, o, greylisting.asking(o))
end
