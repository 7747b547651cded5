// One step for each mechanism that has one; LOGIN has two.
#include "smtp/auth.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/text.h"

namespace fakemx::smtp {

namespace {

std::string hmac_md5(std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    HMAC(EVP_md5(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest.at(i));
    return hex;
}

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<Mechanism> mechanism_named(std::string_view name) {
    for (std::size_t i = 0; i < mechanism_names.size(); ++i) {
        if (equal_ignoring_case(name, mechanism_names[i])) return static_cast<Mechanism>(i);
    }
    return std::nullopt;
}

Mechanisms mechanisms_in(std::string_view offer_line) {
    Mechanisms mechanisms;
    constexpr std::string_view separators = " =";
    std::string_view rest = offer_line;
    rest.remove_prefix(std::min(rest.find_first_of(separators), rest.size()));
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const std::string_view word = rest.substr(0, rest.find_first_of(separators));
        if (const auto mechanism = mechanism_named(word))
            mechanisms.set(static_cast<std::size_t>(*mechanism));
        rest.remove_prefix(word.size());
    }
    return mechanisms;
}

AuthExchange::AuthExchange(Mechanism mechanism, std::string challenge, bool certified)
    : facts_{.mechanism = mechanism, .user = {}, .identity = {}}, certified_(certified) {
    if (mechanism == Mechanism::cram_md5) challenge_ = std::move(challenge);
}

AuthExchange::Progress AuthExchange::begin(std::optional<std::string_view> initial) {
    if (!initial) return Progress::challenge;
    // RFC 4954 §4: where the server speaks first there is no initial response. Clients of LOGIN send the
    // user name all the same, and servers take it.
    if (facts_.mechanism == Mechanism::cram_md5) return Progress::malformed;
    return *initial == "=" ? respond({}) : take(*initial);
}

AuthExchange::Progress AuthExchange::take(std::string_view line) {
    const auto response = decode_base64(line);
    return response ? respond(*response) : Progress::malformed;
}

AuthExchange::Progress AuthExchange::respond(const std::string& response) {
    switch (facts_.mechanism) {
        case Mechanism::plain: {
            // [authzid] NUL authcid NUL passwd
            const std::size_t first = response.find('\0');
            const std::size_t second =
                response.find('\0', first == std::string::npos ? first : first + 1);
            if (second == std::string::npos || second == first + 1) return Progress::malformed;
            facts_.identity = response.substr(0, first);
            facts_.user = response.substr(first + 1, second - first - 1);
            secret_ = response.substr(second + 1);
            return Progress::complete;
        }
        case Mechanism::login:
            if (!user_given_) {
                user_given_ = true;
                facts_.user = response;
                return Progress::challenge;
            }
            secret_ = response;
            return Progress::complete;
        case Mechanism::cram_md5: {
            // user SP digest, in lower-case hex
            const std::size_t blank = response.rfind(' ');
            if (blank == std::string::npos || blank == 0) return Progress::malformed;
            facts_.user = response.substr(0, blank);
            secret_ = response.substr(blank + 1);
            return Progress::complete;
        }
        case Mechanism::xoauth2: {
            // "user=" user ^A "auth=Bearer " token ^A ^A
            const std::size_t end = response.find('\1');
            if (!response.starts_with("user=") || end == std::string::npos)
                return Progress::malformed;
            constexpr std::string_view bearer = "auth=Bearer ";
            std::string_view rest = std::string_view{response}.substr(end + 1);
            if (!equal_ignoring_case(rest.substr(0, bearer.size()), bearer) ||
                !rest.ends_with("\1\1"))
                return Progress::malformed;
            facts_.user = response.substr(5, end - 5);
            rest.remove_prefix(bearer.size());
            rest.remove_suffix(2);
            secret_ = rest;
            return Progress::complete;
        }
        case Mechanism::external: facts_.identity = response; return Progress::complete;
    }
    return Progress::malformed;
}

std::string AuthExchange::challenge() const {
    return encode_base64(challenge_);
}

bool AuthExchange::fits(const Users& users) const {
    if (facts_.mechanism == Mechanism::external) return certified_;
    if (users.empty()) return true;
    const auto found = users.find(facts_.user);
    if (found == users.end()) return false;
    return same(facts_.mechanism == Mechanism::cram_md5 ? hmac_md5(found->second, challenge_)
                                                        : found->second,
                secret_);
}

std::optional<std::string> error_challenge(Mechanism mechanism) {
    if (mechanism != Mechanism::xoauth2) return std::nullopt;
    // As Google documents it; RFC 7628 §3.2.2 made a standard of it. To the letter, because clients look at it.
    return encode_base64(
        R"({"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"})");
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const std::string_view digits = text.substr(0, text.size() - padding);
    const bool clean = std::all_of(digits.begin(), digits.end(), [](char c) {
        return is_ascii_letter(c) || is_ascii_digit(c) || c == '+' || c == '/';
    });
    if (!clean) return std::nullopt;
    std::string octets(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    octets.resize(octets.size() - padding);
    return octets;
}

std::string encode_base64(std::string_view octets) {
    std::string text((octets.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(octets.data()),
                                     static_cast<int>(octets.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

}  // namespace fakemx::smtp
