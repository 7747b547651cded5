// The ways in which attempts are told apart: by who sent them, what they brought, where they went, where they ended. Never by the
// profile's own reason (the column `cause`), which a real receiver keeps to itself.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnosis/case.h"

namespace fakemx::diagnosis {

enum class Facet : std::uint8_t {
    stage,
    reply,  ///< stage, code and text, without what changes from reply to reply
    sender_domain,
    from_domain,
    sending_ip,
    network,  ///< the /24 or the /64 of the address
    helo,
    stream,  ///< what a sending system keeps apart: address and template
    recipient_domain,
    host,  ///< that was tried
    template_id,
    attachments,      ///< all of a message together: "pdf+zip", or "none"
    attachment_type,  ///< each
    size,
    link_domain,
    charset,
    language,
    tls,
    authentication,  ///< "spf=fail"
    journal,
};
inline constexpr std::size_t facets = 20;

/// As people ask for it: "sender-domain".
std::string_view name(Facet facet);
std::optional<Facet> facet_named(std::string_view name);
/// All of them, in order.
std::array<Facet, facets> all_facets();
std::vector<std::string_view> facet_names();

/// What it tells apart, for people: "sender domain".
std::string title(Facet facet);

/// What somebody looks at first: where it went, who sent it, what it was, and where it ended.
enum class Bucket : std::uint8_t { receiver, sender, message, stage };
std::string_view name(Bucket bucket);
/// Why one looks there: "which receiver, which host of it".
std::string_view purpose(Bucket bucket);
std::vector<Facet> facets_of(Bucket bucket);

/// It says something of the message, so that nothing is known before the message has arrived.
bool of_content(Facet facet);
/// What became of an attempt, rather than what it brought: no trait.
bool of_outcome(Facet facet);

/// The values that an attempt has; none where it is not known. Several where one message has several.
std::vector<std::string> values_of(Facet facet, const Try& tried, const Case& all);

/// The text of a reply without what is another one each time: words with more than two digits in them that do not begin it, and what
/// hangs on them. "mx 163 zwqz-mx-…" of two replies are equal. `accepted`: any number is one that the message was given.
std::string shape_of_reply(std::string_view text, bool accepted = false);

/// The first `octets` that a class of sizes goes up to: "up to 100 KiB".
std::string size_class(std::uint64_t octets);
/// "48 KiB": of one size.
std::string size_text(std::uint64_t octets);

}  // namespace fakemx::diagnosis
