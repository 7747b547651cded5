// Whether what a sender says of itself fits together: its address and its name, and the domains that its mail goes by.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ip_address.h"
#include "message/names.h"

namespace fakemx::message {

struct SpfResult;

/// Forward-confirmed reverse DNS (RFC 8601 §2.7.3): "pass" where a PTR name of the address leads back to it, "fail" where none does, "none"
/// without PTR records.
AuthResult check_reverse(const Names& names, const IpAddress& address);

/// Does the name that the client greets with lead to its address? "none" for what is no domain.
AuthResult check_helo(const Names& names, const IpAddress& address, std::string_view helo);

/// The domain that somebody registered (RFC 7489 §3.2), by the public suffix list: "example.co.uk" of "mail.example.co.uk". A public
/// suffix is its own.
std::string organizational_domain(std::string_view domain);

/// RFC 7489 §3.1: the same domain, or by default (relaxed) one of the same organization.
bool aligned(std::string_view a, std::string_view b, bool strict = false);

/// A signature that was checked.
struct DkimResult {
    AuthResult result = AuthResult::none;
    std::string domain;    ///< "d="
    std::string selector;  ///< "s="
    std::string explanation;
};

struct DmarcResult {
    AuthResult result = AuthResult::none;
    std::string
        policy;  ///< that holds for the domain: "none", "quarantine", "reject"; empty without one
    bool spf_aligned = false;   ///< SPF passes, for a domain that is aligned
    bool dkim_aligned = false;  ///< a signature does
    std::string explanation;
};

/// RFC 7489 §6.6, without reports and without "pct". `from_domain` is that of the header field From.
DmarcResult check_dmarc(const Names& names, std::string_view from_domain, const SpfResult& spf,
                        const std::vector<DkimResult>& signatures);

}  // namespace fakemx::message
