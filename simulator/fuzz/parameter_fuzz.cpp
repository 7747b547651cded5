// ESMTP parameters of MAIL and RCPT, and the argument of BDAT: what was read can be written and read again, and a
// parameter belongs to its command alone.
#include <string>

#include <fmt/format.h>

#include "fuzz/reader.h"
#include "smtp/extension.h"

using namespace fakemx;
using fakemx::fuzz::must;

namespace {

std::string xtext_of(std::string_view octets) {
    std::string text;
    for (const char c : octets) {
        if (c >= '!' && c <= '~' && c != '+' && c != '=') {
            text += c;
        } else {
            text += fmt::format("+{:02X}", static_cast<unsigned char>(c));
        }
    }
    return text;
}

void look_at(smtp::Verb verb, const smtp::Parameter& parameter) {
    const smtp::ParameterReading reading = smtp::read_parameter(verb, parameter);
    const smtp::Verb other = verb == smtp::Verb::mail ? smtp::Verb::rcpt : smtp::Verb::mail;
    const bool known = reading.fault != smtp::ParameterFault::unknown;
    if (known) must(smtp::read_parameter(other, parameter).fault == smtp::ParameterFault::unknown);
    must(smtp::read_parameter(smtp::Verb::vrfy, parameter).fault == smtp::ParameterFault::unknown);
    if (reading.fault != smtp::ParameterFault::none) return;
    // RFC 5321 §4.1.2: no value of a parameter is empty, or has blanks or "=" in it.
    must(!parameter.has_value || !parameter.value.empty());
    must(parameter.value.find_first_of(" =") == std::string::npos);
    // SMTPUTF8 and REQUIRETLS, and nothing else, have no value.
    must(parameter.has_value == (reading.extension != smtp::Extension::smtputf8 &&
                                 reading.extension != smtp::Extension::requiretls));
    if (parameter.keyword == "AUTH" && parameter.value != "<>") {
        const std::string mailbox = '<' + smtp::decode_xtext(parameter.value).value() + '>';
        const auto path = smtp::parse_path(mailbox, true);
        must(path && path->octets == mailbox.size() && !path->path.null());
    }
    if (parameter.keyword == "SIZE") must(smtp::parse_size_value(parameter.value).has_value());
    must(smtp::added_line_octets(reading.extension, verb) != 0);
}

void look_at(smtp::Verb verb, const std::string& argument) {
    const char* const keyword = verb == smtp::Verb::mail ? "FROM" : "TO";
    const auto parsed = smtp::parse_path_argument(argument, keyword, true);
    if (!parsed) return;
    std::string again = fmt::format("{}:<{}>", keyword, parsed->path.address());
    for (const smtp::Parameter& parameter : parsed->parameters) {
        look_at(verb, parameter);
        must(smtp::find_parameter(parsed->parameters, parameter.keyword) == &parameter);
        again += ' ' + parameter.keyword + (parameter.has_value ? '=' + parameter.value : "");
    }
    const auto reread = smtp::parse_path_argument(again, keyword, true);
    must(reread && reread->parameters == parsed->parameters);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view text = fuzz::Reader{octets, size}.rest();
    // Before the first "=" the keyword, behind it the value, whatever that is.
    const std::size_t equals = text.find('=');
    smtp::Parameter parameter{.keyword = std::string{text.substr(0, equals)}, .value = {}};
    if (equals != std::string_view::npos) {
        parameter.value = text.substr(equals + 1);
        parameter.has_value = true;
    }
    smtp::read_parameter(smtp::Verb::mail, parameter);
    smtp::read_parameter(smtp::Verb::rcpt, parameter);
    look_at(smtp::Verb::mail, fmt::format("FROM:<a@b.test> {}", text));
    look_at(smtp::Verb::rcpt, fmt::format("TO:<a@b.test> {}", text));

    must(smtp::decode_xtext(xtext_of(text)) == text);
    if (const auto decoded = smtp::decode_xtext(text)) {
        must(decoded->size() <= text.size());
        must(smtp::decode_xtext(xtext_of(*decoded)) == decoded);
    }
    if (const auto chunk = smtp::parse_chunk_argument(text)) {
        const auto again = smtp::parse_chunk_argument(
            fmt::format("{}{}", chunk->octets, chunk->last ? " LAST" : ""));
        must(again && again->octets == chunk->octets && again->last == chunk->last);
    }
    return 0;
}
