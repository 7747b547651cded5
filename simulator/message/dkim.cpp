// Canonical forms, and a signature over them; the cryptography is OpenSSL's.
#include "message/dkim.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/limits.h"
#include "core/text.h"
#include "message/encoding.h"
#include "message/header_section.h"

namespace fakemx::message {

namespace {

/// A field with the line ends in it, as it was sent.
struct RawField {
    std::string_view name;
    std::string_view text;  // name, colon, value, and the last CRLF
};

struct RawMessage {
    std::vector<RawField> fields;
    std::map<std::string, std::vector<std::size_t>, std::less<>> by_name;  // lower case
    std::string_view body;
};

RawMessage take_apart(std::string_view content) {
    RawMessage message;
    std::size_t at = 0;
    while (at < std::min(content.size(), limits::header_octets_kept)) {
        const std::size_t end = content.find('\n', at);
        const std::size_t next = end == std::string_view::npos ? content.size() : end + 1;
        std::string_view line = content.substr(at, next - at);
        while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) {
            at = next;
            break;
        }
        if (!is_header_line(line)) break;
        if (line.front() == ' ' || line.front() == '\t') {
            if (message.fields.empty()) break;
            std::string_view& text = message.fields.back().text;
            text = std::string_view{text.data(), text.size() + (next - at)};
        } else {
            message.fields.push_back(
                {trim(line.substr(0, line.find(':'))), content.substr(at, next - at)});
        }
        at = next;
    }
    for (std::size_t i = 0; i < message.fields.size(); ++i)
        message.by_name[ascii_lower(message.fields[i].name)].push_back(i);
    message.body = content.substr(std::min(at, content.size()));
    return message;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// Runs of blanks become one space, none at the end (RFC 6376 §3.4.2, §3.4.4). Line ends are left out; a CR alone is none.
std::string squeezed(std::string_view text) {
    std::string made;
    bool blank = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n' || (c == '\r' && text.substr(i + 1).starts_with('\n'))) continue;
        if (is_blank(c)) {
            blank = true;
            continue;
        }
        if (blank) made += ' ';
        blank = false;
        made += c;
    }
    return made;
}

std::string canonical_field(std::string_view text, bool relaxed) {
    if (!relaxed) return std::string{text};
    const std::size_t colon = text.find(':');
    return ascii_lower(trim(text.substr(0, colon))) + ":" +
           std::string{trim(squeezed(text.substr(colon + 1)))} + "\r\n";
}

std::string canonical_body(std::string_view body, bool relaxed) {
    std::string made;
    std::size_t kept = 0;  // of it, up to the last line that is not empty
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        std::string_view line = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (relaxed) {
            made += squeezed(line);
        } else {
            made += line;
        }
        const bool empty = made.size() == kept || made.ends_with('\n');
        made += "\r\n";
        if (!empty) kept = made.size();
    }
    made.resize(kept);
    // §3.4.3, §3.4.4: a body of nothing is a line end to one, and nothing to the other.
    if (made.empty() && !relaxed) made = "\r\n";
    return made;
}

using Tags = std::map<std::string, std::string, std::less<>>;

/// §3.2; nothing for a list with a tag twice, or one without a name.
std::optional<Tags> parse_tags(std::string_view text) {
    Tags tags;
    const std::string line = squeezed(text);
    std::string_view rest = line;
    while (!trim(rest).empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view tag = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = tag.find('=');
        if (equals == std::string_view::npos || trim(tag.substr(0, equals)).empty())
            return std::nullopt;
        const bool added =
            tags.emplace(trim(tag.substr(0, equals)), trim(tag.substr(equals + 1))).second;
        if (!added) return std::nullopt;
    }
    return tags;
}

std::string_view tag(const Tags& tags, std::string_view name) {
    const auto found = tags.find(name);
    return found != tags.end() ? std::string_view{found->second} : std::string_view{};
}

/// What colons separate (§3.2), without the blanks around them.
std::vector<std::string_view> words_of(std::string_view list) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t end = std::min(list.find(':'), list.size());
        words.push_back(trim(list.substr(0, end)));
        if (end == list.size()) return words;
        list.remove_prefix(end + 1);
    }
}

/// The signature's own field with the value of "b=" left out (§3.7).
std::string without_signature(std::string_view field) {
    std::size_t begin = field.find(':') + 1;
    while (begin < field.size()) {
        const std::size_t end = std::min(field.find(';', begin), field.size());
        const std::size_t equals = field.find('=', begin);
        const bool named = equals < end;
        std::string name = named ? squeezed(field.substr(begin, equals - begin)) : std::string{};
        if (trim(name) == "b")
            return std::string{field.substr(0, equals + 1)} + std::string{field.substr(end)};
        begin = end + 1;
    }
    return std::string{field};
}

