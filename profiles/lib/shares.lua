-- How many of the last N events of an identity were bad. They are kept as a text of one letter each, "b" or "g", the
-- latest last. It must not know what is bad.
local shares = {}

-- Adds an event under this key of the store. True once the bad ones are as many as this share (options.ratio) of `of`
-- events.
function shares.note(store, key, bad, share, of)
  local events = ((store:get(key) or "") .. (bad and "b" or "g")):sub(-of)
  store:set(key, events)
  local _, count = events:gsub("b", "")
  return bad and count * share.denominator >= share.numerator * of, count
end

return shares
