-- Asks to come back later, and punishes who does not wait. Going on to the next MX at once is no coming back.
-- docs/reference/manners/early_retry.md
local mx = require "fakemx"
local greylisting = require "fakemx.greylisting"
local identity = require "fakemx.identity"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

local spec = {
  at           = stages.kind("message", { "mail", "rcpt", "data", "message" }),
  by           = options.default(identity.kind, { "ip", "sender" }),
  bits_v4      = identity.bits.bits_v4,
  bits_v6      = identity.bits.bits_v6,
  wait         = options.required(options.duration),
  tolerance    = options.default(options.duration, "2m"),
  window       = options.default(options.duration, "7d"),
  pass         = options.duration,
  restart      = options.default(options.flag, false),
  answer       = options.default(options.answer, mx.defer()),
  answer_early = options.default(options.answer, mx.reject()),
}

return function(given)
  local o = options.read("early_retry", spec, given)
  if mx.seconds(o.tolerance) >= mx.seconds(o.wait) then error("early_retry: tolerance is not shorter than wait", 2) end
  if mx.seconds(o.wait) >= mx.seconds(o.window) then error("early_retry: window is not longer than wait", 2) end
  local problem, key_of = identity.reader(o.by, o.at, o)
  if problem then error("early_retry: " .. problem, 2) end
  return stages.ask({ name = o.name }, o.at, o, greylisting.asking {
    name = o.name, because = o.because, keys = { key_of }, delay = o.wait, window = o.window, pass = o.pass,
    renew = true, early = "refuse", restart = o.restart, tolerance = o.tolerance, answer = o.answer,
    answer_early = o.answer_early, whitelists = {},
  })
end
