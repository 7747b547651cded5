-- The plainest receiver: takes everything, for every domain, and keeps a record of it.
local mx = require "fakemx"

mx.profile {
  summary = "accepts every message",
}
