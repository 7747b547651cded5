-- Netease's MX hosts (163.com, 126.com, yeah.net) as senders meet them. docs/reference/profiles/netease.md has every reply, what
-- provokes it here, and where it is from; the same labels (wild, doc, shaper, vendor-told, folklore, inferred, invented) stand behind
-- the lines below. Parameters are in lib/netease/parameters.lua, refusals in lib/netease/tags.lua, the grammar of replies in
-- lib/coremail.lua.
local mx = require "fakemx"
local calendar = require "fakemx.calendar"
local coremail = require "fakemx.coremail"
local declared = require "fakemx.netease.parameters"
local hosts = require "fakemx.netease.hosts"
local internal_errors = require "fakemx.netease.internal_error"
local limit = require "fakemx.limit"
local options = require "fakemx.options"
local refusals = require "fakemx.netease.refusals"
local who = require "fakemx.who"

local params = declared.params

mx.profile {
  summary    = "163.com, 126.com and yeah.net: Coremail's replies, tags and limits, 451 4.3.2, 451 DT:SPM, unknown users",
  extensions = { "PIPELINING", "AUTH LOGIN PLAIN", "STARTTLS", "8BITMIME", SIZE = 73400320 },  -- wild
  hosts      = hosts.list,
  zones      = hosts.zones,
  sender_zones = params.sender_zones,
  params     = params,
  presets    = declared.presets,
  tls        = { certificate = params.certificate, oldest = params.tls_oldest, newest = params.tls_newest },
  recipients_max = 1000,
  replies    = {
    helo                 = "250 OK",                                     -- wild
    starttls             = "220 Ready to start TLS",                     -- invented
    starttls_again       = "454 Command not permitted when TLS active",  -- wild
    starttls_deferred    = "454 TLS not available due to temporary reason", -- invented: the words of RFC 3207
    auth                 = "235 Authentication successful",              -- wild
    auth_login_user      = "334 dXNlcm5hbWU6",                           -- wild: "username:"
    auth_rejected        = "535 Error: authentication failed",           -- wild
    mail                 = "250 Mail OK",                                -- wild
    rcpt                 = "250 Mail OK",                                -- wild
    data                 = "354 End data with <CR><LF>.<CR><LF>",        -- wild
    quit                 = "221 Bye",                                    -- wild
    rset                 = "250 OK",                                     -- invented
    noop                 = "250 OK",                                     -- invented
    help                 = "502 Error: command not implemented",         -- wild
    vrfy                 = "502 Error: command not implemented",         -- wild
    expn                 = "502 Error: command not implemented",         -- wild for VRFY and HELP
    unsupported_command  = "502 Error: command not implemented",
    unknown_command      = "502 Error: command not implemented",
    malformed_line       = "500 Error: bad syntax",                      -- doc
    bad_syntax           = "500 Error: bad syntax",
    line_too_long        = "500 Error: bad syntax",
    missing_client_name  = "550 MI:NHD",                                 -- doc: HELO must not be empty
    bad_sequence         = "503 Error: bad sequence of commands",        -- invented
    bad_sender_syntax    = "550 MI:IMF",                                 -- doc: not an RFC address
    message_too_big      = "552 Requested mail action aborted: exceeded mailsize limit",  -- doc
  },
}

local p = mx.params
-- A duration, or nothing for one that is zero.
local function some(duration) return duration:find "[1-9]" and duration or nil end

local is_mx = p.role == "mx"

local replies = coremail.replies {
  shape   = p.shape,
  label   = function(s) return hosts.labels[s.host] end,
  help    = "http://mail.163.com/help/help_spam_16.htm",               -- wild
  machine = not is_mx and hosts.submission_machine(p.shape) or nil,
}
local refuse = refusals.with(replies, p)

-- Whoever the parameter meets names.

