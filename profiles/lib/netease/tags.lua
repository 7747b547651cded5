-- What Netease says when it refuses: every row of its page on bounces, and what is seen beside it. A row says when it is said, and in
-- whose words; when it is due is the profile's business (profiles/netease.lua).
--
--   code      of the newer page (2018 and later); `older` of the page before that, where it differs
--   tag       begins the text; without one, `wire` are the words as seen and `page` those of the page
--   enterprise, enterprise_words, enterprise_wire
--             how the enterprise product says it: codes; words in the place of the tag, with words=page; words in any case
--             (vendor-told: a customer's notes on what Netease's support said)
--   stage     "host" (the profile's parameter host_stage says where that is), "auth", "mail", "rcpt", "message"
--   tail      of a tag, "link" where nothing is said (coremail.lua)
--   shown     also with texts=generic: it says nothing of a hidden reason
--   plain     its words stand alone, without the names that Coremail adds
--   why       the reason, for :because
--
-- Behind each row: where it is from. doc: Netease's own page; wild: a reply that somebody published; shaper: delivery rules of MTAs;
-- vendor-told: a customer's notes. The stage of a tag follows from its first letters (HL, MI, RP, DT), which transcripts confirm for
-- DT and for words said at MAIL; for HL no transcript is known.
return {
  -- The host: who connects.
  ["HL:REP"]          = { code = 421, older = 450, tag = "HL:REP", stage = "host", why = "too many of this IP's recipients do not exist" },         -- doc
  ["HL:ICC"]          = { code = 421, older = 554, tag = "HL:ICC", stage = "host", enterprise = { 421, "4.4.5" }, enterprise_words = { 421, "Your IP is rejected because of too many concurrent SMTP connections" }, why = "too many connections of this IP at once" }, -- doc
  ["HL:IFC"]          = { code = 421, older = 554, tag = "HL:IFC", older_tag = "HL:IFQ", stage = "host", enterprise = { 421, "4.5.0" }, why = "too many connections of this IP in a short time" }, -- doc
  ["HL:MEP"]          = { code = 421, older = 450, tag = "HL:MEP", stage = "host", why = "this IP uses many forged sender domains" },               -- doc
  ["HL:IHU"]          = { code = 554, tag = "HL:IHU", stage = "host", why = "this IP is suspended" },                                               -- doc
  ["HL:IPB"]          = { code = 554, tag = "HL:IPB", stage = "host", why = "this IP is not in the allowed list" },                                 -- doc
  ["HL:ITC"]          = { code = 554, tag = "HL:ITC", stage = "host", enterprise = { 554, "5.7.3" }, why = "too many connections of this IP today" }, -- shaper; older page
  too_many            = { code = 421, page = "Too many connections", stage = "host", why = "too many connections of everybody at once" },           -- shaper
  blacklisted_ip      = { code = 554, page = "IP in blacklist", stage = "host", why = "this IP is in a blacklist" },                                -- doc
  rejected_ip         = { code = 421, page = "IP<%s> rejected", enterprise_wire = { 554, "IP<%s> is rejected: 0." }, stage = "host", why = "this IP is rejected" }, -- shaper; wild for the other
  auth_limit          = { code = 554, page = "IP is rejected, smtp auth error limit exceed", stage = "host", why = "this IP failed to log in too often" }, -- doc

  -- AUTH.
  fail_auth           = { code = 451, page = "Requested mail action not taken: too much fail authentication", stage = "auth", why = "too many logins of this connection failed" }, -- doc
  wrong_password      = { code = 535, page = "Error: authentication failed", enterprise_wire = { 460, "ERR.LOGIN.PASSERR" }, stage = "auth", shown = true, why = "wrong name or password" }, -- wild; vendor-told for the other

  -- MAIL.
  ["MI:CEL"]          = { code = 450, tag = "MI:CEL", stage = "mail", why = "too many wrong commands in this connection" },                         -- doc
  ["MI:DMC"]          = { code = 450, tag = "MI:DMC", stage = "mail", tail = "bare", why = "too many messages in this connection" },                -- doc; wild for its tail
  ["MI:CCL"]          = { code = 450, tag = "MI:CCL", stage = "mail", why = "too many commands in this connection" },                               -- doc
  ["WM:BLI"]          = { code = 450, tag = "WM:BLI", stage = "mail", why = "this IP is not in Netease's allowed list" },                           -- doc; stage invented
  ["WM:BLU"]          = { code = 450, tag = "WM:BLU", stage = "mail", why = "this sender is not in Netease's allowed list" },                       -- doc; stage invented
  ["MI:SFQ"]          = { code = 451, older = 554, tag = "MI:SFQ", stage = "mail", enterprise = { 451 }, why = "too many messages of this sender in 15 minutes" }, -- doc
  ["MI:NHD"]          = { code = 550, tag = "MI:NHD", stage = "mail", why = "HELO must not be empty" },                                            -- doc
  ["MI:SPF"]          = { code = 550, tag = "MI:SPF", stage = "mail", why = "SPF does not permit this IP" },                                        -- doc
  ["MI:STC/550"]      = { code = 550, tag = "MI:STC", stage = "mail", why = "too many connections of this sender today" },                          -- doc
  ["MI:STC/554"]      = { code = 554, tag = "MI:STC", stage = "mail", enterprise = { 554, "5.5.0" }, enterprise_words = { 554, "You have exceed daily message limit,for single send email" }, why = "too many messages of this sender today" }, -- doc
  ["MI:SPB"]          = { code = 554, tag = "MI:SPB", stage = "mail", enterprise = { 554 }, why = "this sender is not in the allowed list" },       -- doc
  null_sender         = { code = 553, page = "Requested action not taken: NULL sender is not allowed", stage = "mail", why = "the null sender is not taken" }, -- doc
  local_only          = { code = 553, page = "Requested action not taken: Local user only", wire = "Local user only", stage = "mail", shown = true, why = "the sender of a submission is one of this provider" }, -- doc; wild
  no_local            = { code = 553, page = "Requested action not taken: no smtp MX only", wire = "Local user is not allowed", stage = "mail", shown = true, why = "an MX takes no mail from this provider's own users" }, -- doc; wild
  no_authentication   = { code = 553, page = "authentication is required", wire = "authentication is required", stage = "mail", shown = true, why = "a submission without AUTH" }, -- doc; wild
  another_user        = { code = 553, page = "Mail from must equal authorized user", stage = "mail", shown = true, why = "the sender is not who has logged in" }, -- wild
  blacklisted_user    = { code = 550, page = "User in blacklist", stage = "mail", why = "this sender may not write to Netease's users" },           -- doc

  -- RCPT.
  ["RP:DRC"]          = { code = 450, tag = "RP:DRC", stage = "rcpt", enterprise = { 450, "4.5.3" }, why = "too many recipients in this connection" }, -- doc
  ["RP:CCL"]          = { code = 450, tag = "RP:CCL", stage = "rcpt", why = "too many commands in this connection" },                               -- doc
  ["RP:CEL"]          = { code = 451, older = 550, tag = "RP:CEL", stage = "rcpt", why = "too many wrong commands in this connection" },            -- doc
  ["RP:QRC"]          = { code = 451, older = 550, tag = "RP:QRC", stage = "rcpt", enterprise = { 451 }, why = "too many recipients of this sender in a short time" }, -- doc
  ["RP:FRL"]          = { code = 550, tag = "RP:FRL", stage = "rcpt", shown = true, why = "anonymous relaying" },                                   -- doc
  ["RP:RCL"]          = { code = 550, tag = "RP:RCL", stage = "rcpt", enterprise = { 550 }, why = "too many recipients of this message" },          -- doc
  ["RP:TRC"]          = { code = 550, tag = "RP:TRC", stage = "rcpt", enterprise = { 554, "5.5.3" }, enterprise_words = { 550, "You have exceed daily message limit,for group send email" }, why = "too many recipients of this sender today" }, -- doc
  ["RP:ORQ"]          = { code = 550, tag = "RP:ORQ", stage = "rcpt", tail = "only", why = "too many messages for this recipient today" },          -- shaper
  unknown_user        = { code = 550, page = "Invalid User", wire = "User not found: %s", enterprise = { 550, "5.1.1" }, stage = "rcpt", shown = true, plain = true, why = "no such recipient" }, -- doc; wild
  suspended_user      = { code = 550, page = "User suspended", older_words = "User suspend", stage = "rcpt", shown = true, why = "the recipient is suspended" }, -- doc
  too_much_recipient  = { code = 550, page = "Requested mail action not taken: too much recipient", stage = "rcpt", why = "too many recipients of a bulk message" }, -- doc

  -- The end of the data.
  ["DT:RBL"]          = { code = 450, older = 451, tag = "DT:RBL", stage = "message", why = "this IP is on a blocklist" },                          -- doc
  ["DT:SPM/451"]      = { code = 451, older = 450, tag = "DT:SPM", stage = "message", tail = "later", why = "the sender is not known yet" },        -- doc; wild
  ["DT:SPM/550"]      = { code = 550, tag = "DT:SPM", stage = "message", why = "the content looks like spam" },                                     -- doc
  ["DT:SPM/554"]      = { code = 554, tag = "DT:SPM", stage = "message", why = "the content looks like spam" },                                     -- doc; wild
  ["DT:SUM"]          = { code = 554, tag = "DT:SUM", stage = "message", why = "From and the envelope's sender differ" },                           -- doc; wild W4 shows that it is not always applied
  ["MI:DMA"]          = { code = 550, tag = "MI:DMA", stage = "message", why = "the From domain's DMARC does not permit it" },                      -- doc; needs the header, so at the end of the data
  illegal_attachment  = { code = 552, page = "Illegal Attachment", stage = "message", why = "an attachment of a forbidden type" },                  -- doc
  too_big             = { code = 552, page = "Requested mail action aborted: exceeded mailsize limit", stage = "message", shown = true, why = "the message is too big" }, -- doc
}
