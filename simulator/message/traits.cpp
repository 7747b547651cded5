// From the structure of a message and its kept octets to what is said of it.
#include "message/traits.h"

#include <algorithm>
#include <optional>

#include "core/limits.h"
#include "core/text.h"
#include "message/archive.h"
#include "message/encoding.h"

namespace fakemx::message {

namespace {

/// A text is read together with the message, unless it is to be saved; a picture stands in it when a part refers to it. Anything else
/// is a file, whatever its disposition: some programs show documents "inline".
bool is_attachment(const Part& part) {
    if (part.has_parts) return false;
    if (part.disposition == "attachment") return true;
    const std::string_view type = part.content.type;
    if (type.starts_with("text/") || type.starts_with("message/") || type.starts_with("image/"))
        return part.disposition != "inline" && !part.file_name.empty() && !part.has_id;
    // A multipart without a boundary cannot be taken apart, and is no file for that.
    return !type.starts_with("multipart/");
}

/// The octets of a body that are kept.
std::string_view kept_body(std::string_view content, const Part& part) {
    if (part.begin >= content.size()) return {};
    return content.substr(static_cast<std::size_t>(part.begin),
                          static_cast<std::size_t>(part.octets));
}

bool is_archive(const Attachment& attachment) {
    return attachment.extension == "zip" || attachment.type == "application/zip" ||
           attachment.type == "application/x-zip-compressed";
}

/// Octets that are no part of a character of UTF-8; half a character at the end is none where the rest is missing.
std::uint64_t utf8_errors(std::string_view text, bool cut) {
    std::uint64_t errors = 0;
    if (is_utf8(text)) return errors;
    while (!text.empty()) {
        const std::string_view before = text;
        if (take_character(text) != no_character) continue;
        constexpr std::size_t character_octets_max = 4;
        const bool may_be_half = cut && before.size() < character_octets_max &&
                                 static_cast<unsigned char>(before.front()) >= 0xc2;
        if (may_be_half) return errors;
        ++errors;
    }
    return errors;
}

class Reader {
public:
    Reader(std::string_view content, Traits& traits) : content_(content), traits_(traits) {}

    void read(std::size_t index) {
        const Part& part = traits_.structure.parts[index];
        if (part.has_parts) return;
        traits_.decoded_octets += part.decoded;
        if (is_attachment(part)) {
            attachment(index, part);
        } else if (part.content.type == "text/plain" || part.content.type == "text/html") {
            text(part);
        }
    }

private:
    void attachment(std::size_t index, const Part& part) {
        Attachment& found = traits_.attachments.emplace_back();
        found.part = index;
        found.file_name = part.file_name;
        found.extension = extension_of(part.file_name);
        found.type = part.content.type;
        found.octets = part.decoded;
        const std::string_view body = kept_body(content_, part);
        if (!is_archive(found) || body.size() < part.octets) return;
        if (auto names = archive_names(decode_transfer(part.encoding, body)))
            found.names = std::move(*names);
    }

    void text(const Part& part) {
        const bool html = part.content.type == "text/html";
        traits_.has_html = traits_.has_html || html;
        const std::string_view body = kept_body(content_, part);
        const bool cut = body.size() < part.octets || !traits_.structure.whole;
        if (part.encoding == TransferEncoding::identity ||
            part.encoding == TransferEncoding::unknown) {
            survey(part, body, html, cut);
        } else {
            survey(part, decode_transfer(part.encoding, body), html, cut);
        }
    }

    CharsetUse& use(const Part& part) {
        const std::string_view said =
            part.content.charset.empty() ? "us-ascii" : std::string_view{part.content.charset};
        for (CharsetUse& other : traits_.charsets) {
            if (other.charset == said) return other;
        }
        return traits_.charsets.emplace_back(CharsetUse{.charset = std::string{said}});
    }

    void survey(const Part& part, std::string_view octets, bool html, bool cut) {
        CharsetUse& charset = use(part);
        const bool ascii = charset.charset == "us-ascii";
        std::optional<Converted> converted;
        if (charset.charset == "utf-8" || charset.charset == "utf8") {
            charset.errors += utf8_errors(octets, cut);
        } else {
            converted = to_utf8(charset.charset, octets, cut);
            charset.known = converted.has_value();
            if (converted) charset.errors += converted->errors;
        }
        // What says that it is ASCII, and is not, is UTF-8 most of the time.
        const bool as_sent = !converted || (ascii && converted->errors != 0);
        const std::string_view text = as_sent ? octets : std::string_view{converted->text};
        LetterCounts letters;
        if (html) {
            survey_html(text, traits_.references, letters);
        } else {
            survey_text(text, traits_.references, letters);
        }
        LetterCounts& all = traits_.letters;
        all.han += letters.han;
        all.simplified += letters.simplified;
        all.traditional += letters.traditional;
        all.latin += letters.latin;
        all.other += letters.other;
    }

    std::string_view content_;
    Traits& traits_;
};

bool has_alternative(const Structure& structure) {
    for (std::size_t i = 0; i < structure.parts.size(); ++i) {
        if (structure.parts[i].content.type != "multipart/alternative") continue;
        bool plain = false;
        bool html = false;
        // HTML with its pictures is a multipart/related in the place of the HTML.
        std::vector<bool> inside(structure.parts.size(), false);
        for (std::size_t j = i + 1; j < structure.parts.size(); ++j) {
            inside[j] = structure.parts[j].parent == i || inside[structure.parts[j].parent];
            if (!inside[j]) break;
            plain = plain || structure.parts[j].content.type == "text/plain";
            html = html || structure.parts[j].content.type == "text/html";
        }
        if (plain && html) return true;
    }
    return false;
}

}  // namespace

std::string extension_of(std::string_view file_name) {
    constexpr std::size_t extension_octets_max = 16;
    const std::size_t dot = file_name.rfind('.');
    if (dot == std::string_view::npos) return {};
    const std::string_view extension = file_name.substr(dot + 1);
    const bool plain = std::all_of(extension.begin(), extension.end(),
                                   [](char c) { return is_ascii_letter(c) || is_ascii_digit(c); });
    return plain && extension.size() <= extension_octets_max ? ascii_lower(extension)
                                                             : std::string{};
}

std::string Attachment::kind() const {
    return extension.empty() ? type.substr(type.find('/') + 1) : extension;
}

bool Traits::charset_valid() const {
    return std::all_of(charsets.begin(), charsets.end(),
                       [](const CharsetUse& use) { return use.known && use.errors == 0; });
}

std::vector<std::string> Traits::attachment_kinds() const {
    std::vector<std::string> kinds;
    for (const Attachment& attachment : attachments) {
        std::string kind = attachment.kind();
        if (kinds.size() < limits::traits_listed_max &&
            std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
            kinds.push_back(std::move(kind));
        }
    }
    return kinds;
}

Traits read_traits(std::string_view content, Structure structure) {
    Traits traits;
    traits.structure = std::move(structure);
    traits.octets = traits.structure.octets;
    Reader reader{content, traits};
    for (std::size_t i = 0; i < traits.structure.parts.size(); ++i) reader.read(i);
    traits.has_alternative = has_alternative(traits.structure);
    return traits;
}

Traits read_traits(std::string_view content, std::uint64_t octets) {
    Traits traits = read_traits(content, read_structure(content, octets <= content.size()));
    traits.octets = octets;
    return traits;
}

const Traits& TraitsOnDemand::get() {
    if (!made_) {
        made_ = std::make_unique<const Traits>(structure_ ? read_traits(content_, *structure_)
                                                          : read_traits(content_, octets_));
    }
    return *made_;
}

}  // namespace fakemx::message
