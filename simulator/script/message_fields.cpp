// Fields of a message. What is said of its parts is made when the first of them is asked for.
#include "script/message_fields.h"

#include <algorithm>

#include "core/text.h"
#include "message/encoding.h"
#include "script/authentication_fields.h"
#include "script/definition.h"
#include "script/host.h"
#include "script/read_only.h"

namespace fakemx::script {

namespace {

/// Reading a message costs as much as so many Lua instructions, per octet: 10 ns each, and 1 to 10 ns per octet were measured, the most
/// with many small parts.
constexpr std::uint64_t octets_per_unit = 2;
/// A strict table of nine fields: some 2 µs.
constexpr std::uint64_t units_per_table = 200;

void push_flag(lua_State* L, bool flag) {
    lua_pushboolean(L, flag ? 1 : 0);
}

const message::Traits& traits_of(lua_State* L, const engine::Question& question) {
    if (!question.traits->made())
        Sandbox::of(L).charge(L, question.traits->content().size() / octets_per_unit);
    return question.traits->get();
}

/// Pushes a list of what `push_one` pushes for each element.
template <class Elements, class PushOne>
void push_list(lua_State* L, const Elements& elements, const PushOne& push_one) {
    Sandbox::of(L).charge(L, elements.size());
    lua_createtable(L, static_cast<int>(elements.size()), 0);
    lua_Integer index = 0;
    for (const auto& element : elements) {
        push_one(element);
        lua_rawseti(L, -2, ++index);
    }
}

void push_texts(lua_State* L, const std::vector<std::string>& texts) {
    push_list(L, texts, [&](const std::string& text) { push(L, text); });
}

void set(lua_State* L, const char* field, std::string_view text) {
    push(L, text);
    lua_setfield(L, -2, field);
}

void set(lua_State* L, const char* field, std::uint64_t count) {
    push_count(L, count);
    lua_setfield(L, -2, field);
}

void push_part(lua_State* L, const message::Part& part) {
    Sandbox::of(L).charge(L, units_per_table);
    lua_createtable(L, 0, static_cast<int>(part_group.members.size()));
    set(L, "type", part.content.type);
    set(L, "charset", part.content.charset);
    set(L, "encoding", part.encoding_name);
    set(L, "disposition", part.disposition);
    set(L, "file_name", part.file_name);
    set(L, "octets", part.octets);
    set(L, "decoded_octets", part.decoded);
    set(L, "depth", std::uint64_t{part.depth});
    push_flag(L, part.has_parts);
    lua_setfield(L, -2, "has_parts");
    make_strict(L, -1, part_group.name);
}

void push_attachment(lua_State* L, const message::Attachment& attachment) {
    Sandbox::of(L).charge(L, units_per_table);
    lua_createtable(L, 0, static_cast<int>(attachment_group.members.size()));
    set(L, "name", attachment.file_name);
    set(L, "extension", attachment.extension);
    set(L, "type", attachment.type);
    set(L, "octets", attachment.octets);
    push_texts(L, attachment.names);
    lua_setfield(L, -2, "holds");
    make_strict(L, -1, attachment_group.name);
}

int header(lua_State* L) {
    const engine::Question& question = check_message(L, "header", "message:header \"Subject\"");
    const std::string_view name = check_string(L, 2);
    const auto value = question.headers->field(name);
    push_optional(L, value ? std::optional{std::string{*value}} : std::nullopt);
    return 1;
}

int header_text(lua_State* L) {
    const engine::Question& question =
        check_message(L, "header_text", "message:header_text \"Subject\"");
    const std::string_view name = check_string(L, 2);
    const auto value = question.headers->field(name);
    if (value) Sandbox::of(L).charge(L, value->size());
    push_optional(L, value ? std::optional{message::decode_words(*value)} : std::nullopt);
    return 1;
}

int has_attachment(lua_State* L) {
    const engine::Question& question =
        check_message(L, "has_attachment", "message:has_attachment \"zip\"");
    const auto& attachments = traits_of(L, question).attachments;
    if (lua_isnoneornil(L, 2)) {
        push_flag(L, !attachments.empty());
        return 1;
    }
    const std::string_view wanted = check_string(L, 2);
    push_flag(L, std::any_of(attachments.begin(), attachments.end(), [&](const auto& attachment) {
                  return equal_ignoring_case(attachment.extension, wanted) ||
                         equal_ignoring_case(attachment.type, wanted);
              }));
    return 1;
}

/// What the session itself has seen of the message.
bool push_arrival_field(lua_State* L, const engine::Question& question, std::string_view name) {
    const auto& message = std::get<smtp::Message>(question.argument);
    if (name == "attempt") {
        push_count(L, question.attempt);
    } else if (name == "recipient") {
        const auto& recipients = question.session.envelope.recipients;
        push_optional(L, message.recipient != 0
                             ? std::optional{recipients.at(message.recipient - 1).address()}
                             : std::nullopt);
    } else if (name == "size") {
        push_count(L, message.octets);
    } else if (name == "chunks") {
        push_count(L, message.chunks);
    } else if (name == "lines") {
        push_count(L, message.lines);
    } else if (name == "content") {
        push(L, message.content);
    } else if (name == "bare_cr") {
        push_count(L, message.bare_cr);
    } else if (name == "bare_lf") {
        push_count(L, message.bare_lf);
    } else if (name == "eight_bit") {
        push_flag(L, message.eight_bit);
    } else if (name == "nul") {
        push_flag(L, message.nul);
    } else {
        return false;
    }
    return true;
}

bool push_header_field(lua_State* L, const engine::Question& question, std::string_view name) {
    const message::HeaderSection& headers = *question.headers;
    if (name == "header") {
        lua_pushcfunction(L, header);
    } else if (name == "header_text") {
        lua_pushcfunction(L, header_text);
    } else if (name == "id") {
        Sandbox::of(L).charge(L, headers.fields().size());
        push_optional(L, headers.message_id());
    } else if (name == "from_domain") {
        Sandbox::of(L).charge(L, headers.fields().size());
        push_optional(L, headers.from_domain());
    } else if (name == "template_id") {
        Sandbox::of(L).charge(L, headers.fields().size());
        const auto value = headers.field(Host::of(L).profile.template_header);
        push_optional(L, value ? std::optional{std::string{*value}} : std::nullopt);
    } else {
        return false;
    }
    return true;
}

bool push_structure_field(lua_State* L, const engine::Question& question, std::string_view name) {
    if (name == "has_attachment") {
        lua_pushcfunction(L, has_attachment);
        return true;
    }
    if (name == "decoded_size") {
        push_count(L, traits_of(L, question).decoded_octets);
    } else if (name == "part_count") {
        push_count(L, traits_of(L, question).structure.part_count);
    } else if (name == "parts") {
        push_list(L, traits_of(L, question).structure.parts,
                  [&](const message::Part& part) { push_part(L, part); });
    } else if (name == "mime_sound") {
        push_flag(L, traits_of(L, question).structure.defects.empty());
    } else if (name == "mime_defects") {
        push_list(L, traits_of(L, question).structure.defects,
                  [&](message::Defect defect) { push(L, message::name(defect)); });
    } else if (name == "attachments") {
        push_list(L, traits_of(L, question).attachments,
                  [&](const message::Attachment& one) { push_attachment(L, one); });
    } else if (name == "attachment_types") {
        push_texts(L, traits_of(L, question).attachment_kinds());
    } else {
        return false;
    }
    return true;
}

bool push_text_field(lua_State* L, const engine::Question& question, std::string_view name) {
    const message::Traits& traits = traits_of(L, question);
    if (name == "charsets") {
        push_list(L, traits.charsets,
                  [&](const message::CharsetUse& use) { push(L, use.charset); });
    } else if (name == "charset_valid") {
        push_flag(L, traits.charset_valid());
    } else if (name == "language") {
        push(L, message::language(traits.letters));
    } else if (name == "chinese") {
        const std::string_view kind = message::chinese(traits.letters);
        push_optional(L, kind.empty() ? std::nullopt : std::optional{std::string{kind}});
    } else if (name == "han_share") {
        push_count(L, message::share(traits.letters.han, traits.letters));
    } else if (name == "has_html") {
        push_flag(L, traits.has_html);
    } else if (name == "has_alternative") {
        push_flag(L, traits.has_alternative);
    } else if (name == "links") {
        push_count(L, traits.references.links);
    } else if (name == "link_domains") {
        push_texts(L, traits.references.domains);
    } else if (name == "images") {
        push_count(L, traits.references.images);
    } else if (name == "tracking_pixels") {
        push_count(L, traits.references.tracking_pixels);
    } else {
        return false;
    }
    return true;
}

}  // namespace

bool push_message_field(lua_State* L, const engine::Question& question, std::string_view name) {
    if (push_arrival_field(L, question, name) || push_header_field(L, question, name) ||
        push_structure_field(L, question, name) || push_message_result(L, question, name)) {
        return true;
    }
    // A name that nothing has is no reason to read the message.
    return has_member(message_group, name) && push_text_field(L, question, name);
}

}  // namespace fakemx::script
