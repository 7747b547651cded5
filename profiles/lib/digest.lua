-- A short text that stands for a long one, for keys of stores: FNV-1a of 64 bits, in hexadecimal digits. It is no
-- protection against anybody who wants two texts to be alike.
local offset, prime = 0xcbf29ce484222325, 0x100000001b3
local chunk = 64

return function(text)
  local hash = offset
  for at = 1, #text, chunk do
    local octets = { text:byte(at, at + chunk - 1) }
    for i = 1, #octets do hash = (hash ~ octets[i]) * prime end
  end
  return ("%016x"):format(hash)
end
