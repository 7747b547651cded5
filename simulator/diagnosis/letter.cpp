// From JSON, forgiving: journals of other versions say more, or less.
#include "diagnosis/letter.h"

#include <boost/json.hpp>

namespace fakemx::diagnosis {

namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
    const json::string* text = value.if_string();
    return text == nullptr ? std::string{} : std::string{text->begin(), text->end()};
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
    std::vector<std::string> texts;
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_array()) return texts;
    for (const json::value& element : value->get_array()) {
        if (std::string text = text_of(element); !text.empty()) texts.push_back(std::move(text));
    }
    return texts;
}

std::vector<std::string> charsets_of(const json::object& object) {
    std::vector<std::string> charsets;
    const json::value* value = object.if_contains("charsets");
    if (value == nullptr || !value->is_array()) return charsets;
    for (const json::value& element : value->get_array()) {
        const json::object* use = element.if_object();
        const json::value* name = use == nullptr ? nullptr : use->if_contains("charset");
        if (name == nullptr) continue;
        const json::value* errors = use->if_contains("errors");
        const bool broken =
            errors != nullptr && errors->is_number() && errors->to_number<double>() > 0;
        charsets.push_back(text_of(*name) + (broken ? " (broken)" : ""));
    }
    return charsets;
}

}  // namespace

std::optional<Letter> read_letter(std::string_view text) {
    json::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    const json::object* object = error ? nullptr : value.if_object();
    if (object == nullptr) return std::nullopt;
    Letter letter;
    letter.attachment_types = texts_of(*object, "attachment_types");
    letter.link_domains = texts_of(*object, "link_domains");
    letter.charsets = charsets_of(*object);
    if (const json::value* language = object->if_contains("language"))
        letter.language = text_of(*language);
    if (const json::value* html = object->if_contains("has_html"))
        letter.has_html = html->is_bool() && html->get_bool();
    for (const std::string_view method : {"spf", "dkim", "dmarc", "fcrdns", "helo_dns"}) {
        const json::value* result = object->if_contains(method);
        std::string said = result == nullptr ? std::string{} : text_of(*result);
        if (!said.empty()) letter.authentication.emplace_back(method, std::move(said));
    }
    return letter;
}

}  // namespace fakemx::diagnosis
