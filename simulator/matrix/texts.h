// The texts of a message with less in them: without tracking, without links, HTML as plain text. Everything is UTF-8, or octets of
// which those below 128 are ASCII; what is not changed stays as it was, octet for octet.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "matrix/tracking.h"

namespace fakemx::matrix {

/// Links of tags lead where they lead in the end, or nowhere ("#") where nobody can say where that is; tracking pixels are gone.
/// `found` counts what there was. Comments stay as they are.
std::string untracked_html(std::string_view html, TrackingCount& found);

/// A link that nobody can read is left out.
std::string untracked_text(std::string_view text, TrackingCount& found);

/// Plain text with its links left out, and the angle brackets around them.
std::string without_links(std::string_view text);

/// Each once, in order.
class LinkList {
public:
    void add(std::string url);
    const std::vector<std::string>& links() const { return links_; }

private:
    std::vector<std::string> links_;
    std::unordered_set<std::string> known_;
};

/// Where the links of HTML or of plain text lead, without tracking.
void add_links_of_html(std::string_view html, LinkList& links);
void add_links_of_text(std::string_view text, LinkList& links);

/// What a reader sees, a line for each paragraph, with CRLF. `html` is UTF-8.
std::string text_of_html(std::string_view html);

}  // namespace fakemx::matrix
