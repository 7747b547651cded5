// Every bound of the program in one table, each with its reason. Nothing grows without one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.h"

namespace fakemx::limits {

// --- Sizes of RFC 5321 §4.5.3.1. A receiver must take at least these; fakemx takes no more, so that
// --- a sender that relies on more is seen.

/// §4.5.3.1.1: the local part of a path.
inline constexpr std::size_t local_part_octets_max = 64;
/// §4.5.3.1.2: a domain.
inline constexpr std::size_t domain_octets_max = 255;
/// §4.5.3.1.3: a path, with its punctuation and angle brackets.
inline constexpr std::size_t path_octets_max = 256;
/// §4.5.3.1.4: a command line with its CRLF, before extensions lengthen it.
inline constexpr std::size_t command_line_octets_max = 512;
/// §4.5.3.1.6: a line of the message with its CRLF, without the dot added for transparency. Longer
/// lines are taken and counted.
inline constexpr std::size_t text_line_octets_max = 1000;

// --- One session.

/// What an anomaly shows of a line, or of input that was left over.
inline constexpr std::size_t anomaly_octets_max = 64;
/// A line of an AUTH exchange, and AUTH with an initial response: RFC 4954 §4.
inline constexpr std::size_t auth_line_octets_max = 12'288;
/// A line without an end is thrown away from here on and answered with 500. More than the longest line that
/// any extension allows, so that the answer can still name the verb.
inline constexpr std::size_t line_octets_kept = 16'384;
/// A PROXY header of version 2. Its addresses take 232 octets at most, and what proxies put behind them (host
/// name, connection id, facts of TLS) a few hundred; a client's certificate fits as well. Less than
/// input_octets_kept, where it is gathered.
inline constexpr std::size_t proxy_header_octets_max = 16'384;
/// Input kept behind an unanswered question; beyond it the driver stops reading. A pipelining
/// client (RFC 2920) sends a few KiB; one that streams into a sleeping hook is held by TCP instead.
inline constexpr std::size_t input_octets_kept = 64 * 1024;
/// What a profile and the journal may see of a message. The rest is counted, hashed and dropped: one
/// session must not be able to take the machine's memory.
inline constexpr std::size_t message_octets_kept = 256 * 1024;
/// Header fields beyond this part of a message are not looked at. Larger than any header section
/// seen in practice (RFC 5322 sets no bound; common receivers stop at 64 to 256 KiB).
inline constexpr std::size_t header_octets_kept = 64 * 1024;
/// Parts of a message that are kept apart; the rest is counted. What people mail has a few dozen; a report of a mail system with
/// a message in each part a few hundred. Half a KiB each.
inline constexpr std::size_t mime_parts_max = 1000;
/// Parts inside parts. Deeper ones are taken as they stand: every level is compared with every line that may be a delimiter.
inline constexpr std::size_t mime_depth_max = 32;
/// A delimiter's boundary: RFC 2046 §5.1.1 allows 70, and who writes more is still understood.
inline constexpr std::size_t mime_boundary_octets_max = 256;
/// A word that a part says of itself (type, charset, disposition), or its file name: most file systems stop at 255 octets.
inline constexpr std::size_t mime_word_octets_max = 256;
/// A line of a message is looked at as a whole up to here: more than any delimiter, and text_line_octets_max.
inline constexpr std::size_t mime_line_octets_max = 1024;
/// The value of a header field that GMime takes apart. Its parameters are compared with one another: a file name of 255 octets
/// takes 1 KiB in RFC 2231's form, and 64 KiB of empty parameters would take a second.
inline constexpr std::size_t mime_field_octets_max = 8 * 1024;
/// Attachments, charsets, host names of links and names of an archive that the traits of a message list.
inline constexpr std::size_t traits_listed_max = 100;
/// File names that are read out of one archive.
inline constexpr std::size_t archive_names_max = 1000;
/// RFC 7208 §4.6.4: terms of SPF that look something up, those of them that find nothing, and hosts of one MX or PTR.
inline constexpr std::uint32_t spf_lookups_max = 10;
inline constexpr std::uint32_t spf_void_lookups_max = 2;
inline constexpr std::size_t spf_names_max = 10;
/// Signatures of one message that are checked (RFC 6376 §6.1 leaves it to the verifier). Over 256 KiB one takes 0.6 ms, and a hook has 10.
inline constexpr std::size_t dkim_signatures_max = 10;
/// What SIZE offers when a profile names no size, and the most that a profile may name.
inline constexpr std::uint64_t message_octets_default = 70ULL * 1024 * 1024;
inline constexpr std::uint64_t message_octets_max = 4ULL * 1024 * 1024 * 1024;
/// Recipients of one transaction unless the profile says otherwise (§4.5.3.1.8 wants 100 at least), and
/// the most it may say.
inline constexpr std::uint32_t recipients_default = 1000;
inline constexpr std::uint32_t recipients_max = 50'000;
/// RFC 5321 §4.5.3.2.7: a server waits at least five minutes for the next command.
inline constexpr Duration idle_timeout_default = 5min;
/// A silent session (`mx.silence()`) is kept this long: longer than the longest wait that
/// RFC 5321 §4.5.3.2 gives a client (ten minutes for the final dot), several times over.
inline constexpr Duration silence_max = 1h;
/// Commands answered with 5yz by the protocol itself, after which the session ends with 421. Enough
/// for a person at a terminal; a client that loops over errors is stopped.
inline constexpr std::uint32_t protocol_errors_max = 100;
/// The octets of one reply, with all its lines. A profile may exceed every limit of RFC 5321 on
/// purpose, but not fill the memory.
inline constexpr std::size_t reply_octets_max = 256 * 1024;
/// Times that a delay by chance (`fakemx sink -W COMMAND:SECONDS:ODDS`) may be prolonged. With odds of 99 in
/// 100, one delay in 23,000 would be longer.
inline constexpr std::uint32_t delay_multiple_max = 1000;
/// Output waiting for a client that does not read; beyond it, nothing more is read from the client.
inline constexpr std::size_t output_octets_kept = 256 * 1024;
/// A window that a host asks for, and the octets after which a handshake goes wrong or something is said in
/// the middle of a message: more than any of them needs.
inline constexpr std::uint64_t receive_window_max = 16 * 1024 * 1024;
inline constexpr std::uint64_t fault_octets_max = 1024ULL * 1024 * 1024;
/// Late replies (`:late`) of one session that have not left; the next one is waited for.
inline constexpr std::size_t late_replies_max = 64;
/// Follow-ups (`:and_then`) of one session that wait for their time. One that comes too many is left out; a
/// profile that orders one with every reply of a long transaction needs a few.
inline constexpr std::size_t follow_ups_max = 64;
/// Pieces of one dripped or sliced reply.
inline constexpr std::size_t reply_pieces_max = 65'536;

// --- The whole server.

/// Sessions at once unless told otherwise: the goal of 100,000 sleeping sessions, and some.
inline constexpr std::size_t sessions_max = 120'000;
/// Deliveries remembered, so that a try is recognised as a retry; the one seen longest ago goes
/// first. About 300 octets each.
inline constexpr std::size_t deliveries_kept = 1'000'000;
/// What a message is recognised by, and what the journal repeats per recipient. A Message-ID that is
/// longer (RFC 5322 allows a line of 998 octets, damaged ones are longer) is known by its hash.
inline constexpr std::size_t identity_octets_max = 256;
/// Keys in all stores of `mx.state` together. About 150 octets each.
inline constexpr std::size_t state_keys_max = 1'000'000;
/// Lines and keys whose earlier decisions by chance are counted; the one asked longest ago goes first
/// and would begin anew. About 200 octets each.
inline constexpr std::size_t decisions_kept = 100'000;
/// Hits or members kept under one key of `mx.state`.
inline constexpr std::size_t state_members_max = 100'000;
/// Octets of one key or text value in `mx.state`.
inline constexpr std::size_t state_text_octets_max = 4096;
/// Batches between the engine and the journal's writer; at the bound the engine waits, so that a
/// slow disk slows the server down rather than filling the memory or losing events.
inline constexpr std::size_t journal_queue_max = 4096;
/// Octets of those batches: a batch may carry a message of message_octets_kept. A few hundred of
/// those, or every batch of ordinary size that the bound above allows.
inline constexpr std::size_t journal_queue_octets_max = 64 * 1024 * 1024;
/// The body of one request to the control interface: room for what a profile remembers.
inline constexpr std::size_t control_octets_max = 64 * 1024 * 1024;
/// Octets of a session's input that it has not looked at, as the journal keeps them back: whether they are secrets is
/// not known before. What a driver hands over at once and what a session keeps behind a question fit several times; a
/// line of a megabyte does not, and from there on the journal cannot be replayed.
inline constexpr std::size_t unread_octets_recorded = 1024 * 1024;
/// Octets of one message that the journal keeps for replay beside message_octets_kept: more than what people mail, and
/// far less than a disk. From there on the journal cannot be replayed.
inline constexpr std::uint64_t message_octets_recorded = 16 * 1024 * 1024;
/// Recorded inputs that are gathered before they are written, whatever becomes of the events: one read of a socket.
inline constexpr std::size_t inputs_batch_octets = 64 * 1024;
/// Events of one session that are gathered before they are written together.
inline constexpr std::size_t journal_batch_events = 64;

// --- The name server.

/// Octets of one query. A name, a cookie and padding (RFC 7830) take a few hundred.
inline constexpr std::size_t dns_query_octets_max = 4096;
/// Octets of an answer over UDP, whatever the client takes: what resolvers offered before they feared fragments.
inline constexpr std::uint16_t dns_udp_octets_max = 4096;
/// Aliases that one answer follows.
inline constexpr std::size_t dns_aliases_max = 16;
/// Queries at once that wait for their answer (a hook is asleep, or the answer is held back); the next one gets
/// SERVFAIL. Resolvers have a few under way for each name.
inline constexpr std::size_t dns_queries_waiting_max = 10'000;
/// Connections at once, and octets that wait for one of them to read.
inline constexpr std::size_t dns_connections_max = 1000;
inline constexpr std::size_t dns_output_octets_max = 256 * 1024;
/// Names of one profile, and records under one name: with ten addresses each, those of a receiver with hundreds of
/// hosts. What does not fit into a message is an error when it is written.
inline constexpr std::size_t dns_names_max = 100'000;
inline constexpr std::size_t dns_records_max = 1000;

// --- Judging a run.

/// Attempts of one run that are kept for the oracle, and as many sessions and messages. A thousand messages that Postfix tries
/// at two hosts for five days are 220,000. About 500 octets each.
inline constexpr std::size_t oracle_attempts_max = 500'000;
/// Recipients that one notice speaks of. MTAs report on one transaction, or on one queue run of it.
inline constexpr std::size_t notice_recipients_max = 1000;
/// How much of a plain-text notice above the copy of the message is searched for addresses.
inline constexpr std::size_t notice_text_octets_max = 64 * 1024;
/// The longest wait that a reply may ask for: longer than any queue keeps a message. A larger number is something else.
inline constexpr Duration retry_hint_max = std::chrono::hours{30 * 24};
/// Deliveries whose timelines a failed expectation shows; a thousand that fail alike tell no more.
inline constexpr std::size_t exhibits_max = 10;
/// Lines of one timeline. Five days of Postfix are 110 rounds, of which the first and the last and those concerned say
/// everything.
inline constexpr std::size_t timeline_lines_max = 40;
/// Failures of a profile's script that are told in words beside the journal; the rest is counted. They are mostly alike.
inline constexpr std::size_t script_failures_told = 5;
/// Findings of the oracle that a report spells out; the rest is counted.
inline constexpr std::size_t findings_shown_max = 50;

// --- Diagnosis.

/// Attempts of all journals of one report, and as many sessions and messages. With all that is kept beside each, one KiB.
inline constexpr std::size_t report_attempts_max = 2'000'000;
/// Intervals that a report counts volumes by, as for simulations.
inline constexpr std::size_t report_intervals_max = 100'000;
/// Values of one key that a report counts apart, the most frequent ones; the rest is one line.
inline constexpr std::size_t report_segments_max = 200;
/// Traits that are named, one after the other; a cause behind a fifth one is better looked for when that is gone.
inline constexpr std::size_t report_traits_max = 5;
/// Deliveries whose attempts are shown.
inline constexpr std::size_t report_deliveries_shown = 12;

/// Messages that one scenario writes for its command.
inline constexpr std::uint64_t letters_max = 100'000;
/// Expectations of one scenario.
inline constexpr std::size_t expectations_max = 1000;

// --- Simulated senders.

/// Messages of one simulation. With all that is kept of each, some 100 MB.
inline constexpr std::uint32_t simulated_messages_max = 1'000'000;
/// Times that hosts are asked in one simulation: 40 octets are kept of each. A million messages that are
/// accepted at their tenth try, or 90,000 whom a Postfix gives up after five days.
inline constexpr std::size_t simulated_asked_max = 10'000'000;
/// Different answers of a receiver that are told apart, and the octets shown of one.
inline constexpr std::size_t simulated_answers_max = 1000;
/// Intervals that volumes are counted by: ten years by the hour, or a week by the minute eight times over.
inline constexpr std::size_t simulated_intervals_max = 100'000;
/// Steps of a modelled sender's schedule: several times those that any known sender has.
inline constexpr std::size_t retry_steps_max = 100;
/// Connections, hosts for each try, or messages of one connection, of a modelled sender.
inline constexpr std::uint32_t sender_count_max = 100'000;
/// Addresses that a modelled sender sends from: those of 192.0.2.0/24.
inline constexpr std::uint32_t sender_addresses_max = 254;

// --- Profiles.

/// VM instructions for one question; a hook that needs a million is a loop. About 10 ms.
inline constexpr int hook_instructions_max = 1'000'000;
/// VM instructions for loading a profile.
inline constexpr int load_instructions_max = 10'000'000;
/// All Lua values of a profile together: room for 100,000 sleeping hooks of 1.5 KiB and what a
/// profile holds.
inline constexpr std::size_t lua_octets_max = 512ULL * 1024 * 1024;
/// By how much they may grow each time a question runs. A verdict is made of a few KiB, and a message
/// that a profile looks at has at most message_octets_kept.
inline constexpr std::size_t hook_octets_max = 16 * 1024 * 1024;
/// One Lua string: comparing and copying them costs time that no instruction count sees.
inline constexpr std::size_t lua_string_octets_max = 1024 * 1024;
/// Steps that one call of string.find, match, gmatch or gsub may take: a plain search through a whole
/// message fits several times. About 5 ms.
inline constexpr std::uint64_t pattern_steps_max = 1'000'000;
/// A profile's source.
inline constexpr std::size_t profile_octets_max = 1024 * 1024;
/// Files that a profile may require, and manners that it may have: more than anybody can keep apart.
inline constexpr std::size_t modules_max = 64;
inline constexpr std::size_t manners_max = 256;
/// Notes that one question may leave in the journal.
inline constexpr std::size_t notes_max = 16;
/// Octets of one note.
inline constexpr std::size_t note_octets_max = 1024;

}  // namespace fakemx::limits
