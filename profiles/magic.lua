-- A receiver whose faults are in the addresses: nothing to configure, each recipient gets what its local part asks
-- for. What it tests: how a sender takes one certain reply, at one certain command, with no profile of its own.
--
-- The addresses are those of BadSMTP (rcpt550_5.1.1@), of Mailtrap's bounce emulator (bounce+451+try+later@), of the
-- mailbox simulator of Amazon SES (bounce@), and some that remember (fail2-451_4.3.2@, grey300@, until30s-421@). Any
-- domain will do. An address that is none of these is taken. docs/reference/magic.md has the table.
local mx = require "fakemx"

mx.profile {
  summary = "replies as the recipient's address asks: rcpt550_5.1.1@, bounce+451+text@, fail2-451_4.3.2@, grey300@",
}

-- What is still to come in a session, by its number and the hook: "451|4.3.2|2", the last one being the tries that
-- fail, 0 for all of them.
local plan  = mx.state "plan"
-- When an address was first tried (until), or an address by a sender (grey).
local first = mx.state "first"

local remembered = "36d"

local texts = { -- RFC 5321 §4.2.2 and §4.2.3
  ["421"] = "Service not available, closing transmission channel",
  ["450"] = "Mailbox unavailable",
  ["451"] = "Local error in processing",
  ["452"] = "Insufficient system storage",
  ["455"] = "Unable to accommodate parameters",
  ["500"] = "Command unrecognized",
  ["501"] = "Syntax error in parameters or arguments",
  ["502"] = "Command not implemented",
  ["503"] = "Bad sequence of commands",
  ["504"] = "Command parameter not implemented",
  ["521"] = "Host does not accept mail",
  ["550"] = "Mailbox unavailable",
  ["551"] = "User not local",
  ["552"] = "Exceeded storage allocation",
  ["553"] = "Mailbox name not allowed",
  ["554"] = "Transaction failed",
}

local function reply(code, enhanced, text)
  return mx.reply(tonumber(code), enhanced ~= "" and enhanced or nil, text or texts[code] or "As the address asks")
end

-- "451" or "451_4.3.2": code and enhanced code, "" without one. Nothing for anything else.
local function read_code(text)
  local code, rest = text:match "^([45]%d%d)(.*)$"
  if not code or rest == "" then return code, "" end
  local class, subject, detail = rest:match "^_([245])%.(%d%d?%d?)%.(%d%d?%d?)$"
  if not class then return end
  -- No leading zeros: RFC 3463 §2.
  if subject:find "^0%d" or detail:find "^0%d" then return end
  return code, class .. "." .. subject .. "." .. detail
end

-- "data451_4.3.2": verb, code, enhanced code.
local function read_verb(text)
  local verb, rest = text:match "^(%a+)(%d.*)$"
  if not verb then return end
  local code, enhanced = read_code(rest)
  if code then return verb, code, enhanced end
end

-- "300", "300s", "5m": a duration.
local function read_duration(text)
  local number, unit = text:match "^(%d%d?%d?%d?%d?)([smhd]?)$"
  if number then return number .. (unit ~= "" and unit or "s") end
end

-- "try+later%21": what a URL says by it. Nothing in it may end the line.
local function read_url(text)
  text = text:gsub("+", " ")
  text = text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  return (text:gsub("%c", " "))
end

-- Verbs whose fault comes later than the address.
local later = { data = true, message = true, rset = true, noop = true, quit = true }

local function plan_fault(s, verb, code, enhanced, tries)
  local key = s.id .. "|" .. verb
  -- Of several recipients the first one decides.
  if not plan:get(key) then plan:set(key, code .. "|" .. enhanced .. "|" .. tries) end
end

local function forget(s, verbs)
  for _, verb in ipairs(verbs) do plan:forget(s.id .. "|" .. verb) end
end

-- The fault that was planned for a hook, once.
local function planned(s, verb, attempt)
  local key = s.id .. "|" .. verb
  local fault = plan:get(key)
  if not fault then return end
  plan:forget(key)
  local code, enhanced, tries = fault:match "^(%d+)|([%d.]*)|(%d+)$"
  if tries ~= "0" and attempt and attempt > tonumber(tries) then return end
  return reply(code, enhanced)
