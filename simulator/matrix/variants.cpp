// What each variant leaves out, from the last one to the first.
#include "matrix/variants.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/digest.h"
#include "core/limits.h"
#include "core/text.h"
#include "core/words.h"
#include "matrix/anatomy.h"
#include "matrix/texts.h"
#include "message/encoding.h"
#include "message/header_section.h"

namespace fakemx::matrix {

namespace {

using message::Part;

/// Fields that a message gets on its way, or that say something of octets which are no more the same.
constexpr std::array<std::string_view, 16> dropped{"DKIM-Signature",
                                                   "DomainKey-Signature",
                                                   "X-Google-DKIM-Signature",
                                                   "ARC-Seal",
                                                   "ARC-Message-Signature",
                                                   "ARC-Authentication-Results",
                                                   "Authentication-Results",
                                                   "Received",
                                                   "Received-SPF",
                                                   "X-Received",
                                                   "Return-Path",
                                                   "Delivered-To",
                                                   "X-Original-To",
                                                   "Content-Length",
                                                   variant_field,
                                                   "Bcc"};
constexpr std::string_view line_end = "\r\n";

struct RawField {
    std::string name;
    std::string text;  ///< all its lines
};

std::string with_crlf(std::string_view text) {
    std::string made;
    made.reserve(text.size() + text.size() / 32);
    char before = 0;
    for (const char c : text) {
        if (c == '\n' && before != '\r') made += '\r';
        made += c;
        before = c;
    }
    return made;
}

std::vector<RawField> raw_fields(std::string_view header) {
    std::vector<RawField> fields;
    while (!header.empty()) {
        const std::size_t end = std::min(header.find('\n'), header.size() - 1) + 1;
        const std::string_view line = header.substr(0, end);
        header.remove_prefix(end);
        if (line.front() == ' ' || line.front() == '\t') {
            // In front of the first field it continues nothing.
            if (!fields.empty()) fields.back().text += line;
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        fields.push_back({std::string{trim(line.substr(0, colon))}, std::string{line}});
    }
    return fields;
}

bool is_dropped(std::string_view name) {
    return std::any_of(dropped.begin(), dropped.end(),
                       [&](std::string_view one) { return equal_ignoring_case(one, name); });
}

bool is_about_body(std::string_view name) {
    return equal_ignoring_case(name.substr(0, 8), "Content-") ||
           equal_ignoring_case(name, "MIME-Version");
}

/// RFC 5322 §2.1.1: 998 octets are the most.
bool has_long_line(std::string_view text) {
    std::size_t length = 0;
    for (const char c : text) {
        length = c == '\n' ? 0 : length + 1;
        if (length >= limits::text_line_octets_max) return true;
    }
    return false;
}

/// RFC 2045 §5.1: what is no token stands between quotes.
std::string parameter_value(std::string_view value) {
    const bool is_token = std::all_of(value.begin(), value.end(), [](char c) {
        return is_ascii_letter(c) || is_ascii_digit(c) ||
               std::string_view{"-_.+"}.find(c) != std::string_view::npos;
    });
    if (is_token) return std::string{value};
    std::string quoted{'"'};
    for (const char c : value) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

/// A piece of the message that is something else in a variant.
struct Edit {
    Range range;
    std::string by;
};

std::string edited(std::string_view message, std::size_t begin, std::vector<Edit> edits) {
    std::sort(edits.begin(), edits.end(),
              [](const Edit& a, const Edit& b) { return a.range.begin < b.range.begin; });
    std::string made;
    std::size_t at = begin;
    for (const Edit& edit : edits) {
        // The line end in front of a multipart's first delimiter may be that of the empty line behind the header.
        made += message.substr(at, std::max(edit.range.begin, at) - at);
        made += edit.by;
        at = edit.range.end;
    }
    made += message.substr(at);
    return made;
}

class Maker {
public:
    explicit Maker(std::string_view message)
        : message_(message),
          anatomy_(take_apart(message)),
          header_end_(static_cast<std::size_t>(anatomy_.structure.parts.front().begin)),
          fields_(raw_fields(message.substr(0, header_end_))) {}

    std::optional<NoVariants> trouble() const {
        const auto& structure = anatomy_.structure;
        if (fields_.empty())
            return NoVariants{"this is no message: it does not begin with a header field"};
        if (structure.part_count > limits::mime_parts_max ||
            structure.parts.size() >= limits::mime_parts_max)
            return NoVariants{
                fmt::format("the message has more than {} parts, which are not taken apart",
                            limits::mime_parts_max)};
        if (!anatomy_.plain && !anatomy_.html)
            return NoVariants{
                "the message has neither plain text nor HTML that could be sent alone"};
        return std::nullopt;
    }

    Kit make() {
        Kit kit;
        describe(kit);
        split_header();
        read_texts(kit);
        make_e(kit);
        make_d(kit);
        make_c(kit);
        make_b_and_a(kit);
        return kit;
    }

private:
    void describe(Kit& kit) {
        const auto header = message::HeaderSection::parse(message_);
        kit.octets = message_.size();
        kit.subject = message::decode_words(header.field("Subject").value_or(""));
        kit.from_domain = header.from_domain().value_or("");
        Digest digest;
        digest.update(message_);
        kit.digest = digest.finish().substr(0, 8);
        std::vector<std::string> gone;
        for (const RawField& field : fields_) {
            kit.was_signed = kit.was_signed || equal_ignoring_case(field.name, "DKIM-Signature");
            const bool known = std::find(gone.begin(), gone.end(), field.name) != gone.end();
            if (is_dropped(field.name) && !known) gone.push_back(field.name);
        }
        kit.done.push_back(
            fmt::format("Message-ID is new in each copy, and {} says which it is", variant_field));
        if (!gone.empty())
            kit.done.push_back(fmt::format("left out of the header: {}", fmt::join(gone, ", ")));
        kit.done.emplace_back(
            "all other fields of the header are kept, List-Unsubscribe and Date among them");
    }

    /// Fields in front of Message-ID and behind it, all and without those about the body.
    void split_header() {
        bool behind = false;
        for (const RawField& field : fields_) {
            if (equal_ignoring_case(field.name, "Message-ID")) {
                behind = true;
                continue;
            }
            if (is_dropped(field.name)) continue;
            (behind ? after_ : before_) += field.text;
            if (!is_about_body(field.name)) (behind ? plain_after_ : plain_before_) += field.text;
        }
    }

    void read_texts(Kit& kit) {
        if (anatomy_.html) untracked_html_ = untracked_html(anatomy_.html->text, kit.tracking);
        // The same link in text and in HTML is one that tracks in both.
        if (anatomy_.plain) untracked_plain_ = untracked_text(anatomy_.plain->text, kit.tracking);
        if (anatomy_.plain) add_links_of_text(anatomy_.plain->text, links_);
        links_in_text_ = links_.links().size();
        if (anatomy_.html) add_links_of_html(anatomy_.html->text, links_);
        for (const Text& text : anatomy_.further) {
            const bool html = is_html(anatomy_.structure.parts[text.part]);
            further_.push_back(html ? untracked_html(text.text, kit.tracking)
                                    : untracked_text(text.text, kit.tracking));
            html ? add_links_of_html(text.text, links_) : add_links_of_text(text.text, links_);
        }
    }

    void make_e(Kit& kit) const {
        Made& made = kit.made.at(index(Variant::e));
        if (anatomy_.attached.empty()) {
            made.why_not = "the message has no attachments";
            return;
        }
        made.done.emplace_back("the message's content as it is");
        fill(made, {});
    }

    std::vector<Edit> without_attachments() const {
        std::vector<Edit> edits;
        for (const AttachedPart& part : anatomy_.attached) edits.push_back({part.range, {}});
        return edits;
    }

    void make_d(Kit& kit) const {
        Made& made = kit.made.at(index(Variant::d));
        if (!kit.tracking.any()) {
            made.why_not = "the message has no tracking";
            return;
        }
        say_attachments(made);
        fill(made, without_attachments());
    }

    void make_c(Kit& kit) const {
        Made& made = kit.made.at(index(Variant::c));
        if (!anatomy_.html) {
            made.why_not = "the message has no HTML";
            return;
        }
        std::vector<Edit> edits = without_attachments();
        say_attachments(made);
        replace(edits, made, *anatomy_.html, untracked_html_);
        if (anatomy_.plain) replace(edits, made, *anatomy_.plain, untracked_plain_);
        for (std::size_t i = 0; i < further_.size(); ++i)
            replace(edits, made, anatomy_.further[i], further_[i]);
        say_tracking(made, kit.tracking);
        fill(made, std::move(edits));
    }

    void make_b_and_a(Kit& kit) const {
        Made& b = kit.made.at(index(Variant::b));
        Made& a = kit.made.at(index(Variant::a));
        const Text source = anatomy_.plain ? *anatomy_.plain : text_from_html();
        const std::string origin =
            anatomy_.plain ? "the message's plain text" : "a plain text made of the HTML";
        std::string bare = without_links(source.text);
        const auto& links = links_.links();
        if (links.empty()) {
            b.why_not = kit.tracking.opaque != 0 ? "no link of the message says where it leads"
                                                 : "the message has no links";
        } else {
            Text text = source;
            text.text = anatomy_.plain ? untracked_plain_ : source.text;
            if (links.size() > links_in_text_ && !text.text.ends_with('\n')) text.text += line_end;
            for (std::size_t i = links_in_text_; i < links.size(); ++i)
                text.text += links[i] + "\r\n";
            fill_plain(b, text, origin);
            b.done.push_back(fmt::format("{}, {} of them taken from the HTML, without tracking",
                                         counted(links.size(), "link", "links"),
                                         links.size() - links_in_text_));
        }
        fill_plain(a, {.part = source.part, .text = std::move(bare), .converted = source.converted},
                   origin);
        a.done.emplace_back("without links");
    }

    /// Where the charset does not hold there is no telling what a reader sees; the octets are as good as any.
    Text text_from_html() const {
        return {.part = anatomy_.html->part,
                .text = text_of_html(anatomy_.html->text),
                .converted = anatomy_.html->converted};
    }

    void replace(std::vector<Edit>& edits, Made& made, const Text& text,
                 const std::string& by) const {
        if (by == text.text) return;
        const Part& part = anatomy_.structure.parts[text.part];
        auto octets = put_back(part, {.part = text.part, .text = by, .converted = text.converted});
        // Targets of redirects are ASCII, so that this is a charset in which ASCII is not all there.
        if (!octets) {
            made.done.push_back(fmt::format("a {} part stays with its tracking: charset {}",
                                            part.content.type, part.content.charset));
            return;
        }
        edits.push_back({body_of(part), std::move(*octets)});
    }

    void say_attachments(Made& made) const {
        if (anatomy_.attached.empty()) return;
        std::vector<std::string> names;
        for (const AttachedPart& part : anatomy_.attached) names.push_back(part.name);
        made.done.push_back(fmt::format("without attachments: {}", fmt::join(names, ", ")));
    }

    static void say_tracking(Made& made, const TrackingCount& tracking) {
        const auto say = [&](std::uint64_t count, std::string_view one, std::string_view more) {
            if (count != 0) made.done.push_back(counted(count, one, more));
        };
        say(tracking.redirects, "tracked link leads to its target",
            "tracked links lead to their targets");
        say(tracking.parameters, "link has lost its tracking parameters",
            "links have lost their tracking parameters");
        say(tracking.pixels, "tracking pixel removed", "tracking pixels removed");
        say(tracking.opaque, "tracked link leads nowhere: its target cannot be read",
            "tracked links lead nowhere: their targets cannot be read");
    }

    void fill(Made& made, std::vector<Edit> edits) const {
        made.head = before_;
        made.rest =
            after_ + std::string{line_end} + edited(message_, header_end_, std::move(edits));
    }

    void fill_plain(Made& made, const Text& text, std::string_view origin) const {
        const Part& part = anatomy_.structure.parts[text.part];
        std::string charset = part.content.charset;
        std::string encoding = part.encoding_name;
        auto octets = in_charset(part, text);
        const bool is_other_charset = !octets;
        if (is_other_charset) {
            charset = "utf-8";
            octets = text.text;
        }
        auto written = part.encoding;
        // HTML goes on where a line of text would end.
        const bool is_written_anew = part.content.type == "text/html" && has_long_line(*octets);
        if (written == message::TransferEncoding::identity &&
            (is_other_charset || is_written_anew)) {
            written = message::TransferEncoding::base64;
            encoding = "base64";
        }
        made.done.push_back(fmt::format(
            "{}, {}{}", origin, charset.empty() ? "without a charset" : "charset " + charset,
            encoding.empty() ? "" : ", " + encoding));
        made.head = plain_before_;
        made.rest = plain_after_ + "MIME-Version: 1.0\r\nContent-Type: text/plain";
        if (!charset.empty()) made.rest += "; charset=" + parameter_value(charset);
        made.rest += line_end;
        if (!encoding.empty()) made.rest += "Content-Transfer-Encoding: " + encoding + "\r\n";
        made.rest += line_end;
        made.rest += message::encode_transfer(written, *octets);
        if (!made.rest.ends_with('\n')) made.rest += line_end;
    }

    std::string_view message_;
    Anatomy anatomy_;
    std::size_t header_end_;
    std::vector<RawField> fields_;
    std::string before_, after_, plain_before_, plain_after_;
    std::string untracked_html_, untracked_plain_;
    std::vector<std::string> further_;  // likewise
    LinkList links_;                    // those of the plain text first
    std::size_t links_in_text_ = 0;
};

}  // namespace

Result<Kit, NoVariants> make_variants(std::string_view message) {
    if (message.size() > limits::message_octets_default)
        return NoVariants{fmt::format("the message has {} octets; {} are the most", message.size(),
                                      limits::message_octets_default)};
    // What stands in front of a message in an mbox file.
    if (message.starts_with("From "))
        message.remove_prefix(std::min(message.find('\n'), message.size() - 1) + 1);
    const std::string whole = with_crlf(message);
    Maker maker{whole};
    if (auto trouble = maker.trouble()) return *trouble;
    return maker.make();
}

std::string copy_of(const Kit& kit, Variant variant, std::uint32_t copy, std::string_view tag) {
    const Made& made = kit[variant];
    const std::string_view domain =
        kit.from_domain.empty() ? "matrix.invalid" : std::string_view{kit.from_domain};
    return made.head +
           fmt::format("Message-ID: <{}.{}{}.{}@{}>\r\n{}: {}; copy {}\r\n", kit.digest,
                       name(variant), copy, tag, domain, variant_field, name(variant), copy) +
           made.rest;
}

std::string dot_stuffed(std::string_view message) {
    std::string made;
    made.reserve(message.size() + 2);
    bool begins_line = true;
    for (const char c : message) {
        if (begins_line && c == '.') made += '.';
        made += c;
        begins_line = c == '\n';
    }
    if (!made.ends_with(line_end)) made += line_end;
    return made;
}

Recognised recognise(std::string_view content) {
    const auto header = message::HeaderSection::parse(content);
    if (const auto field = header.field(variant_field)) {
        if (const auto variant = variant_named(trim(field->substr(0, field->find(';')))))
            return {*variant, true};
    }
    const Anatomy anatomy = take_apart(content);
    if (!anatomy.attached.empty()) return {Variant::e, false};
    TrackingCount tracking;
    if (anatomy.html) untracked_html(anatomy.html->text, tracking);
    if (anatomy.plain) untracked_text(anatomy.plain->text, tracking);
    for (const Text& text : anatomy.further) {
        if (is_html(anatomy.structure.parts[text.part])) {
            untracked_html(text.text, tracking);
        } else {
            untracked_text(text.text, tracking);
        }
    }
    if (tracking.any()) return {Variant::d, false};
    if (anatomy.html) return {Variant::c, false};
    LinkList links;
    if (anatomy.plain) add_links_of_text(anatomy.plain->text, links);
    for (const Text& text : anatomy.further) add_links_of_text(text.text, links);
    return {links.links().empty() ? Variant::a : Variant::b, false};
}

}  // namespace fakemx::matrix
