// Header fields (RFC 5322 §2.2) and the little of the address grammar (§3.4) that finds a domain.
#include "message/header_section.h"

#include <algorithm>

#include "core/limits.h"
#include "core/text.h"

namespace fakemx::message {

namespace {

/// ftext of RFC 5322 §3.6.8: printable ASCII but the colon.
bool is_field_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

/// The name of the field in this line, without the blanks that RFC 5322 §4.5 still allows before the colon.
std::optional<std::string_view> name_in(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view name = trim(line.substr(0, colon));
    if (!is_field_name(name)) return std::nullopt;
    return name;
}

/// The next line of `rest` without its line end; both CRLF and a bare LF end it here, because a header
/// that a sender damaged must still be readable in the journal.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Leaves out quoted strings' quotes and comments (RFC 5322 §3.2.2, §3.2.4), up to the end of the
/// first address.
std::string first_address(std::string_view list) {
    std::string address;
    int comment_depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const char c = list[i];
        if (c == '\\' && (quoted || comment_depth != 0)) {
            ++i;
        } else if (quoted) {
            quoted = c != '"';
        } else if (c == '(') {
            ++comment_depth;
        } else if (c == ')' && comment_depth != 0) {
            --comment_depth;
        } else if (comment_depth == 0) {
            if (c == ',') break;
            if (c == '"') {
                quoted = true;
            } else {
                address += c;
            }
        }
    }
    return address;
}

}  // namespace

HeaderSection HeaderSection::parse(std::string_view content) {
    HeaderSection section;
    const std::string_view looked_at = content.substr(0, limits::header_octets_kept);
    std::string_view rest = looked_at;
    while (!rest.empty()) {
        section.octets_ = looked_at.size() - rest.size();
        const std::string_view line = take_line(rest);
        if (line.empty()) {
            section.octets_ = looked_at.size() - rest.size();
            return section;
        }
        if (line.front() == ' ' || line.front() == '\t') {
            if (section.fields_.empty()) return section;
            const std::string_view more = trim(line);
            std::string& value = section.fields_.back().value;
            if (!value.empty() && !more.empty()) value += ' ';
            value += more;
            continue;
        }
        const auto name = name_in(line);
        if (!name) return section;
        section.fields_.push_back(
            {std::string{*name}, std::string{trim(line.substr(line.find(':') + 1))}});
    }
    section.octets_ = looked_at.size();
    return section;
}

std::optional<std::string_view> HeaderSection::field(std::string_view name) const {
    for (const HeaderField& field : fields_) {
        if (equal_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::optional<std::string> HeaderSection::message_id() const {
    const auto value = field("Message-ID");
    if (!value) return std::nullopt;
    const std::size_t open = value->find('<');
    const std::size_t close = value->find('>', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos || close == open + 1) {
        return std::nullopt;
    }
    return std::string{value->substr(open + 1, close - open - 1)};
}

std::optional<std::string> HeaderSection::from_domain() const {
    const auto value = field("From");
    return value ? first_mailbox_domain(*value) : std::nullopt;
}

bool is_header_line(std::string_view line) {
    return line.starts_with(' ') || line.starts_with('\t') || name_in(line).has_value();
}

std::optional<std::string> first_mailbox_domain(std::string_view address_list) {
    const std::string address = first_address(address_list);
    const std::size_t at = address.rfind('@');
    if (at == std::string::npos) return std::nullopt;
    const auto is_end = [](char c) { return c == '>' || c == ';' || c == ' ' || c == '\t'; };
    const auto begin = address.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    const std::string domain =
        ascii_lower(std::string{begin, std::find_if(begin, address.end(), is_end)});
    if (domain.empty() || domain.size() > limits::domain_octets_max) return std::nullopt;
    return domain;
}

}  // namespace fakemx::message
