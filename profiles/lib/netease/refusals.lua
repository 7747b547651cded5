-- Makes a reply of a row of tags.lua, as the parameters want it. It must not know when one is due.
local mx = require "fakemx"
local options = require "fakemx.options"
local tags = require "fakemx.netease.tags"
local who = require "fakemx.who"

local refusals = { tags = tags }

-- Code, enhanced code and words of a row.
local function form_of(id, row, p)
  local enterprise = p.product == "enterprise"
  local form = {
    code = p.tags == "older" and row.older or row.code,
    tag  = p.tags == "older" and row.older_tag or row.tag,
    tail = row.tail or "link",
    hidden = p.texts == "generic" and not row.shown,
    closes = row.stage == "host",
    why  = (row.tag and row.tag .. ": " or "") .. row.why,
  }
  if id == "MI:DMC" then form.code = tonumber(p.dmc_code) end
  if enterprise and row.enterprise then form.code, form.enhanced = row.enterprise[1], row.enterprise[2] end
  if form.tag then
    local words = enterprise and p.words == "page" and row.enterprise_words
    if words then form.code, form.enhanced, form.tag, form.words = words[1], nil, nil, words[2] end
  elseif enterprise and row.enterprise_wire then
    form.code, form.words = row.enterprise_wire[1], row.enterprise_wire[2]
  elseif p.words == "wire" and row.wire then
    form.words, form.signed = row.wire, not row.plain
  else
    form.words = p.tags == "older" and row.older_words or row.page
  end
  return form
end

-- Gives function(s, id [, about]): the verdict for row `id`; `about` is what stands for %s in its words.
function refusals.with(replies, p)
  local forms = {}
  for id, row in pairs(tags) do forms[id] = form_of(id, row, p) end

  return function(s, id, about)
    local form = forms[id]
    local verdict
    if form.hidden then
      verdict = mx.reply(451, "4.3.2", "Internal server error")
    elseif form.tag then
      verdict = mx.reply(form.code, form.enhanced, replies.tagged(s, form.tag, form.tail))
    else
      local words = form.words:gsub("%%s", function() return about or s.ip end)
      verdict = mx.reply(form.code, form.enhanced, form.signed and replies.prose(s, words) or words)
    end
    if form.closes then verdict = verdict:then_close() end
    return verdict:because(form.why)
  end
end

-- Reads the parameter meets, "HL:IHU=198.51.100.7 DT:SPM/554=shop.example": gives, by stage, a list of { id, is_in }.
-- `stage_of(id, stage)` says where a row is said.
function refusals.meetings(text, stage_of)
  local lists = {}
  for item in text:gmatch "[^%s,]+" do
    local id, list = item:match "^([^=]+)=(.+)$"
    if not id then error("meets: '" .. item .. "' is not of the form TAG=WHO, such as HL:IHU=198.51.100.7", 0) end
    if not tags[id] then
      local names = {}
      for name in pairs(tags) do names[#names + 1] = name end
      error("meets: there is no refusal '" .. id .. "'" .. options.did_you_mean(id, names), 0)
    end
    lists[id] = lists[id] and lists[id] .. " " .. list or list
  end
  local by_stage = {}
  for id, list in pairs(lists) do
    local stage = stage_of(id, tags[id].stage)
    by_stage[stage] = by_stage[stage] or {}
    table.insert(by_stage[stage], { id = id, is_in = who.is_in(list) })
  end
  return by_stage
end

return refusals
