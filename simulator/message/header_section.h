// The header section of a message (RFC 5322 §2.2), read once, bounded, in order. What a delivery is
// recognised by and what the journal reports is taken from here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fakemx::message {

struct HeaderField {
    std::string name;   ///< as written
    std::string value;  ///< unfolded (RFC 5322 §2.2.3), without blanks at its ends
};

class HeaderSection {
public:
    /// Reads the fields at the start of `content` up to the empty line, at most
    /// limits::header_octets_kept octets. A line that is no field ends the section: what follows is
    /// body (RFC 5322 §2.1).
    static HeaderSection parse(std::string_view content);

    const std::vector<HeaderField>& fields() const { return fields_; }

    /// Length of the section in the content, the empty line behind it included.
    std::size_t octets() const { return octets_; }

    /// The first field of this name, ASCII letter case ignored.
    std::optional<std::string_view> field(std::string_view name) const;

    /// The content of Message-ID between its angle brackets, where it has both.
    std::optional<std::string> message_id() const;

    /// The domain of the first mailbox in From, lower case; nothing when there is none.
    std::optional<std::string> from_domain() const;

private:
    std::vector<HeaderField> fields_;
    std::size_t octets_ = 0;
};

/// A line that may stand in a header section: a field, or the continuation of one. Without its line end.
bool is_header_line(std::string_view line);

/// The domain of the first mailbox in an address list (RFC 5322 §3.4): comments, quoted strings and
/// display names are passed over. Lower case; nothing for what is longer than a domain can be.
std::optional<std::string> first_mailbox_domain(std::string_view address_list);

}  // namespace fakemx::message
