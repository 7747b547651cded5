// The header section as the rules of RFC 5322 see it: fields counted, lines measured.
#include <algorithm>
#include <array>

#include "conformance/dialogue.h"
#include "core/text.h"
#include "message/header_section.h"
#include "message/notice.h"

namespace fakemx::conformance {

namespace {

/// RFC 5322 §2.1.1, without CRLF.
constexpr std::size_t header_line_octets_max = 998;

/// RFC 5322 §3.6: at most one of each. Date and From are counted for a rule of their own.
constexpr std::array<std::string_view, 9> single_fields{
    "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject"};

/// id-left "@" id-right between angle brackets (RFC 5322 §3.6.4), without blanks; obsolete forms are none.
bool is_message_id(std::string_view value) {
    value = trim(value);
    if (value.size() < 5 || value.front() != '<' || value.back() != '>') return false;
    value = value.substr(1, value.size() - 2);
    const std::size_t at = value.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == value.size()) return false;
    return std::none_of(value.begin(), value.end(), [](char c) {
        return c == ' ' || c == '\t' || c == '<' || c == '>' || !is_ascii(c) || c < 32;
    });
}

/// The lines of the section as they came.
void measure_lines(std::string_view section, HeaderFacts& facts) {
    std::string_view name;
    while (!section.empty()) {
        const std::size_t lf = section.find('\n');
        std::string_view line = section.substr(0, lf);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const bool continues = line.starts_with(' ') || line.starts_with('\t');
        if (!continues) name = line.substr(0, std::min(line.find(':'), line.size()));
        if (line.size() > header_line_octets_max) ++facts.long_lines;
        if (line.size() > facts.longest_line) {
            facts.longest_line = line.size();
            facts.longest_line_name = name.substr(0, 64);
        }
        section.remove_prefix(lf == std::string_view::npos ? section.size() : lf + 1);
    }
}

std::string word_before(std::string_view value, char end) {
    return ascii_lower(trim(value.substr(0, std::min(value.find(end), value.size()))));
}

}  // namespace

HeaderFacts header_facts(const message::HeaderSection& section, std::string_view content) {
    HeaderFacts facts;
    facts.present = !section.fields().empty();
    std::array<std::uint32_t, single_fields.size()> seen{};
    for (const message::HeaderField& field : section.fields()) {
        const auto is = [&](std::string_view name) {
            return equal_ignoring_case(field.name, name);
        };
        const auto single = std::find_if(single_fields.begin(), single_fields.end(), is);
        if (single != single_fields.end()) {
            const auto place = static_cast<std::size_t>(single - single_fields.begin());
            if (++seen.at(place) == 2 && facts.repeated.empty()) facts.repeated = *single;
        }
        if (is("Date")) {
            ++facts.date;
        } else if (is("From")) {
            ++facts.from;
        } else if (is("Return-Path")) {
            ++facts.return_path;
        } else if (is("Apparently-To")) {
            ++facts.apparently_to;
        } else if (is("Bcc")) {
            if (field.value.find('@') != std::string::npos) ++facts.bcc;
        } else if (is("Message-ID")) {
            if (facts.message_id++ == 0) facts.message_id_valid = is_message_id(field.value);
        } else if (is("MIME-Version")) {
            facts.mime_version = true;
        } else if (is("Auto-Submitted")) {
            facts.auto_submitted = word_before(field.value, ';') != "no";
        } else if (is("Content-Type")) {
            facts.content_type = word_before(field.value, ';');
        } else if (is("Content-Transfer-Encoding")) {
            facts.transfer_encoding = word_before(field.value, ';');
        }
    }
    facts.report = facts.content_type == "multipart/report" ||
                   facts.content_type == "message/disposition-notification" ||
                   message::read_notice(section, content).has_value();
    const std::string_view octets = content.substr(0, section.octets());
    facts.eight_bit = !is_ascii(octets);
    facts.eight_bit_body = !is_ascii(content.substr(section.octets()));
    measure_lines(octets, facts);
    return facts;
}

}  // namespace fakemx::conformance
