-- CHUNKING and BINARYMIME (RFC 3030): BDAT says how many octets follow, and exactly so many do: no dot is doubled and none ends the
-- message. Chunks are refused, replies to RCPT take their time, BINARYMIME is offered without CHUNKING.
--
-- A good sender that uses BDAT waits until a recipient was taken, sends text with CRLF, ends with one LAST, and behind a chunk that was
-- refused sends RSET and no other chunk. One that does not use it is not asked to.
local mx = require "fakemx"
local fixtures = require "fakemx.fixtures"
local variations = require "fakemx.variations"

local first = variations.first

local no_room = mx.reply(452, "4.3.1", "No room for this chunk")
local refused = mx.reply(554, "5.6.0", "Not this chunk")
local several_chunks = { size = "1MiB" }

-- A small message is one chunk, with LAST, which asks the hook message.
local function chunks(verdict)
  return { bdat = verdict, message = verdict }
end

local all = variations {
  {
    name = "chunking",
    letters = {
      {}, fixtures.to("bob@chunking.test", "dots"), fixtures.to("bob@chunking.test", "line_feeds"),
      fixtures.to("bob@chunking.test", "no_final_newline"), several_chunks,
    },
  },
  { name = "slow-rcpt", to = { "anna", "bob" }, on = { rcpt = mx.accept():after "2s" } },
  { name = "nobody", on = { rcpt = mx.reply(550, "5.1.1", "No such user") } },
  { name = "452-to-a-chunk", letters = { several_chunks, {} }, on = chunks(first(no_room)) },
  { name = "554-to-a-chunk", letters = { several_chunks, {} }, on = chunks(first(refused)) },
  {
    name = "without-pipelining", letter = several_chunks, on = chunks(first(no_room)),
    host = { extensions = { "8BITMIME", "CHUNKING" } },
  },
  { name = "binary", letter = several_chunks, host = { extensions = { "PIPELINING", "8BITMIME", "CHUNKING", "BINARYMIME" } } },
  { name = "binary-without-chunking", on = { ehlo = mx.reply(250, nil, { "binary-without-chunking.test", "8BITMIME", "BINARYMIME" }) } },
}

mx.profile { summary = "CHUNKING, in another way at each of its hosts", hosts = all.hosts, extensions = { "PIPELINING", "8BITMIME", "CHUNKING" } }

mx.scenario {
  summary   = "CHUNKING: exact sizes, dots and line ends in chunks, chunks that are refused",
  send      = all.send,
  over      = "settled",
  horizon   = "6d",
  watch     = "10m",
  notices   = { "sender.test" },
  exercises = {
    "bdat-after-rcpt", "bdat-exact-size", "bdat-last", "bdat-stop-on-error", "bdat-rset-after-fail", "bdat-no-mix",
    "bdat-crlf", "binarymime-conditions", "bdat-no-stuffing",
  },
}
