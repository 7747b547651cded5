-- The manner `pool`: which machine of a pool answers, for the transcripts beside this file.
local mx = require "fakemx"
local pool = require "fakemx.pool"

mx.profile {
  summary = "a pool of machines",
  idle_timeout = "30d",
  params  = {
    by = mx.param.choice({ "connection", "ip" }, "what meets the same machine again"),
  },
}

local machines, machine_of = pool {
  by = mx.params.by,
  machines = function(_, draw) return "mta-g" .. draw(0, 9, "group") .. "-" .. draw(0, 4, "number") end,
}

mx.manners { machines }

function mx.on.noop(s)
  return mx.reply(250, nil, machine_of(s))
end
