// What a profile may ask of a message, and what the journal keeps of it for reports: parts and attachments, charsets, letters, links,
// sizes. Made when somebody asks, from the octets that are kept. It judges nothing: whether a trait is a fault is for profiles.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "message/letters.h"
#include "message/links.h"
#include "message/structure.h"

namespace fakemx::message {

struct Authenticated;

struct Attachment {
    std::size_t part = 0;      ///< its index in Structure::parts
    std::string file_name;     ///< UTF-8; empty: not said
    std::string extension;     ///< of the file name, lower case; empty without one
    std::string type;          ///< "application/pdf"
    std::uint64_t octets = 0;  ///< with its transfer encoding undone
    std::vector<std::string>
        names;  ///< of the files in it, where it is a ZIP archive that was seen completely

    /// What people call it: the extension, or the MIME subtype where there is none.
    std::string kind() const;
};

/// A charset that text parts say they are in.
struct CharsetUse {
    std::string charset;       ///< lower case; "us-ascii" where nothing is said (RFC 2045 §5.2)
    bool known = true;         ///< false: nobody can say whether it holds
    std::uint64_t errors = 0;  ///< octets that it has no character for
};

struct Traits {
    Structure structure;
    std::uint64_t octets = 0;             ///< of the message
    std::uint64_t decoded_octets = 0;     ///< of all bodies, with their transfer encodings undone
    std::vector<Attachment> attachments;  ///< of the parts that are kept apart
    std::vector<CharsetUse> charsets;     ///< of text parts that are no attachments, each once
    LetterCounts letters;                 ///< of the same parts
    References references;                ///< of the same parts
    bool has_html = false;
    bool has_alternative = false;  ///< multipart/alternative of plain text and HTML

    bool charset_valid() const;
    /// Kinds of attachments, each once, in order of appearance.
    std::vector<std::string> attachment_kinds() const;
};

/// `content` is the beginning of the message, or all of it; `structure` that of the whole message, as far as anybody saw it.
Traits read_traits(std::string_view content, Structure structure);

/// Of a message of `octets` octets that begins with `content`.
Traits read_traits(std::string_view content, std::uint64_t octets);

/// The traits of a message, made when they are first asked for.
class TraitsOnDemand {
public:
    TraitsOnDemand() = default;
    /// Of a message of `octets` octets that begins with `content`, which outlives this. `structure`: what was seen of more than that;
    /// null: nothing.
    TraitsOnDemand(std::string_view content, std::uint64_t octets,
                   std::shared_ptr<const Structure> structure)
        : content_(content), octets_(octets), structure_(std::move(structure)) {}

    const Traits& get();

    /// They were asked for, and cost nothing any more.
    bool made() const { return made_ != nullptr; }
    std::string_view content() const { return content_; }

private:
    std::string_view content_;
    std::uint64_t octets_ = 0;
    std::shared_ptr<const Structure> structure_;
    std::unique_ptr<const Traits> made_;
};

/// The extension of a file name, lower case, without its dot: at most 16 letters and digits, else nothing.
std::string extension_of(std::string_view file_name);

/// For the journal: one line of JSON, each list at most limits::traits_listed_max long. Its fields are in docs/reference/journal.md.
/// `authenticated`: null where nothing is known of the sender.
std::string to_json(const Traits& traits, const Authenticated* authenticated = nullptr);

}  // namespace fakemx::message
