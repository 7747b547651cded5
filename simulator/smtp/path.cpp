// The grammar of RFC 5321 §4.1.2 and §4.1.3, one small reader per production.
#include "smtp/path.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <optional>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::smtp {

namespace {

/// atext of RFC 5322 §3.2.3.
bool is_atext(char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~"}.find(c) != std::string_view::npos;
}

bool is_let_dig(char c) {
    return is_ascii_letter(c) || is_ascii_digit(c);
}

/// Reads a path from its front; every function leaves `rest_` behind what it read.
class PathReader {
public:
    PathReader(std::string_view text, bool utf8) : text_(text), rest_(text), utf8_(utf8) {}

    Result<ParsedPath, PathError> read() {
        if (!take('<')) return PathError::no_angle_bracket;
        if (take('>')) return done({});
        if (const auto error = source_route()) return *error;
        if (rest_.empty() || rest_.front() == '>') return PathError::empty;

        Path path;
        const std::string_view before = rest_;
        if (!(rest_.front() == '"' ? quoted_string() : dot_string()))
            return PathError::bad_local_part;
        path.local_part = before.substr(0, before.size() - rest_.size());
        if (rest_.empty()) return PathError::no_angle_bracket;
        if (rest_.front() != '@' && rest_.front() != '>') return PathError::bad_local_part;
        if (path.local_part.size() > limits::local_part_octets_max) {
            return PathError::local_part_too_long;
        }
        if (take('@')) {
            const std::size_t end =
                rest_.empty() || rest_.front() != '[' ? rest_.find('>') : literal_end();
            if (end == std::string_view::npos) return PathError::no_angle_bracket;
            path.domain = rest_.substr(0, end);
            rest_.remove_prefix(end);
            if (path.domain.size() > limits::domain_octets_max) return PathError::domain_too_long;
            if (path.domain.starts_with('[')) {
                if (!is_address_literal(path.domain)) return PathError::bad_address_literal;
            } else if (!is_domain(path.domain, utf8_)) {
                return PathError::bad_domain;
            }
        } else if (!equal_ignoring_case(path.local_part, "postmaster")) {
            // RFC 5321 §4.1.1.3: only Postmaster may stand without a domain.
            return PathError::bad_domain;
        }
        if (!take('>')) return PathError::no_angle_bracket;
        return done(std::move(path));
    }

private:
    bool allowed(char c) const { return utf8_ && !is_ascii(c); }

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    Result<ParsedPath, PathError> done(Path path) {
        const std::size_t octets = text_.size() - rest_.size();
        if (octets > limits::path_octets_max) return PathError::path_too_long;
        return ParsedPath{std::move(path), octets};
    }

    /// A-d-l: "@" domain *("," "@" domain) ":"; read and forgotten (RFC 5321 §4.1.1.3, appendix C).
    std::optional<PathError> source_route() {
        if (rest_.empty() || rest_.front() != '@') return std::nullopt;
        const std::size_t end = rest_.find(':');
        if (end == std::string_view::npos) return PathError::bad_source_route;
        std::string_view route = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        while (true) {
            if (route.empty() || route.front() != '@') return PathError::bad_source_route;
            const std::size_t comma = route.find(',');
            if (!is_domain(route.substr(1, comma == std::string_view::npos ? comma : comma - 1),
                           utf8_)) {
                return PathError::bad_source_route;
            }
            if (comma == std::string_view::npos) return std::nullopt;
            route.remove_prefix(comma + 1);
        }
    }

    bool dot_string() {
        bool atom_begun = false;
        while (!rest_.empty() && rest_.front() != '@' && rest_.front() != '>') {
            const char c = rest_.front();
            if (c == '.' ? !atom_begun : !is_atext(c) && !allowed(c)) return false;
            atom_begun = c != '.';
            rest_.remove_prefix(1);
        }
        return atom_begun;
    }

    /// quoted-string: printable ASCII and blanks between quotes, a backslash before any of them.
    bool quoted_string() {
        rest_.remove_prefix(1);
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() == '\\') rest_.remove_prefix(1);
            if (rest_.empty()) return false;
            const char c = rest_.front();
            if ((c < 0x20 || c > 0x7e) && !allowed(c)) return false;
            rest_.remove_prefix(1);
        }
        return take('"');
    }

    std::size_t literal_end() const {
        const std::size_t bracket = rest_.find(']');
        return bracket == std::string_view::npos ? bracket : bracket + 1;
    }

    std::string_view text_;
    std::string_view rest_;
    bool utf8_;
};

bool is_ipv4(std::string_view text) {
    in_addr address{};
    return text.find('\0') == std::string_view::npos &&
           inet_pton(AF_INET, std::string{text}.c_str(), &address) == 1;
}

bool is_ipv6(std::string_view text) {
    in6_addr address{};
    return text.find('\0') == std::string_view::npos &&
           inet_pton(AF_INET6, std::string{text}.c_str(), &address) == 1;
}

}  // namespace

std::string_view describe(PathError error) {
    switch (error) {
        case PathError::no_angle_bracket: return "the path is not between angle brackets";
        case PathError::bad_source_route: return "bad source route";
        case PathError::bad_local_part: return "bad local part";
        case PathError::bad_domain: return "bad domain";
        case PathError::bad_address_literal: return "bad address literal";
        case PathError::local_part_too_long: return "the local part is too long";
        case PathError::domain_too_long: return "the domain is too long";
        case PathError::path_too_long: return "the path is too long";
        case PathError::empty: return "the path is empty";
    }
    return {};
}

std::string Path::address() const {
    if (domain.empty()) return local_part;
    return local_part + '@' + domain;
}

bool Path::ascii() const {
    return is_ascii(local_part) && is_ascii(domain);
}

Result<ParsedPath, PathError> parse_path(std::string_view text, bool utf8) {
    return PathReader{text, utf8}.read();
}

bool is_domain(std::string_view text, bool utf8) {
    // RFC 1035 §2.3.4: a label has at most 63 octets.
    std::size_t label = 0;
    char last = '.';
    for (const char c : text) {
        if (c == '.') {
            if (label == 0 || last == '-') return false;
            label = 0;
        } else {
            const bool inner = is_let_dig(c) || (utf8 && !is_ascii(c));
            if (!inner && (c != '-' || label == 0)) return false;
            if (++label > 63) return false;
        }
        last = c;
    }
    return label != 0 && last != '-';
}

bool is_address_literal(std::string_view text) {
    if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
    const std::string_view content = text.substr(1, text.size() - 2);
    const std::size_t colon = content.find(':');
    if (colon == std::string_view::npos) return is_ipv4(content);
    // The tag of a General-address-literal must be registered, and IANA knows no other one.
    return equal_ignoring_case(content.substr(0, colon), "IPv6") &&
           is_ipv6(content.substr(colon + 1));
}

}  // namespace fakemx::smtp
