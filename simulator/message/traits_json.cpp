// Traits as the journal keeps them.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "message/authentication.h"
#include "message/traits.h"

namespace fakemx::message {

namespace {

class Json {
public:
    void field(std::string_view name, std::uint64_t number) {
        key(name);
        fmt::format_to(std::back_inserter(text_), "{}", number);
    }
    void field(std::string_view name, std::string_view text) {
        key(name);
        append_json_string(text_, text);
    }
    void flag(std::string_view name, bool value) {
        key(name);
        text_ += value ? "true" : "false";
    }

    /// A list of strings.
    template <typename List>
    void list(std::string_view name, const List& texts) {
        key(name);
        text_ += '[';
        std::size_t count = 0;
        for (const auto& text : texts) {
            if (count == limits::traits_listed_max) break;
            if (count++ != 0) text_ += ',';
            append_json_string(text_, text);
        }
        text_ += ']';
    }

    /// A list of objects, each filled in by `fill`.
    template <typename List, typename Fill>
    void objects(std::string_view name, const List& values, Fill fill) {
        key(name);
        text_ += '[';
        std::size_t count = 0;
        for (const auto& value : values) {
            if (count == limits::traits_listed_max) break;
            if (count++ != 0) text_ += ',';
            begin();
            fill(value);
            end();
        }
        text_ += ']';
    }

    void begin() {
        text_ += '{';
        first_ = true;
    }
    void end() {
        text_ += '}';
        first_ = false;
    }
    std::string take() { return std::move(text_); }

private:
    /// Names are ours and need no escapes.
    void key(std::string_view name) {
        if (!first_) text_ += ',';
        first_ = false;
        text_ += '"';
        text_ += name;
        text_ += "\":";
    }

    std::string text_;
    bool first_ = true;
};

void add(Json& json, const Authenticated& sender) {
    json.field("spf", name(sender.spf.result));
    json.field("spf_domain", sender.spf.domain);
    json.field("dkim", name(overall(sender.dkim)));
    std::vector<std::string_view> domains;
    for (const DkimResult& signature : sender.dkim) domains.push_back(signature.domain);
    json.list("dkim_domains", domains);
    json.field("dmarc", name(sender.dmarc.result));
    json.field("dmarc_policy", sender.dmarc.policy);
    json.flag("spf_aligned", sender.alignment.spf);
    json.flag("dkim_aligned", sender.alignment.dkim);
    json.field("fcrdns", name(sender.reverse));
    json.field("helo_dns", name(sender.helo));
}

}  // namespace

std::string to_json(const Traits& traits, const Authenticated* authenticated) {
    Json json;
    json.begin();
    json.field("octets", traits.octets);
    json.field("decoded_octets", traits.decoded_octets);
    json.field("parts", traits.structure.part_count);
    json.flag("whole", traits.structure.whole);
    std::vector<std::string_view> defects;
    for (const Defect defect : traits.structure.defects) defects.push_back(name(defect));
    json.list("defects", defects);
    json.list("attachment_types", traits.attachment_kinds());
    json.objects("attachments", traits.attachments, [&](const Attachment& attachment) {
        json.field("name", attachment.file_name);
        json.field("type", attachment.type);
        json.field("octets", attachment.octets);
        if (!attachment.names.empty()) json.list("holds", attachment.names);
    });
    json.objects("charsets", traits.charsets, [&](const CharsetUse& use) {
        json.field("charset", use.charset);
        json.flag("known", use.known);
        json.field("errors", use.errors);
    });
    json.flag("charset_valid", traits.charset_valid());
    json.field("language", language(traits.letters));
    json.field("chinese", chinese(traits.letters));
    json.field("han_share", share(traits.letters.han, traits.letters));
    json.field("latin_share", share(traits.letters.latin, traits.letters));
    json.flag("has_html", traits.has_html);
    json.flag("has_alternative", traits.has_alternative);
    json.field("links", traits.references.links);
    json.list("link_domains", traits.references.domains);
    json.field("images", traits.references.images);
    json.field("tracking_pixels", traits.references.tracking_pixels);
    if (authenticated != nullptr) add(json, *authenticated);
    json.end();
    return json.take();
}

}  // namespace fakemx::message