local stages = {
  host = "connect", ["RP:TRC"] = p.trc_stage, ["DT:RBL"] = p.rbl_stage, blacklisted_user = p.blacklist_stage,
}
local named = refusals.meetings(p.meets, function(id, stage) return stages[id] or stages[stage] or stage end)

local function meets(stage, s, sender)
  for _, one in ipairs(named[stage] or {}) do
    if one.is_in(s.ip, sender, sender and sender:match "@([^@]*)$") then return refuse(s, one.id), one.id end
  end
end

local spf_fails, dmarc_fails = who.is_in(p.spf_fail), who.is_in(p.dmarc_fail)
local rbl_lists, forged = who.is_in(p.rbl_listed), who.is_in(p.forged)

-- Limits -----------------------------------------------------------------------------------------------------------------

local manners = { replies.manner, internal_errors.manner(p) }

-- A limit that says `id` once there are more than `max`; nothing where that is 0.
local function limited(id, max, at, options)
  if max == 0 then return nil end
  options.name, options.max, options.at = id, max, at
  options.answer = function(s) return refuse(s, id) end
  return limit(options)
end

local function add_limit(id, max, at, options)
  manners[#manners + 1] = limited(id, max, at, options)
end

-- The host's level: what is found when a client connects, and said at host_stage.

local host_limits = {}

local function add_host_limit(id, max, options)
  local manner = limited(id, max, "connect", options)
  if not manner then return end
  host_limits[#host_limits + 1] = { id = id, ask = manner.connect }
  if manner.close then manners[#manners + 1] = { name = id, close = manner.close } end
end

add_host_limit("HL:ICC", p.connections_at_once, { by = "ip", at_once = true, block = some(p.icc_block) })
add_host_limit("too_many", p.connections_at_once_in_all, { by = "everybody", at_once = true })
add_host_limit("HL:IFC", p.connections_per_window, { by = "ip", within = p.window, block = some(p.block) })
add_host_limit("HL:ITC", p.connections_per_day, { by = "ip", day = p.zone })

local barred = mx.state "barred"                -- IPs, by what they are barred for
local function bar(ip, reason)
  if some(p.block) then barred:set(reason .. "|" .. ip, true, p.block) end
end

local logins = mx.state "failed_logins"

local function host_problem(s)
  local verdict, id = meets("connect", s)
  if verdict then return verdict, id end
  for _, reason in ipairs { "HL:REP", "HL:MEP" } do
    if barred:get(reason .. "|" .. s.ip) then return refuse(s, reason), reason end
  end
  if p.auth_failures_per_window > 0 and logins:hits(s.ip, p.window) >= p.auth_failures_per_window then
    return refuse(s, "auth_limit"), "auth_limit"
  end
  for _, one in ipairs(host_limits) do
    verdict = one.ask(s)
    if verdict then return verdict, one.id end
  end
end

local problems = mx.state "host_problems"       -- of a connection, until host_stage

local host_level = { name = "host level" }

function host_level.connect(s)
  local verdict, id = host_problem(s)
  if p.host_stage == "connect" then return verdict end
  if id then problems:set(s.id, id) end
end

if p.host_stage ~= "connect" then
  local function say(s)
    local id = problems:get(s.id)
    if id then return refuse(s, id) end
  end
  if p.host_stage == "ehlo" then
    host_level.ehlo, host_level.helo = say, say
  else
    host_level.mail = say
  end
  function host_level.close(s) problems:forget(s.id) end
end
manners[#manners + 1] = host_level

-- What the session itself counts.

local in_connection = { name = "connection" }

local function over(count, max) return max > 0 and count > max end

function in_connection.mail(s)
  if over(s.errors, p.errors_per_connection) then return refuse(s, "MI:CEL") end
  if over(s.commands, p.commands_per_connection) then return refuse(s, "MI:CCL") end
  if over(s.transactions + 1, p.messages_per_connection) then return refuse(s, "MI:DMC") end
end

function in_connection.rcpt(s)
  if over(s.errors, p.errors_per_connection) then return refuse(s, "RP:CEL") end
  if over(s.commands, p.commands_per_connection) then return refuse(s, "RP:CCL") end
  local number = #s.recipients + 1
  if over(number, p.recipients_per_message) then return refuse(s, "RP:RCL") end
  if over(number, p.bulk_recipients) then return refuse(s, "too_much_recipient") end
end
manners[#manners + 1] = in_connection

-- Of senders. The null sender is nobody's.

local function sender(s, argument)
  local address = s.from or argument.address
  if address ~= "" then return address:lower() end
end

local function sender_of_first_message(s, mail)
  if s.transactions == 0 then return sender(s, mail) end
end

-- vendor-told: behind too many of them, another 15 minutes must pass in the enterprise product.
local sfq_block = p.product == "enterprise" and some(p.window) or nil
add_limit("MI:SFQ", p.messages_per_window, "mail", { by = sender, within = p.window, block = sfq_block })
add_limit("MI:STC/554", p.messages_per_day, "mail", { by = sender, day = p.zone })
add_limit("MI:STC/550", p.connections_per_sender_day, "mail", { by = sender_of_first_message, day = p.zone })
add_limit("RP:DRC", p.recipients_per_connection, "rcpt", { by = "connection" })
add_limit("RP:QRC", p.recipients_per_window, "rcpt", { by = sender, within = p.window })
add_limit("RP:ORQ", p.messages_per_recipient_day, "rcpt", { by = "recipient", day = p.zone })

if p.trc_stage == "rcpt" then
  add_limit("RP:TRC", p.recipients_per_day, "rcpt", { by = sender, day = p.zone })
elseif p.recipients_per_day > 0 then
  -- What is over is found at RCPT, and said at the next MAIL.
  local today = mx.state "RP:TRC"
  local zone = options.zone.read(p.zone)
  local function key(s, argument)
    local who_sends = sender(s, argument)
    return who_sends and who_sends .. "|" .. calendar.day_number(zone)
  end
  manners[#manners + 1] = {
    name = "RP:TRC at MAIL",
    mail = function(s, mail)
      local counted = key(s, mail)
      if counted and (today:get(counted) or 0) >= p.recipients_per_day then return refuse(s, "RP:TRC") end
    end,
    rcpt = function(s, rcpt)
      local counted = key(s, rcpt)
      if counted then today:add(counted, 1, "1d") end
    end,
  }
end

mx.manners(manners)

local internal_error = internal_errors.with(p)

-- EHLO, STARTTLS and AUTH --------------------------------------------------------------------------------------------------

local function offers(in_tls)
  local list = { "PIPELINING", "AUTH LOGIN PLAIN", "AUTH=LOGIN PLAIN", "coremail" }
  if not is_mx and p.shape == "2025" then                               -- wild: submission hosts since 2023
    list = { "AUTH LOGIN PLAIN XOAUTH2", "AUTH=LOGIN PLAIN XOAUTH2", "coremail", "ID" }
  end
  if p.starttls ~= "absent" and not in_tls then list[#list + 1] = "STARTTLS" end
  if is_mx then list[#list + 1] = "SIZE 73400320" end                   -- wild: submission hosts do not offer it
  list[#list + 1] = "8BITMIME"
  return list
end

local in_clear, in_tls = offers(false), offers(true)

function mx.on.connect(s)
  return internal_error("connect", s)
end

function mx.on.ehlo(s)
  return coremail.ehlo(s, s.tls and in_tls or in_clear)
end

function mx.on.starttls()
  if p.starttls == "refused" then return mx.defer():because "STARTTLS is refused" end
  local fault = p.starttls:match "^handshake_(.*)$"
  if fault then return mx.accept():handshake(fault):because("the handshake: " .. fault) end
end

function mx.on.auth(s, auth)
  local session = "session|" .. s.id
  if p.auth_failures_per_connection > 0 and (logins:get(session) or 0) >= p.auth_failures_per_connection then
    return refuse(s, "fail_auth")
  end
  local verdict = internal_error("auth", s) or meets("auth", s)
  if verdict then return verdict end
  if p.wrong_password ~= "" and auth.user:find(p.wrong_password) then
    logins:add(session, 1)
    logins:hit(s.ip, p.window)
    return refuse(s, "wrong_password")
  end
end

function mx.on.close(s)
  logins:forget("session|" .. s.id)
end

-- MAIL ---------------------------------------------------------------------------------------------------------------------

local forged_domains = mx.state "forged_domains"

-- In the place of SPF: who forges is named by the parameter.
local function count_forged(s, domain)
  if forged and p.forged_domains > 0 and forged(s.ip, nil, domain) and
    forged_domains:include(s.ip, domain, p.window) > p.forged_domains then
    bar(s.ip, "HL:MEP")
  end
end

-- wild: smtp.163.com takes mail of its own users, who have logged in.
local function submission_problem(s, mail, domain)
  if not s.user then return refuse(s, "no_authentication") end
  if not hosts.served[domain] then return refuse(s, "local_only") end
  local user = s.user:lower()
  if user ~= mail.address:lower() and user ~= mail.local_part:lower() then return refuse(s, "another_user") end
end

function mx.on.mail(s, mail)
  local broken = internal_error("mail", s, mail)
  if broken then return broken end
  if mail.size and mail.size > p.size_max then return refuse(s, "too_big") end
  if mail.address == "" then
    if p.null_sender == "refuse" then return refuse(s, "null_sender") end
    return nil
  end
  local domain = mail.domain:lower()
  if not is_mx then return submission_problem(s, mail, domain) end
  local verdict = meets("mail", s, mail.address)
  if verdict then return verdict end
  if hosts.served[domain] and p.local_sender == "refuse" then return refuse(s, "no_local") end
  count_forged(s, domain)
  -- The parameter names who fails, and the zones say it of the senders that they know.
  if mail.spf == "fail" or spf_fails and spf_fails(s.ip, mail.address, domain) then return refuse(s, "MI:SPF") end
end

-- RCPT ---------------------------------------------------------------------------------------------------------------------

local recipients = mx.state "recipients"        -- of an IP: how many, and which of them did not exist
local share, share_of = p.unknown_share:match "^(%d+)/?(%d*)$"
share, share_of = tonumber(share), tonumber(share_of) or 1

-- Each recipient has a number; the numbers of the unknown ones are kept as a text. Once enough of the last ones were unknown the IP
-- is barred from its next connection on.
local function count_recipient(s, is_unknown)
  if share == 0 or p.unknown_of == 0 then return end
  local number = recipients:add(s.ip, 1, "1d")
  if not is_unknown then return end
  local kept, count = { tostring(number) }, 1
  for one in (recipients:get("unknown|" .. s.ip) or ""):gmatch "%d+" do
    local n = tonumber(one)
    if n < number and n > number - p.unknown_of then
      count = count + 1
      kept[count] = one
    end
  end
  recipients:set("unknown|" .. s.ip, table.concat(kept, " "), "1d")
  if count * share_of >= share * p.unknown_of then bar(s.ip, "HL:REP") end
end

local own_domain = {}
for _, host in ipairs(hosts.list) do own_domain[host.name] = host.domains[1] end

function mx.on.rcpt(s, rcpt)
  local broken = internal_error("rcpt", s, rcpt, rcpt.attempt)
  if broken then return broken end
  local verdict = meets("rcpt", s, s.from)
  if verdict then return verdict end
  if not is_mx then return mx.accept() end
  local domain = rcpt.domain:lower()
  if domain ~= "" and not hosts.served[domain] and p.product ~= "enterprise" then return refuse(s, "RP:FRL") end
  local is_unknown = p.unknown_user ~= "" and rcpt.local_part:find(p.unknown_user) ~= nil
  count_recipient(s, is_unknown)
  if is_unknown then return refuse(s, "unknown_user", rcpt.address) end
  if p.suspended_user ~= "" and rcpt.local_part:find(p.suspended_user) then return refuse(s, "suspended_user") end
  -- Every host takes mail for all of Netease's domains (inferred).
  if domain ~= own_domain[s.host] then return mx.accept() end
end

-- DATA and the end of the data ---------------------------------------------------------------------------------------------

-- In the place of a look into a blocklist: who is on one is named by the parameter.
local function listed(s)
  if rbl_lists and rbl_lists(s.ip, s.from, s.from:match "@([^@]*)$") then return refuse(s, "DT:RBL") end
end

function mx.on.data(s)
  local broken = internal_error("data", s)
  if broken then return broken end
  local verdict = meets("data", s, s.from)
  if verdict then return verdict end
  if p.rbl_stage == "data" then return listed(s) end
end

local forbidden = {}
for ending in p.attachment_types:gmatch "[^%s,]+" do forbidden[ending:lower():gsub("^%.", "")] = true end

-- Names of attachments as they stand in the message; encoded ones (RFC 2047, 2231) are not read here.
local function has_forbidden_attachment(content)
  local at = content:find("name", 1, true)
  while at do
    local name = content:match('^name%*?=%s*"?([^"\r\n;]+)', at)
    local ending = name and name:lower():match "%.(%w+)%s*$"
    if ending and forbidden[ending] then return true end
    at = content:find("name", at + 4, true)
  end
  return false
end

-- infer: "not permitted by the From domain's DMARC" is a policy that asks for it.
local function fails_dmarc(message) return message.dmarc == "fail" and message.dmarc_policy == "reject" end

-- What the content is refused for. Blocklists, the MIME tree and links are not evaluated here.
local function content_problem(s, message)
  if message.size > p.size_max then return refuse(s, "too_big") end
  local verdict = meets("message", s, s.from)
  if verdict then return verdict end
  verdict = p.rbl_stage == "message" and listed(s)
  if verdict then return verdict end
  local domain = s.from:match "@([^@]*)$"
  local from = message.from_domain
  if fails_dmarc(message) or dmarc_fails and from and dmarc_fails(s.ip, s.from, from) then return refuse(s, "MI:DMA") end
  if p.from_mismatch and domain and from and domain:lower() ~= from:lower() then return refuse(s, "DT:SUM") end
  if p.spam ~= "" and message.content:find(p.spam) then return refuse(s, "DT:SPM/" .. p.spam_code) end
  if p.illegal_attachments and has_forbidden_attachment(message.content) then return refuse(s, "illegal_attachment") end
end

local first_contact = mx.state "first_contact"
local known = mx.state "known"

-- What Netease's content and environment checks say to a sender they do not know. No triplet is involved: address and reverse path
-- make the sender.
local function unknown_sender(s)
  local key = s.ip .. "|" .. s.from
  if known:get(key) then return nil end
  first_contact:mark(key)
  if first_contact:marked_for(key, p.first_contact_wait) then
    first_contact:forget(key)
    known:set(key, true)
    return nil
  end
  -- A sender that goes on to the next MX has not come back early.
  if p.early_retry == "strict" and first_contact:marked_for(key, p.next_mx_within) then
    return refuse(s, "DT:SPM/554"):because "DT:SPM: the sender is not known yet, and has come back early"
  end
  return refuse(s, "DT:SPM/451")
end

function mx.on.message(s, message)
  local verdict = internal_error("message", s, message, message.attempt) or content_problem(s, message)
  if verdict then return verdict end
  if p.first_contact and is_mx then
    verdict = unknown_sender(s)
    if verdict then return verdict end
  end
  return mx.reply(250, nil, replies.queued(s))                          -- wild
end