std::string sha256(std::string_view octets) {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        return {};
    return {digest.begin(), digest.begin() + size};
}

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Key read_key(std::string_view octets, bool ed25519) {
    const auto* data = reinterpret_cast<const unsigned char*>(octets.data());
    if (ed25519)
        return Key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data, octets.size())};
    Key key{d2i_PUBKEY(nullptr, &data, static_cast<long>(octets.size()))};
    if (key && EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) key.reset();
    return key;
}

bool verifies(const Key& key, bool ed25519, std::string_view signed_text,
              std::string_view signature) {
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context{EVP_MD_CTX_new()};
    // RFC 8463 §3: Ed25519 signs the hash, RSA hashes itself.
    const std::string hash = ed25519 ? sha256(signed_text) : std::string{signed_text};
    const auto* octets = reinterpret_cast<const unsigned char*>(hash.data());
    const auto* given = reinterpret_cast<const unsigned char*>(signature.data());
    return context &&
           EVP_DigestVerifyInit(context.get(), nullptr, ed25519 ? nullptr : EVP_sha256(), nullptr,
                                key.get()) == 1 &&
           EVP_DigestVerify(context.get(), given, signature.size(), octets, hash.size()) == 1;
}

class Signature {
public:
    Signature(const RawMessage& message, const RawField& field, bool whole)
        : message_(message), field_(field), whole_(whole) {}

    DkimResult check(const Names& names) {
        const auto parsed = parse_tags(field_.text.substr(field_.text.find(':') + 1));
        if (!parsed) return ends(AuthResult::permerror, "the signature is malformed");
        tags_ = *parsed;
        result_.domain = ascii_lower(tag(tags_, "d"));
        result_.selector = tag(tags_, "s");
        if (auto wrong = mistake()) return ends(AuthResult::permerror, *wrong);
        const std::string where = fmt::format("{}._domainkey.{}", result_.selector, result_.domain);
        const LookUp found = names.look_up(where, RecordType::txt);
        if (found.status == LookUp::Status::failed)
            return ends(AuthResult::temperror, "the key cannot be looked up");
        if (found.values.empty()) return ends(AuthResult::permerror, "there is no key");
        return check_with(found.values.front());
    }

private:
    DkimResult ends(AuthResult result, std::string_view why) {
        result_.result = result;
        result_.explanation = why;
        return result_;
    }

    /// §6.1.1.
    std::optional<std::string> mistake() {
        if (tag(tags_, "v") != "1") return "the version is not 1";
        for (const std::string_view name : {"a", "b", "bh", "d", "h", "s"}) {
            if (tag(tags_, name).empty()) return fmt::format("{}= is missing", name);
        }
        ed25519_ = tag(tags_, "a") == "ed25519-sha256";
        // RFC 8301 §3.1: SHA-1 does not count any more.
        if (!ed25519_ && tag(tags_, "a") != "rsa-sha256") return "the algorithm is not known";
        const std::string identity = ascii_lower(tag(tags_, "i"));
        const std::size_t at = identity.rfind('@');
        const std::string_view of = at == std::string::npos
                                        ? std::string_view{}
                                        : std::string_view{identity}.substr(at + 1);
        if (!identity.empty() && of != result_.domain && !of.ends_with("." + result_.domain))
            return "i= is not within d=";
        is_of_subdomain_ = !identity.empty() && of != result_.domain;
        const std::string_view form = tag(tags_, "c");
        const std::size_t slash = std::min(form.find('/'), form.size());
        const auto is_relaxed = [](std::string_view word) -> std::optional<bool> {
            if (word.empty() || word == "simple") return false;
            return word == "relaxed" ? std::optional{true} : std::nullopt;
        };
        const auto header = is_relaxed(form.substr(0, slash));
        const auto body = is_relaxed(form.substr(std::min(slash + 1, form.size())));
        if (!header || !body) return "the canonicalization is not known";
        relaxed_header_ = *header;
        relaxed_body_ = *body;
        if (tags_.contains("l") && !parse_decimal(tag(tags_, "l"))) return "l= is no number";
        for (const std::string_view name : words_of(tag(tags_, "h")))
            signed_.push_back(ascii_lower(name));
        const bool from = std::find(signed_.begin(), signed_.end(), "from") != signed_.end();
        return from ? std::nullopt : std::optional<std::string>{"From is not signed"};
    }

