// Links and images in text and in HTML, as a reader's program would find them: no parser of HTML, because what senders write is
// none, but one that reads tags wherever they are. It fetches nothing and knows nobody's reputation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "message/letters.h"

namespace fakemx::message {

/// What the texts of a message refer to.
struct References {
    std::uint64_t links = 0;
    std::vector<std::string>
        domains;  ///< hosts of links, lower case, each once; at most limits::traits_listed_max
    std::uint64_t images = 0;           ///< <img>
    std::uint64_t tracking_pixels = 0;  ///< of them not larger than 1×1
};

/// The links of running text, from first to last; a text is read once. Each is as it stands there: that of a scheme without a host
/// is none to host_of.
class TextLinks {
public:
    explicit TextLinks(std::string_view text) : text_(text) {}

    /// Goes to the next link; false behind the last one.
    bool next();

    std::size_t begin = 0;
    std::size_t end = 0;

private:
    std::size_t find_scheme(std::size_t from) const;
    std::size_t find_www(std::size_t from) const;

    std::string_view text_;
    // Where the next one of either kind begins: each search goes on where it stopped.
    std::size_t scheme_ = 0;
    std::size_t www_ = 0;
    bool begun_ = false;
};

/// Plain text in UTF-8: letters outside links are counted.
void survey_text(std::string_view text, References& references, LetterCounts& letters);

/// HTML in UTF-8: what its tags refer to; of its text, which may show addresses, the letters.
void survey_html(std::string_view html, References& references, LetterCounts& letters);

/// The host of a URL of http, https or without a scheme ("//host/…"), lower case; empty for any other.
std::string host_of(std::string_view url);

}  // namespace fakemx::message
