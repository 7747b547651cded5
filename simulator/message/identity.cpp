// Addresses looked up both ways, and the policy that a domain publishes.
#include "message/identity.h"

#include <algorithm>
#include <libpsl.h>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/text.h"
#include "message/spf.h"

namespace fakemx::message {

namespace {

RecordType type_of(const IpAddress& address) {
    return address.is_v6() ? RecordType::aaaa : RecordType::a;
}

bool has_address(const LookUp& found, const IpAddress& address) {
    return std::any_of(found.values.begin(), found.values.end(), [&](const std::string& value) {
        return IpAddress::parse(value) == address;
    });
}

/// RFC 7489 §6.4, as far as it decides.
struct Policy {
    std::string policy;
    std::string subdomain_policy;
    bool wants_reports = false;
    bool strict_dkim = false;
    bool strict_spf = false;
};

/// The policy in a TXT record; nothing for any other record.
std::optional<Policy> parse_policy(std::string_view text) {
    Policy policy;
    bool first = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        const std::string_view tag = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = std::min(tag.find('='), tag.size());
        const std::string_view name = trim(tag.substr(0, equals));
        const std::string_view value = trim(tag.substr(std::min(equals + 1, tag.size())));
        if (first && (name != "v" || value != "DMARC1")) return std::nullopt;
        first = false;
        if (equal_ignoring_case(name, "p")) policy.policy = ascii_lower(value);
        if (equal_ignoring_case(name, "sp")) policy.subdomain_policy = ascii_lower(value);
        if (equal_ignoring_case(name, "rua"))
            policy.wants_reports = value.find("mailto:") != std::string_view::npos;
        if (equal_ignoring_case(name, "adkim"))
            policy.strict_dkim = equal_ignoring_case(value, "s");
        if (equal_ignoring_case(name, "aspf")) policy.strict_spf = equal_ignoring_case(value, "s");
    }
    return first ? std::nullopt : std::optional{policy};
}

struct Found {
    std::vector<Policy> policies;
    bool failed = false;
};

Found policies_at(const Names& names, std::string_view domain) {
    Found found;
    const LookUp records = names.look_up(fmt::format("_dmarc.{}", domain), RecordType::txt);
    found.failed = records.status == LookUp::Status::failed;
    for (const std::string& record : records.values) {
        if (auto policy = parse_policy(record)) found.policies.push_back(std::move(*policy));
    }
    return found;
}

bool is_policy(std::string_view word) {
    return word == "none" || word == "quarantine" || word == "reject";
}

}  // namespace

AuthResult check_reverse(const Names& names, const IpAddress& address) {
    const LookUp found = names.look_up(reverse_name(address), RecordType::ptr);
    if (found.status == LookUp::Status::failed) return AuthResult::temperror;
    if (found.values.empty()) return AuthResult::none;
    AuthResult result = AuthResult::fail;
    for (std::size_t i = 0; i < std::min<std::size_t>(found.values.size(), limits::spf_names_max);
         ++i) {
        const LookUp back = names.look_up(found.values[i], type_of(address));
        if (has_address(back, address)) return AuthResult::pass;
        if (back.status == LookUp::Status::failed) result = AuthResult::temperror;
    }
    return result;
}

AuthResult check_helo(const Names& names, const IpAddress& address, std::string_view helo) {
    if (helo.find('.') == std::string_view::npos || helo.starts_with('[')) return AuthResult::none;
    const LookUp found = names.look_up(helo, type_of(address));
    if (found.status == LookUp::Status::failed) return AuthResult::temperror;
    return has_address(found, address) ? AuthResult::pass : AuthResult::fail;
}

std::string organizational_domain(std::string_view domain) {
    std::string name = ascii_lower(domain);
    while (name.ends_with('.')) name.pop_back();
    const char* registered = psl_registrable_domain(psl_builtin(), name.c_str());
    return registered != nullptr ? std::string{registered} : name;
}

bool aligned(std::string_view a, std::string_view b, bool strict) {
    if (a.empty() || b.empty()) return false;
    if (equal_ignoring_case(a, b)) return true;
    return !strict && organizational_domain(a) == organizational_domain(b);
}

namespace {

/// §6.6.3, step 6: a mistake in the policy is "none" where reports are wanted; nothing where they are not.
std::optional<std::string> policy_in(const Policy& policy, bool inherited) {
    const std::string& sub = policy.subdomain_policy;
    if (is_policy(policy.policy) && (sub.empty() || is_policy(sub)))
        return inherited && !sub.empty() ? sub : policy.policy;
    if (policy.wants_reports) return "none";
    return std::nullopt;
}

void judge(DmarcResult& result, const Policy& policy, std::string_view from_domain,
           const SpfResult& spf, const std::vector<DkimResult>& signatures) {
    const bool spf_fits = aligned(spf.domain, from_domain, policy.strict_spf);
    result.spf_aligned = spf_fits && spf.result == AuthResult::pass;
    bool may_pass = spf_fits && spf.result == AuthResult::temperror;
    for (const DkimResult& signature : signatures) {
        if (!aligned(signature.domain, from_domain, policy.strict_dkim)) continue;
        result.dkim_aligned = result.dkim_aligned || signature.result == AuthResult::pass;
        may_pass = may_pass || signature.result == AuthResult::temperror;
    }
    if (result.spf_aligned || result.dkim_aligned) {
        result.result = AuthResult::pass;
        result.explanation = result.spf_aligned ? "SPF is aligned" : "DKIM is aligned";
    } else if (may_pass) {
        // §6.6.2: it is not known to have failed.
        result.result = AuthResult::temperror;
        result.explanation = "what is aligned cannot be looked up";
    } else {
        result.result = AuthResult::fail;
        result.explanation = "neither SPF nor DKIM is aligned";
    }
}

}  // namespace

DmarcResult check_dmarc(const Names& names, std::string_view from_domain, const SpfResult& spf,
                        const std::vector<DkimResult>& signatures) {
    DmarcResult result;
    if (from_domain.empty()) {
        result.explanation = "no domain in From";
        return result;
    }
    Found found = policies_at(names, from_domain);
    const std::string organization = organizational_domain(from_domain);
    const bool inherited =
        found.policies.empty() && !found.failed && !equal_ignoring_case(organization, from_domain);
    if (inherited) found = policies_at(names, organization);
    if (found.failed) {
        result.result = AuthResult::temperror;
        result.explanation = "the policy cannot be looked up";
        return result;
    }
    // §6.6.3: none, or more than one, and there is no policy.
    if (found.policies.size() != 1) {
        result.explanation = found.policies.empty() ? "no record" : "more than one record";
        return result;
    }
    const Policy& policy = found.policies.front();
    const auto word = policy_in(policy, inherited);
    if (!word) {
        result.result = AuthResult::permerror;
        result.explanation = "the record has no policy";
        return result;
    }
    result.policy = *word;
    judge(result, policy, from_domain, spf, signatures);
    return result;
}

}  // namespace fakemx::message