    /// §3.6.1: what the key is for. Of its flags "s" counts; "y" says that the domain is only trying.
    std::optional<std::string_view> unfit(const Tags& key) const {
        const auto is_for = [&](std::string_view name, std::string_view word) {
            const auto words = words_of(tag(key, name));
            return std::find(words.begin(), words.end(), word) != words.end();
        };
        if (key.contains("h") && !is_for("h", "sha256")) return "the key is for another hash";
        if (key.contains("s") && !is_for("s", "*") && !is_for("s", "email"))
            return "the key is not for mail";
        if (is_of_subdomain_ && is_for("t", "s")) return "the key is not for subdomains";
        return std::nullopt;
    }

    DkimResult check_with(std::string_view record) {
        const auto key = parse_tags(record);
        const std::string_view type = key ? tag(*key, "k") : std::string_view{};
        if (!key || (!tag(*key, "v").empty() && tag(*key, "v") != "DKIM1"))
            return ends(AuthResult::permerror, "the key is malformed");
        if (tag(*key, "p").empty()) return ends(AuthResult::permerror, "the key is revoked");
        if ((type.empty() ? "rsa" : type) != (ed25519_ ? "ed25519" : "rsa"))
            return ends(AuthResult::permerror, "the key is of another algorithm");
        if (const auto why = unfit(*key)) return ends(AuthResult::permerror, *why);
        const Key read =
            read_key(decode_transfer(TransferEncoding::base64, tag(*key, "p")), ed25519_);
        if (!read) return ends(AuthResult::permerror, "the key is malformed");
        // RFC 8301 §3.2.
        constexpr int rsa_bits_min = 1024;
        if (!ed25519_ && EVP_PKEY_bits(read.get()) < rsa_bits_min)
            return ends(AuthResult::permerror, "the key is too short");
        if (auto other = body_differs()) return ends(other->first, other->second);
        const std::string signature = decode_transfer(TransferEncoding::base64, tag(tags_, "b"));
        if (!verifies(read, ed25519_, signed_header(), signature))
            return ends(AuthResult::fail, "the header was changed, or the key is another one");
        return ends(AuthResult::pass, "the signature holds");
    }

    std::optional<std::pair<AuthResult, std::string_view>> body_differs() const {
        // A line that is cut off has no canonical form.
        const std::string_view lines =
            whole_ ? message_.body : message_.body.substr(0, message_.body.rfind('\n') + 1);
        std::string body = canonical_body(lines, relaxed_body_);
        const auto limit = parse_decimal(tag(tags_, "l"));
        if (!whole_ && (!limit || *limit > body.size()))
            return std::pair{AuthResult::neutral,
                             std::string_view{"the message is not kept as a whole"}};
        if (limit && *limit > body.size())
            return std::pair{AuthResult::fail, std::string_view{"the body is shorter than l="}};
        if (limit) body.resize(static_cast<std::size_t>(*limit));
        if (sha256(body) != decode_transfer(TransferEncoding::base64, tag(tags_, "bh")))
            return std::pair{AuthResult::fail, std::string_view{"the body was changed"}};
        return std::nullopt;
    }

    std::string signed_header() const {
        std::string text;
        // §5.4.2: of several fields of one name, the last one comes first.
        std::map<std::string_view, std::size_t> taken;
        for (const std::string& name : signed_) {
            const auto found = message_.by_name.find(name);
            if (found == message_.by_name.end()) continue;
            std::size_t& count = taken[name];
            const auto& places = found->second;
            while (count < places.size()) {
                ++count;
                const RawField& field = message_.fields[places[places.size() - count]];
                // §3.5: its own is never among those that h= names.
                if (&field == &field_) continue;
                text += canonical_field(field.text, relaxed_header_);
                break;
            }
        }
        std::string own = canonical_field(without_signature(field_.text), relaxed_header_);
        while (own.ends_with('\n') || own.ends_with('\r')) own.pop_back();
        return text + own;
    }

    const RawMessage& message_;
    const RawField& field_;
    bool whole_;
    Tags tags_;
    std::vector<std::string> signed_;
    bool ed25519_ = false;
    bool is_of_subdomain_ = false;
    bool relaxed_header_ = false;
    bool relaxed_body_ = false;
    DkimResult result_;
};

}  // namespace

std::vector<DkimResult> check_dkim(const Names& names, std::string_view content, bool whole) {
    const RawMessage message = take_apart(content);
    std::vector<DkimResult> results;
    for (const RawField& field : message.fields) {
        if (results.size() == limits::dkim_signatures_max) break;
        if (equal_ignoring_case(field.name, "DKIM-Signature"))
            results.push_back(Signature{message, field, whole}.check(names));
    }
    return results;
}

}  // namespace fakemx::message
