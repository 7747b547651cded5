-- Messages with octets that a sender can get wrong on their way: dots at the beginning of lines, line ends of other systems, sequences that
-- a lenient receiver takes for the end of data, long lines, control characters, octets over 127. Each is a table of the fields that a
-- letter of mx.scenario takes:
--
--   local fixtures = require "fakemx.fixtures"
--   send = { fixtures.to("bob@example.test", "dots"), fixtures.to("bob@example.test", "lone_cr") }
--
-- Every body ends with a line that says so: what arrives without it was cut off. docs/reference/conformance-pack.md
local last = "This is the last line.\r\n"

-- Lines of "." and ".a" by turns, 7 octets as they are and 9 with their dots doubled: both are odd, so that each place of the pattern comes
-- to lie at the edge of a buffer, whatever power of two its size is.
local function dots_everywhere(octets)
  return (".\r\n.a\r\n"):rep(octets // 7)
end

-- What begins as a second message, where somebody believes that the first one has ended.
local forged = "MAIL FROM:<forged@sender.test>\r\nRCPT TO:<bob@forged.test>\r\nDATA\r\nSubject: forged\r\n\r\nforged\r\n.\r\n"

local function smuggle(sequence)
  return "Before it.\r\n" .. "x" .. sequence .. forged .. last
end

local mime = { "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit" }

local fixtures = {}

fixtures.letters = {
  -- RFC 5321 §4.5.2: a dot at the beginning of a line is doubled, on every line: the first, the last, behind an empty one.
  dots = { body = ".\r\n..\r\n...\r\n.x\r\n\r\n.\r\n.leading\r\nin.the.middle.\r\n" .. last .. ".\r\n" },
  -- The same where a sender reads and writes in blocks.
  dots_at_edges = { body = dots_everywhere(160000) .. last },
  -- RFC 5321 §2.3.8: lines end with CRLF on the wire, whatever they end with in a file.
  line_feeds = { body = "Lines that end\nas they do\n.\non Unix.\n" .. last:gsub("\r", "") },
  one_line_feed = { body = "One of these lines\nends with LF.\r\n" .. last },
  lone_cr = { body = "A lone CR \r inside of a line,\r\nat its end\r\r\nand before a dot\r.\r\n" .. last },
  -- §4.1.1.4: nothing but CRLF . CRLF ends the data. These are what lenient receivers take for it.
  smuggle_lf = { body = smuggle "\n.\n" },
  smuggle_lf_crlf = { body = smuggle "\n.\r\n" },
  smuggle_cr = { body = smuggle "\r.\r" },
  smuggle_crlf_cr = { body = smuggle "\r\n.\r" },
  -- §4.1.1.4: a message without a final line end gets one, and one that has it gets no other.
  no_final_newline = { body = last .. "It breaks off here" },
  ends_with_cr = { body = last .. "It ends with CR\r" },
  empty_lines_last = { body = last .. "\r\n\r\n" },
  -- §4.5.3.1.6: 1000 octets with CRLF.
  line_of_998 = { body = ("x"):rep(998) .. "\r\n" .. last },
  line_of_999 = { body = ("x"):rep(999) .. "\r\n" .. last },
  line_of_5000 = { body = ("x"):rep(5000) .. "\r\n" .. last },
  -- §4.1.1.4: control characters other than HT, CR and LF are best avoided; NUL ends strings in many a program.
  controls = { body = "A NUL \0, a \x1a and a \x08.\r\n" .. last },
  -- RFC 6152: octets over 127 need 8BITMIME.
  eight_bit = { header = mime, body = "Gr\u{fc}\u{df}e, \u{4f60}\u{597d}\r\n" .. last },
  -- RFC 5321 §4.5.3.1.6 is for the header section as well; RFC 5322 §2.1.1 asks for lines of at most 78.
  long_header = { header = { "X-Long: " .. ("word "):rep(400) }, body = last },
  -- More than a sender reads at once.
  big = { size = "200KiB" },
}

-- A letter with the content of one of them. `more`: further fields.
function fixtures.to(recipients, name, more)
  local letter = { from = "ann@sender.test", to = recipients, subject = "fixture " .. name }
  for field, value in pairs(fixtures.letters[name] or error("fixtures: there is no '" .. tostring(name) .. "'", 2)) do
    letter[field] = value
  end
  for field, value in pairs(more or {}) do letter[field] = value end
  return letter
end

return fixtures
