-- rspamd's greylisting: at the end of the data, by what the message is or by who sends it to whom; either may have waited. What it
-- tests: is a message taken that comes back from another address, because its body is the same?
--
-- Where a line comes from is written behind it:
--   source    the program itself (rspamd eaac8e9, greylist.lua)
--   invented  no source; a simplification
local mx = require "fakemx"
local digest = require "fakemx.digest"
local greylist = require "fakemx.greylist"

mx.profile {
  summary = "rspamd: 451 4.7.1 Try again later at the end of the data, by body or by sender, recipients and network",
  params  = {
    timeout      = mx.param.duration("5m", "how long it must wait (source)"),
    expire       = mx.param.duration("1d", "how long it is remembered, and let through from its last use (source)"),
    ipv4_mask    = mx.param.integer(19, "bits of an IPv4 network (source)"),
    ipv6_mask    = mx.param.integer(64, "bits of an IPv6 network (source)"),
    max_data_len = mx.param.integer(10240, "octets of the body that count (source)"),
    report_time  = mx.param.boolean(false, "says when it may pass (source)"),
  },
}

local function recipients_of(s)
  local list = {}
  for i, address in ipairs(s.recipients) do list[i] = address:lower() end
  table.sort(list)
  return table.concat(list, ",")
end

-- source: body, Subject, recipients and header From.
local function body_key(s, message)
  local content = message.content
  local _, header_end = content:find("\r\n\r\n", 1, true)
  local body = content:sub((header_end or 0) + 1, (header_end or 0) + mx.params.max_data_len)
  return digest(body .. "\n" .. (message:header "Subject" or "") .. "\n" .. recipients_of(s) .. "\n" ..
                (message:header "From" or ""))
end

-- source: envelope sender, recipients and network.
local function meta_key(s)
  local network = mx.network(s.ip, mx.params.ipv4_mask, mx.params.ipv6_mask)
  return digest(s.from:lower() .. "\n" .. recipients_of(s) .. "\n" .. network)
end

mx.manners {
  greylist {
    name         = "rspamd",
    at           = "message",                     -- source
    alternatives = { body_key, meta_key },
    delay        = mx.params.timeout,
    window       = mx.params.expire,
    pass         = mx.params.expire,
    answer       = function(_, _, left)
      local text = "Try again later"              -- source
      if mx.params.report_time then text = text .. ": " .. mx.now() + left end  -- the form of the time is invented
      return mx.reply(451, "4.7.1", text)
    end,
  },
}
