-- The parameters of the profile netease, and what its presets set. In brackets behind each stands where it is from:
--   wild         a transcript or a log that somebody published
--   doc          Netease's own help page on bounces
--   shaper       the delivery rules of commercial and open MTAs
--   vendor-told  a customer's notes on what Netease's support said
--   folklore     articles, without a transcript
--   inferred     follows from the others
--   invented     no source; a number or text that had to be something
-- A limit of 0 is no limit.
local mx = require "fakemx"

local choice, integer, duration = mx.param.choice, mx.param.integer, mx.param.duration
local boolean, ratio, text = mx.param.boolean, mx.param.ratio, mx.param.string

local params = {
  -- What kind of incident it is: presets for the parameters below.
  cause = choice({ "none", "internal_intermittent", "internal_wide", "content", "reputation", "authentication", "rate_route" },
    "what is wrong, as a preset of other parameters (folklore)"),

  -- How it speaks.
  shape   = choice({ "2023", "2025", "2017", "2015", "2009" }, "the year whose shape the replies have (wild)"),
  tags    = choice({ "newer", "older" }, "which generation of Netease's page the codes are from: 421 HL:ICC, or 554 HL:ICC (doc)"),
  product = choice({ "free", "enterprise" }, "enterprise: some tags have enhanced codes, and every domain is served (vendor-told)"),
  words   = choice({ "wire", "page" }, "refusals without a tag as seen on the wire (wild), or as on Netease's page (doc)"),
  texts   = choice({ "detailed", "generic" }, "generic: every rule says 451 4.3.2 Internal server error, and hides its reason (folklore)"),
  role    = choice({ "mx", "submission" }, "submission: smtp.163.com, where AUTH is needed and the sender is one of its own (wild)"),

  -- Stages that the sources leave open.
  host_stage      = choice({ "connect", "ehlo", "mail" }, "where HL is said: in the place of the greeting, or later (inferred)"),
  trc_stage       = choice({ "rcpt", "mail" }, "where RP:TRC is said (inferred; shaper says mail)"),
  rbl_stage       = choice({ "message", "data" }, "where DT:RBL is said (inferred)"),
  blacklist_stage = choice({ "mail", "rcpt" }, "where User in blacklist is said (inferred)"),

  -- TLS.
  starttls    = choice({ "offered", "absent", "refused", "handshake_close", "handshake_reset", "handshake_stall", "handshake_garbage" },
    "STARTTLS: offered (wild); refused says 454; or what goes wrong in the handshake (invented)"),
  certificate = choice({ "self_signed", "wrong_host", "unknown_ca", "expired", "valid" }, "the certificate does not verify (wild, shaper); how is invented"),
  tls_oldest  = choice({ "TLSv1.2", "TLSv1", "TLSv1.1", "TLSv1.3" }, "the oldest version (invented)"),
  tls_newest  = choice({ "TLSv1.3", "TLSv1", "TLSv1.1", "TLSv1.2" }, "the newest version (invented; a log of 2017 has TLSv1)"),

  -- Limits on whoever connects.
  connections_at_once        = integer(4, "connections of an IP at once, then 421 HL:ICC (shaper)"),
  connections_at_once_in_all = integer(0, "connections of everybody at once, then 421 Too many connections (text shaper; rule invented)"),
  connections_per_window     = integer(100, "connections of an IP in a window, then 421 HL:IFC (rule vendor-told; number invented)"),
  connections_per_day        = integer(20000, "connections of an IP in a day, then 554 HL:ITC (rule vendor-told; number folklore)"),
  unknown_share              = ratio("1/5", "unknown recipients among the last ones of an IP, then 421 HL:REP (rule doc; number invented)"),
  unknown_of                 = integer(50, "how many recipients of an IP are looked at for that (invented)"),
  forged_domains             = integer(3, "forged sender domains of an IP in a window, then 421 HL:MEP (rule doc; number invented)"),
  auth_failures_per_window   = integer(10, "failed logins of an IP in a window, then 554 IP is rejected (rule doc; number invented)"),
  icc_block                  = duration("0s", "how long an IP is barred behind HL:ICC; 0s: until it has closed a connection (doc says for a while)"),
  block                      = duration("15m", "how long HL:REP, HL:IFC and HL:MEP last (shaper, whose pause it is)"),
  window                     = duration("15m", "the window of the limits that have one (doc for MI:SFQ; vendor-told for HL:IFC)"),
  zone                       = text("+08:00", "where the day of the daily limits begins (invented: time in China)"),

  -- Limits on a connection and on senders.
  messages_per_connection       = integer(7, "messages of a connection, then MI:DMC (shaper; 11 seen on submission)"),
  dmc_code                      = choice({ "450", "451" }, "the code of MI:DMC: the page has both (doc)"),
  recipients_per_connection     = integer(500, "recipients of a connection, then 450 RP:DRC (rule doc; number invented)"),
  recipients_per_message        = integer(100, "recipients of a message, then 550 RP:RCL (rule doc; number invented)"),
  bulk_recipients               = integer(0, "recipients of a message, then 550 too much recipient (rule doc; number invented)"),
  commands_per_connection       = integer(1000, "commands of a connection, then 450 MI:CCL or RP:CCL (rule doc; number invented)"),
  errors_per_connection         = integer(10, "wrong commands of a connection, then MI:CEL or RP:CEL (rule doc; number invented)"),
  auth_failures_per_connection  = integer(3, "failed logins of a connection, then 451 too much fail authentication (rule doc; number invented)"),
  messages_per_window           = integer(500, "messages of a sender in a window, then 451 MI:SFQ (vendor-told, of the enterprise product)"),
  messages_per_day              = integer(1000, "messages of a sender in a day, then 554 MI:STC (vendor-told, of the enterprise product)"),
  connections_per_sender_day    = integer(1000, "connections of a sender in a day, then 550 MI:STC (rule doc; number invented)"),
  recipients_per_window         = integer(1000, "recipients of a sender in a window, then 451 RP:QRC (rule doc; number invented)"),
  recipients_per_day            = integer(5000, "recipients of a sender in a day, then 550 RP:TRC (rule doc; number invented)"),
  messages_per_recipient_day    = integer(0, "messages for a recipient in a day, then 550 RP:ORQ (tag shaper; rule and number invented)"),

  -- Recipients and senders.
  unknown_user   = text("^nobody", "Lua pattern of the local parts that do not exist (invented)"),
  suspended_user = text("^suspended", "Lua pattern of the local parts that are suspended (invented)"),
  local_sender   = choice({ "refuse", "accept" }, "a sender of these domains at an MX: 553 (wild)"),
  null_sender    = choice({ "accept", "refuse" }, "MAIL FROM:<>; to refuse it is on the page, and keeps bounces out (doc)"),
  wrong_password = text("^wrong", "Lua pattern of the users whose AUTH fails (invented)"),

  -- Who counts as failing what is not looked up here. Lists as in lib/who.lua: IPs, networks, senders, domains, *.
  meets      = text("", "any refusal for whom you like: HL:IHU=198.51.100.7 MI:SPB=news@shop.example DT:SPM/554=shop.example"),
  sender_zones = text("", "file or module with the zones of senders: SPF and DMARC are evaluated for them (invented)"),
  spf_fail   = text("", "whose SPF counts as failed: 550 MI:SPF (doc)"),
  dmarc_fail = text("", "whose From domain's DMARC counts as failed: 550 MI:DMA (doc)"),
  rbl_listed = text("", "who counts as listed on a blocklist: DT:RBL (doc)"),
  forged     = text("", "which sender domains count as forged: HL:MEP (doc)"),

  -- Content.
  spam                = text("", "Lua pattern of the content that counts as spam (invented)"),
  spam_code           = choice({ "554", "550" }, "the code of DT:SPM for such content (doc; wild for 554)"),
  from_mismatch       = boolean(false, "From in another domain than the envelope's sender: 554 DT:SUM (doc; wild has it accepted)"),
  illegal_attachments = boolean(true, "attachments of forbidden types: 552 (doc)"),
  attachment_types    = text("uu pif scr mim hqx bhx cmd vbs bat com vbe vb js wsh", "the forbidden endings of names (doc, which adds: and so on)"),
  size_max            = integer(73400320, "octets of a message, then 552; not more than is offered (wild)"),

  -- A sender that is not known.
  first_contact      = boolean(true, "451 DT:SPM for a sender that is not known yet (wild)"),
  first_contact_wait = duration("15m", "until a new sender is taken (wild says 15 min, doc says 2 min)"),
  early_retry        = choice({ "lenient", "strict" }, "a new sender that comes back early: 451 again, or 554 (wild, once)"),
  next_mx_within     = duration("2m", "a further try so soon is a walk along the MX hosts, and not early (inferred; 3 s seen)"),

  -- 451 4.3.2 Internal server error.
  internal_error        = ratio("1/50", "chance of 451 4.3.2, for each try or whoever internal_error_by names (invented)"),
  internal_error_like   = choice({ "coremail", "nginx" }, "nginx: what a proxy in front would do: at RCPT, and closes (wild: nginx's source)"),
  internal_error_stage  = choice({ "message", "connect", "auth", "mail", "rcpt", "data" }, "where it is said (folklore for message; wild for auth and rcpt)"),
  internal_error_delay  = duration("30s", "longest wait before it (folklore)"),
  internal_error_close  = choice({ "no", "close", "reset" }, "what becomes of the connection (inferred; wild for close with nginx)"),
  internal_error_by     = choice({ "try", "ip", "sender", "domain", "template" }, "chance decides for each try, or once for an IP, a sender, a sender's domain, an X-Template-ID (folklore)"),
  internal_error_sticky = duration("6h", "how long such a decision lasts (invented)"),
  internal_error_first  = integer(0, "first tries of every delivery that meet it for certain (invented; at rcpt and message)"),
  internal_error_text   = choice({ "4.3.2", "page" }, "451 4.3.2 Internal server error, or the page's local error in processing (doc)"),
  outage_for            = duration("0s", "from the first connection on, everybody's tries fail like this for so long (folklore)"),
  outage_after          = duration("0s", "so long after the first connection it begins (invented)"),
}

local presets = {
  cause = {
    internal_intermittent = { internal_error = "1/4", first_contact = false },
    internal_wide         = { outage_for = "6h", internal_error = "0", first_contact = false },
    content               = { spam = "[Cc]ontent%-[Dd]isposition:%s*attachment", texts = "generic", internal_error = "0", first_contact = false },
    -- folklore: what a new sender may do, 150 messages an hour and 500 a day.
    reputation            = { first_contact = true, messages_per_window = 38, messages_per_day = 500, internal_error = "1/3",
                              internal_error_by = "sender", internal_error_sticky = "1d", texts = "generic" },
    authentication        = { spf_fail = "*", texts = "generic", internal_error = "0", first_contact = false },
    -- folklore: one connection of an IP at a time.
    rate_route            = { connections_at_once = 1, messages_per_connection = 2, messages_per_window = 38, messages_per_day = 500,
                              texts = "generic", internal_error = "0", first_contact = false },
  },
  internal_error_like = {
    nginx = { internal_error_stage = "rcpt", internal_error_close = "close" },
  },
}

return { params = params, presets = presets }
