-- Answers messages that look like this: their size, their header, a pattern, what differs from the envelope, and what is in them:
-- parts, attachments, charsets, letters, links. All conditions of one manner hold together; several manners are several triggers.
-- docs/reference/manners/content.md
local mx = require "fakemx"
local options = require "fakemx.options"
local stages = require "fakemx.stages"

-- { ["X-Mailer"] = "pattern", Date = false }: a field that matches, and one that is not there.
local header = {
  what = "a table of patterns by field name, with false for a field that is missing",
  read = function(v)
    if type(v) ~= "table" then return end
    for name, pattern in pairs(v) do
      if type(name) ~= "string" or (pattern ~= false and not options.pattern.read(pattern)) then return end
    end
    return v
  end,
}

-- "zip", or { "zip", "application/pdf" }: one of them.
local one_of = {
  what = "a text, or a list of texts",
  read = function(v)
    if options.text.read(v) then return { v } end
    if type(v) ~= "table" or #v == 0 then return end
    for key, one in pairs(v) do
      if math.type(key) ~= "integer" or not options.text.read(one) then return end
    end
    return v
  end,
}

local function any(list, holds)
  for _, one in ipairs(list) do
    if holds(one) then return true end
  end
  return false
end

local function domain_of(address)
  return (address:match "@([^@]*)$" or ""):lower()
end

local function is_below(name, domain)
  return name:sub(-#domain - 1) == "." .. domain
end

-- DT:SUM of Netease: the header From is of another domain than the envelope. "relaxed": a domain below the other
-- counts as the same (RFC 7489 §3.1 compares organizational domains; there is no list of those here).
local function differs(how, message, s)
  local envelope, from = domain_of(s.from), (message.from_domain or ""):lower()
  if s.from == "" or envelope == from then return false end
  return how == "strict" or not (is_below(envelope, from) or is_below(from, envelope))
end

-- A link to a host that is not the From domain's, nor below it: trackers, shorteners, other people's pages.
local function leads_elsewhere(how, message)
  local from = (message.from_domain or ""):lower()
  return any(message.link_domains, function(host)
    return host ~= from and (how == "strict" or not (is_below(host, from) or is_below(from, host)))
  end)
end

local function holds_file(pattern, message)
  return any(message.attachments, function(file)
    return any(file.holds, function(name) return name:find(pattern) ~= nil end)
  end)
end

-- name = { kind, function(value, message, s) }: whether the condition holds.
local conditions = {
  larger_than  = { options.size, function(v, message) return message.size > v end },
  smaller_than = { options.size, function(v, message) return message.size < v end },
  lines_over   = { options.count, function(v, message) return message.lines > v end },
  eight_bit    = { options.flag, function(v, message) return message.eight_bit == v end },
  nul          = { options.flag, function(v, message) return message.nul == v end },
  bare_cr      = { options.flag, function(v, message) return (message.bare_cr > 0) == v end },
  bare_lf      = { options.flag, function(v, message) return (message.bare_lf > 0) == v end },
  subject      = { options.pattern, function(v, message) return (message:header "Subject" or ""):find(v) ~= nil end },
  pattern      = { options.pattern, function(v, message) return message.content:find(v) ~= nil end },
  from_domain  = { options.pattern, function(v, message) return (message.from_domain or ""):lower():find(v) ~= nil end },
  from_differs = { options.choice { "strict", "relaxed" }, differs },
  header       = { header, function(v, message)
    for name, pattern in pairs(v) do
      local value = message:header(name)
      if pattern == false then
        if value then return false end
      elseif not value or not value:find(pattern) then
        return false
      end
    end
    return true
  end },

  -- Files that come with it.
  attachment        = { options.any(options.flag, one_of), function(v, message)
    if type(v) == "boolean" then return message:has_attachment() == v end
    return any(v, function(kind) return message:has_attachment(kind) end)
  end },
  attachment_larger = { options.size, function(v, message)
    return any(message.attachments, function(file) return file.octets > v end)
  end },
  holds             = { options.pattern, holds_file },

  -- Its parts.
  parts_over          = { options.count, function(v, message) return message.part_count > v end },
  mime_sound          = { options.flag, function(v, message) return message.mime_sound == v end },
  decoded_larger_than = { options.size, function(v, message) return message.decoded_size > v end },
  html                = { options.flag, function(v, message) return message.has_html == v end },
  alternative         = { options.flag, function(v, message) return message.has_alternative == v end },

  -- Its letters.
  charset       = { one_of, function(v, message)
    return any(message.charsets, function(used)
      return any(v, function(charset) return charset:lower() == used end)
    end)
  end },
  charset_valid = { options.flag, function(v, message) return message.charset_valid == v end },
  language      = { options.choice { "chinese", "bilingual", "latin", "other", "none" }, function(v, message) return message.language == v end },
  chinese       = { options.choice { "simplified", "traditional" }, function(v, message) return message.chinese == v end },

  -- Its links.
  links_over    = { options.count, function(v, message) return message.links > v end },
  link_domain   = { options.pattern, function(v, message)
    return any(message.link_domains, function(host) return host:find(v) ~= nil end)
  end },
  links_differ  = { options.choice { "strict", "relaxed" }, leads_elsewhere },
  images_over   = { options.count, function(v, message) return message.images > v end },
  tracking      = { options.flag, function(v, message) return (message.tracking_pixels > 0) == v end },

  matches      = { options.action, function(v, message, s) return v(message, s) end },
}

local spec = { answer = options.default(options.answer, mx.reject()) }
for name, condition in pairs(conditions) do spec[name] = condition[1] end

return function(given)
  local o = options.read("content", spec, given)
  local asked = {}
  for name, condition in pairs(conditions) do
    if o[name] ~= nil then asked[#asked + 1] = { name = name, holds = condition[2], value = o[name] } end
  end
  if #asked == 0 then error("content needs a condition, such as subject = \"lottery\"", 2) end
  local names = {}
  for i, one in ipairs(asked) do names[i] = one.name end
  local reason = "content, by " .. table.concat(names, ", ")
  return stages.ask({ name = o.name }, "message", o, function(s, message)
    for _, one in ipairs(asked) do
      if not one.holds(one.value, message, s) then return end
    end
    return stages.verdict(o, o.answer, s, message, nil, reason)
  end)
end
