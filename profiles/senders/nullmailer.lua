-- nullmailer: one queue, one connection for each message, one message after the other. When one of them fails, the
-- whole queue waits 60 s (pausetime), then twice as long, up to a day (maxpause). New mail wakes it, and the wait begins
-- anew. Source: src/send.cc, nullmailer-send(8); seen from nullmailer 2.2 on a virtual clock
-- (docs/internals/SHARED-CLOCK.md).
local mx = require "fakemx"

local params = {
  pausetime     = mx.param.duration("60s", "first wait"),
  maxpause      = mx.param.duration("1d", "longest wait"),
  queuelifetime = mx.param.duration("7d", "age at which a message is returned"),
}

mx.sender {
  summary = "nullmailer: the whole queue after 60 s, twice as long each time, to 24 h; 7 days",
  params = params,
  retry    = { { wait = params.pausetime, factor = 2, at_most = params.maxpause } },
  backoff  = "queue",
  lifetime = params.queuelifetime,

  connections = 1,
  messages_per_connection = 1,
  esmtp = false, pipelining = false, starttls = false,
}