end

-- fail2-451_4.3.2, fail2-data451_4.3.2: the first tries of a delivery.
local function fail(s, rcpt, tries, what)
  local verb, code, enhanced = read_verb(what)
  if not verb then
    verb, code, enhanced = "rcpt", read_code(what)
  end
  if not code or tonumber(tries) == 0 then return end
  if verb == "message" then return plan_fault(s, verb, code, enhanced, tries) end
  if rcpt.attempt > tonumber(tries) then return end
  if verb == "data" then return plan_fault(s, verb, code, enhanced, "0") end
  if verb == "rcpt" then return reply(code, enhanced) end
end

-- grey300, grey5m-450_4.2.0: RFC 6647, by address, sender and recipient.
local function grey(s, rcpt, wait, what)
  local code, enhanced = "451", "4.7.1"
  if what ~= "" then
    code, enhanced = read_code(what:sub(2))
    if what:sub(1, 1) ~= "-" or not code then return end
  end
  local triplet = "grey|" .. s.ip .. "|" .. s.from .. "|" .. rcpt.address
  first:mark(triplet, remembered)
  if first:marked_for(triplet, wait) then return end
  return reply(code, enhanced, "Greylisted, try again after " .. wait)
end

-- until30s-421: for everybody, from the first try of the address on.
local function outage(s, rcpt, wait, what)
  local code, enhanced = read_code(what)
  if not code then return end
  local address = "until|" .. rcpt.address
  first:mark(address, remembered)
  if first:marked_for(address, wait) then return end
  return reply(code, enhanced)
end

function mx.on.rcpt(s, rcpt)
  local whole = rcpt.local_part
  local code, text = whole:match "^[Bb][Oo][Uu][Nn][Cc][Ee]%+([45]%d%d)%+(.+)$"
  if code then return reply(code, "", read_url(text)) end
  -- What stands behind a "+" makes the address another one, and asks for nothing.
  local name = whole:lower():match "^[^+]*"

  if name == "bounce" or name == "suppressionlist" then
    return reply("550", "5.1.1", name == "bounce" and "Unknown user" or "Recipient is on the suppression list")
  end
  local tries, what = name:match "^fail(%d%d?%d?)%-(.+)$"
  if tries then return fail(s, rcpt, tries, what) end
  local wait
  wait, what = name:match "^grey(%d+[smhd]?)(.*)$"
  wait = wait and read_duration(wait)
  if wait then return grey(s, rcpt, wait, what) end
  wait, what = name:match "^until(%d+[smhd]?)%-(.+)$"
  wait = wait and read_duration(wait)
  if wait then return outage(s, rcpt, wait, what) end

  local verb, enhanced
  verb, code, enhanced = read_verb(name)
  if verb == "rcpt" then return reply(code, enhanced) end
  if later[verb] then plan_fault(s, verb, code, enhanced, "0") end
end

-- BadSMTP reads the sender's address for all but RCPT.
function mx.on.mail(s, mail)
  -- What was planned for a transaction ends with it.
  forget(s, { "data", "message" })
  local verb, code, enhanced = read_verb(mail.local_part:lower():match "^[^+]*")
  if verb == "mail" then return reply(code, enhanced) end
  if later[verb] then plan_fault(s, verb, code, enhanced, "0") end
end

-- BadSMTP: EHLO helo500.example.com.
local function hello(s, argument)
  local code = argument.name:lower():match "^[he][eh]lo([45]%d%d)%."
  if code then return reply(code, "") end
end
mx.on.ehlo = hello
mx.on.helo = hello

function mx.on.data(s) return planned(s, "data") end
function mx.on.message(s, message) return planned(s, "message", message.attempt) end
function mx.on.rset(s) return planned(s, "rset") end
function mx.on.noop(s) return planned(s, "noop") end
function mx.on.quit(s) return planned(s, "quit") end

function mx.on.close(s)
  forget(s, { "data", "message", "rset", "noop", "quit" })
end
