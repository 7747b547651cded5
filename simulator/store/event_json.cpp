// A walk over JSON text that knows strings and depth, and leaves everything else alone.
#include "store/event_json.h"

#include <algorithm>
#include <array>

namespace fakemx::store {

namespace {

/// What journal::Form::canonical leaves out of events of any kind, and of some.
constexpr std::array<std::string_view, 5> keys_that_do_not_repeat{"at", "pipelined", "before_354",
                                                                  "port", "local_port"};
struct KeyOfKind {
    std::string_view event;  ///< the field that says the kind
    std::string_view key;
};
constexpr std::array keys_of_kinds_that_do_not_repeat{
    KeyOfKind{R"("event":"ended")", "detail"}, KeyOfKind{R"("event":"submitted")", "text"},
    KeyOfKind{R"("event":"over")", "silent_until"}};

/// The place behind the string that begins at `at`; the end of the text where it never ends.
std::size_t skip_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return text.size();
}

/// The place of the first `wanted` outside of strings and lists, or the end of the text.
std::size_t skip_to(std::string_view text, std::size_t at, char wanted) {
    while (at < text.size() && text[at] != wanted) {
        if (text[at] == '"') {
            at = skip_string(text, at);
        } else if (text[at] == '[') {
            at = skip_to(text, at + 1, ']') + 1;
        } else {
            ++at;
        }
    }
    return std::min(at, text.size());
}

}  // namespace

bool for_each_object(std::string_view array, const std::function<bool(std::string_view)>& visitor) {
    if (array.size() < 2 || array.front() != '[' || array.back() != ']') return false;
    std::size_t at = 1;
    while (at + 1 < array.size()) {
        if (array[at] == ',') ++at;
        const std::size_t end = skip_to(array, at, '}');
        if (array[at] != '{' || end == array.size()) return false;
        if (!visitor(array.substr(at, end + 1 - at))) return false;
        at = end + 1;
    }
    return true;
}

std::string canonical_form(std::string_view object) {
    std::string out{"{"};
    std::string_view left_out_of_kind;
    // Behind the brace or a comma, up to the last brace.
    std::size_t at = 1;
    while (at + 1 < object.size()) {
        const std::size_t key_end = skip_string(object, at);
        std::size_t end = skip_to(object, key_end, ',');
        if (end == object.size()) --end;  // the last field
        const std::string_view field = object.substr(at, end - at);
        const std::string_view key = object.substr(at + 1, key_end - at - 2);
        for (const KeyOfKind& one : keys_of_kinds_that_do_not_repeat) {
            if (field == one.event) left_out_of_kind = one.key;
        }
        const bool left_out =
            key == left_out_of_kind ||
            std::find(keys_that_do_not_repeat.begin(), keys_that_do_not_repeat.end(), key) !=
                keys_that_do_not_repeat.end();
        if (!left_out) {
            if (out.size() > 1) out += ',';
            out += field;
        }
        at = end + 1;
    }
    out += '}';
    return out;
}

}  // namespace fakemx::store
