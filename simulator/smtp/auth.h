// AUTH (RFC 4954): the exchange of one SASL mechanism, line by line, and whether what came fits a user. Secrets
// stay in here: what goes out says who it was, never how they proved it.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fakemx::smtp {

enum class Mechanism : std::uint8_t {
    plain,     ///< RFC 4616
    login,     ///< draft-murchison-sasl-login
    cram_md5,  ///< RFC 2195
    xoauth2,   ///< as Google and Microsoft document it
    external,  ///< RFC 4422 appendix A: by the client's certificate
};

inline constexpr std::array<std::string_view, 5> mechanism_names{"PLAIN", "LOGIN", "CRAM-MD5",
                                                                 "XOAUTH2", "EXTERNAL"};

constexpr std::string_view name(Mechanism mechanism) {
    return mechanism_names.at(static_cast<std::size_t>(mechanism));
}

std::optional<Mechanism> mechanism_named(std::string_view name);

/// By Mechanism.
using Mechanisms = std::bitset<mechanism_names.size()>;

/// Those that a line of an EHLO reply names: "AUTH PLAIN LOGIN" (RFC 4954 §3), or "AUTH=PLAIN LOGIN", an older form.
Mechanisms mechanisms_in(std::string_view offer_line);

/// User name to password, or to the bearer token of XOAUTH2.
using Users = std::map<std::string, std::string, std::less<>>;

/// Who has shown what.
struct AuthFacts {
    Mechanism mechanism = Mechanism::plain;
    std::string user;  ///< authentication identity
    std::string
        identity;  ///< authorization identity, where the mechanism has one and the client gave it

    bool operator==(const AuthFacts&) const = default;
};

class AuthExchange {
public:
    /// `challenge` is what CRAM-MD5 sends, and must differ from one exchange to the next. `certified`: the
    /// client has shown a certificate, which is what EXTERNAL goes by.
    AuthExchange(Mechanism mechanism, std::string challenge, bool certified);

    enum class Progress : std::uint8_t {
        challenge,  ///< 334 with challenge(), and another line
        complete,
        malformed,  ///< no base64, or not what the mechanism says
    };

    /// The initial response of the AUTH command: "=" for an empty one, nothing without one.
    Progress begin(std::optional<std::string_view> initial);
    /// A line of the client, in base64.
    Progress take(std::string_view line);

    /// In base64, as the reply carries it. LOGIN has none of its own: its words are the host's.
    std::string challenge() const;
    /// LOGIN: it is for the user's name, and not for the password.
    bool asks_for_user() const { return !user_given_; }
    const AuthFacts& facts() const { return facts_; }

    /// Whether the proof fits. Without any users declared every well-formed proof does.
    bool fits(const Users& users) const;
    /// That of a complete exchange; empty where there is none.
    const std::string& proof() const { return secret_; }

private:
    Progress respond(const std::string& response);

    AuthFacts facts_;
    std::string challenge_;
    std::string secret_;
    bool certified_;
    bool user_given_ = false;  // LOGIN asks twice
};

/// What a mechanism says to a refused client in one more challenge, in front of the reply; nothing where it has no such
/// word. In base64, as the reply carries it.
std::optional<std::string> error_challenge(Mechanism mechanism);

/// RFC 4648 §4, strict: the alphabet, padded, no blanks.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view octets);

}  // namespace fakemx::smtp
