// What situations are made of: letters, receivers in Lua, and the parts that they are gathered from, one for each file.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "conformance/situations.h"

namespace fakemx::test {

/// What retries, notices and other rules on a whole run need.
void add_queue(std::vector<Situation>& all);
/// How the hosts of a domain are found and chosen.
void add_names(std::vector<Situation>& all);
void add_innocent_names(std::vector<Situation>& all);
/// What arrives against what was given, what the sender believes, and notices.
void add_results(std::vector<Situation>& all);

/// What the rest of the rules on single sessions need.
void add_sessions(std::vector<Situation>& all);

/// Clients that are ahead of, or behind, what the receiver says: replies on their way, one reply too many, waits that end with QUIT.
void add_steps(std::vector<Situation>& all);
void add_innocent_steps(std::vector<Situation>& all);

inline Letter letter(std::string_view body = "Hello.\r\n", std::string_view fields = "") {
    static int number = 0;
    Letter made;
    made.text = fmt::format(
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nFrom: ann@sender.example\r\nTo: "
        "bob@receiver.example\r\n"
        "Message-ID: <{}@sender.example>\r\nSubject: hello\r\n{}\r\n{}",
        ++number, fields, body);
    return made;
}

inline Letter to(std::vector<std::string> recipients) {
    Letter made = letter();
    made.to = std::move(recipients);
    return made;
}

inline constexpr std::string_view no_pipelining = R"(extensions = { "8BITMIME", SIZE = "1MiB" })";
inline constexpr std::string_view bare = "extensions = {}";
inline constexpr std::string_view starttls =
    R"(extensions = { "PIPELINING", "STARTTLS", "DSN" }, extensions_in_tls = { "PIPELINING" })";
inline constexpr std::string_view auth =
    R"(extensions = { "PIPELINING", "AUTH PLAIN" }, users = { ann = "secret" })";
inline constexpr std::string_view chunking = R"(extensions = { "CHUNKING" })";
inline constexpr std::string_view mime =
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
    "8bit\r\n";

inline std::string on(std::string_view hook, std::string_view body) {
    return fmt::format("function mx.on.{}(s)\n  {}\nend\n", hook, body);
}

inline std::string answers(std::string_view hook, std::string_view verdict) {
    return on(hook, fmt::format("return {}", verdict));
}

inline std::string first_time(std::string_view hook, std::string_view verdict) {
    return fmt::format(
        "function mx.on.{0}(s)\n  if mx.state(\"times\"):add(\"{0}\") == 1 then return {1} "
        "end\nend\n",
        hook, verdict);
}

}  // namespace fakemx::test
