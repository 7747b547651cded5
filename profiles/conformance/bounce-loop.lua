-- What cannot be delivered goes back to the author, and what cannot be delivered to the author goes nowhere. RFC 5321 §4.5.5, §6.1: a
-- notice has the null reverse path, goes to the address in MAIL and not to one of the header section, and no notice is ever sent about a
-- notice.
local mx = require "fakemx"
local variations = require "fakemx.variations"

local unknown = mx.reply(550, "5.1.1", "No such user")

local all = variations {
  -- Four addresses of the author: the notice goes to the one in MAIL.
  {
    name = "away", on = { rcpt = unknown },
    letter = {
      from   = "returns@sender.test",
      header = { "From: Ann <author@from.test>", "Reply-To: answers@reply.test", "Sender: secretary@secretary.test" },
    },
  },
  -- The author's own host refuses notices. The second letter makes it known to whoever has a table of hosts.
  {
    name = "home", on = { rcpt = function(s) if s.from == "" then return unknown end end },
    letters = {
      { from = "ann@home.test", to = "nobody@away.test", host = "away.test" }, { to = "postmaster@home.test" },
    },
  },
}

mx.profile { summary = "refuses mail, and the notices about it", hosts = all.hosts }

mx.scenario {
  summary   = "a message is refused, and then the notice about it: no third one follows",
  send      = all.send,
  senders   = { "mta", "relay", "bulk" },
  clock     = "shared",
  over      = "settled",
  horizon   = "8d",
  watch     = "6d",
  notices   = { "sender.test", "from.test", "reply.test", "secretary.test" },
  exercises = {
    "null-sender-bounce", "no-bounce-of-bounce", "bounce-recipient",
  },
}
