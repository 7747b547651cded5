// Results that depend on one another, kept for as long as they hold.
#include "message/authentication.h"

#include <algorithm>

#include "message/dkim.h"
#include "smtp/question.h"

namespace fakemx::message {

struct Authentication::Results {
    struct OfHelo {
        IpAddress client;
        std::string helo;
        AuthResult result;
    };

    std::optional<std::pair<IpAddress, AuthResult>> reverse;
    std::optional<OfHelo> helo;
    std::optional<std::pair<SpfIdentity, SpfResult>> spf;
    std::optional<std::vector<DkimResult>> dkim;
    std::optional<DmarcResult> dmarc;
    Effort effort;
};

std::optional<IpAddress> address_of(const smtp::SessionFacts& session) {
    // A link-local address comes with its zone.
    const auto address =
        IpAddress::parse(std::string_view{session.client}.substr(0, session.client.find('%')));
    return address ? std::optional{address->unmapped()} : std::nullopt;
}

std::optional<SpfIdentity> sender_of(const smtp::SessionFacts& session,
                                     const smtp::Path& reverse_path) {
    const auto client = address_of(session);
    if (!client) return std::nullopt;
    return SpfIdentity{.client = *client,
                       .helo = session.helo,
                       .local_part = reverse_path.local_part,
                       .domain = reverse_path.domain};
}

bool knows(const Names& names, const SpfIdentity& sender) {
    return names.knows(sender.domain.empty() ? sender.helo : sender.domain);
}

bool knows(const Names& names, const ArrivedMessage& message) {
    return knows(names, message.sender) ||
           (!message.from_domain.empty() && names.knows(message.from_domain));
}

AuthResult overall(const std::vector<DkimResult>& signatures) {
    if (signatures.empty()) return AuthResult::none;
    const bool passes =
        std::any_of(signatures.begin(), signatures.end(),
                    [](const DkimResult& one) { return one.result == AuthResult::pass; });
    return passes ? AuthResult::pass : signatures.front().result;
}

Authentication::Authentication(const Names* names) : names_(names) {}
Authentication::Authentication(Authentication&&) noexcept = default;
Authentication& Authentication::operator=(Authentication&&) noexcept = default;
Authentication::~Authentication() = default;

Authentication::Results& Authentication::results() {
    if (!results_) results_ = std::make_unique<Results>();
    return *results_;
}

Authentication::Effort Authentication::effort() const {
    return results_ ? results_->effort : Effort{};
}

void Authentication::begin_message() {
    if (!results_) return;
    results_->dkim.reset();
    results_->dmarc.reset();
}

AuthResult Authentication::reverse(const IpAddress& client) {
    if (names_ == nullptr) return AuthResult::none;
    auto& kept = results().reverse;
    if (!kept || kept->first != client) {
        kept.emplace(client, check_reverse(*names_, client));
        ++results().effort.results;
    }
    return kept->second;
}

AuthResult Authentication::helo(const IpAddress& client, std::string_view helo) {
    if (names_ == nullptr) return AuthResult::none;
    auto& kept = results().helo;
    if (!kept || kept->client != client || kept->helo != helo) {
        kept = Results::OfHelo{client, std::string{helo}, check_helo(*names_, client, helo)};
        ++results().effort.results;
    }
    return kept->result;
}

const SpfResult& Authentication::spf(const SpfIdentity& sender) {
    auto& kept = results().spf;
    if (!kept || kept->first != sender) {
        kept.emplace(sender, names_ != nullptr ? check_spf(*names_, sender) : SpfResult{});
        ++results().effort.results;
    }
    return kept->second;
}

const std::vector<DkimResult>& Authentication::dkim(const ArrivedMessage& message) {
    auto& kept = results().dkim;
    if (!kept) {
        kept = names_ != nullptr ? check_dkim(*names_, message.content, message.whole)
                                 : std::vector<DkimResult>{};
        results().effort.signatures += kept->size();
    }
    return *kept;
}

const DmarcResult& Authentication::dmarc(const ArrivedMessage& message) {
    auto& kept = results().dmarc;
    if (!kept) {
        kept.emplace();
        if (names_ != nullptr) {
            const SpfResult& of_path = spf(message.sender);
            kept = check_dmarc(*names_, message.from_domain, of_path, dkim(message));
        }
        ++results().effort.results;
    }
    return *kept;
}

Alignment Authentication::alignment(const ArrivedMessage& message) {
    const DmarcResult& judged = dmarc(message);
    if (!judged.policy.empty()) return {.spf = judged.spf_aligned, .dkim = judged.dkim_aligned};
    // Without a policy that holds: relaxed, as by default.
    const SpfResult& of_path = spf(message.sender);
    const auto& signatures = dkim(message);
    return {
        .spf = of_path.result == AuthResult::pass && aligned(of_path.domain, message.from_domain),
        .dkim = std::any_of(signatures.begin(), signatures.end(), [&](const DkimResult& one) {
            return one.result == AuthResult::pass && aligned(one.domain, message.from_domain);
        })};
}

std::optional<Authenticated> authenticate(const Sender& sender, std::string_view content,
                                          bool whole) {
    const ArrivedMessage message{.sender = sender.identity,
                                 .from_domain = sender.from_domain,
                                 .content = content,
                                 .whole = whole};
    if (!knows(*sender.names, message)) return std::nullopt;
    Authentication authentication{sender.names.get()};
    const IpAddress& client = sender.identity.client;
    return Authenticated{.spf = authentication.spf(sender.identity),
                         .dkim = authentication.dkim(message),
                         .dmarc = authentication.dmarc(message),
                         .alignment = authentication.alignment(message),
                         .reverse = authentication.reverse(client),
                         .helo = authentication.helo(client, sender.identity.helo)};
}

}  // namespace fakemx::message
