// Values of attempts.
#include "diagnosis/facet.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/ip_address.h"
#include "core/text.h"
#include "core/words.h"

namespace fakemx::diagnosis {

namespace {

constexpr std::array<std::string_view, facets> names{"stage",
                                                     "reply",
                                                     "sender-domain",
                                                     "from-domain",
                                                     "sending-ip",
                                                     "network",
                                                     "helo",
                                                     "stream",
                                                     "recipient-domain",
                                                     "host",
                                                     "template",
                                                     "attachments",
                                                     "attachment-type",
                                                     "size",
                                                     "link-domain",
                                                     "charset",
                                                     "language",
                                                     "tls",
                                                     "authentication",
                                                     "journal"};

constexpr std::uint64_t kibibyte = 1024;
constexpr std::uint64_t mebibyte = 1024 * kibibyte;

/// Those that are not empty.
std::vector<std::string> known(std::string_view value) {
    if (value.empty()) return {};
    return {std::string{value}};
}

std::string network_of(std::string_view text) {
    const auto address = IpAddress::parse(text);
    if (!address) return "";
    return IpNetwork::of(*address, address->is_v6() ? 64 : 24).text();
}

std::string reply_of_try(const Try& tried, const Case& all) {
    const Record& attempt = tried.record;
    std::string reply =
        fmt::format("{}: {}", journal::stage_name(attempt.stage),
                    fakemx::reply_of(attempt.code, shape_of_reply(attempt.text, tried.accepted())));
    const Session* session = all.session_of(tried);
    // 421 says by itself that the connection ends.
    if (session != nullptr && session->closed_by_receiver && attempt.code / 100 >= 4 &&
        attempt.code != 421 && session->ended_at - tried.end() <= Duration{1s})
        reply += ", then closed";
    return reply;
}

bool before_mail(smtp::Hook stage) {
    return stage == smtp::Hook::connect || stage == smtp::Hook::helo || stage == smtp::Hook::ehlo ||
           stage == smtp::Hook::starttls || stage == smtp::Hook::auth;
}

std::vector<std::string> content_of(Facet facet, const Letter& letter) {
    switch (facet) {
        case Facet::attachments: {
            std::vector<std::string> types = letter.attachment_types;
            std::sort(types.begin(), types.end());
            return {types.empty() ? "none" : fmt::format("{}", fmt::join(types, "+"))};
        }
        case Facet::attachment_type: return letter.attachment_types;
        case Facet::link_domain: return letter.link_domains;
        case Facet::charset: return letter.charsets;
        case Facet::language: return known(letter.language);
        case Facet::authentication: {
            std::vector<std::string> results;
            for (const auto& [method, result] : letter.authentication)
                results.push_back(fmt::format("{}={}", method, result));
            return results;
        }
        case Facet::stage:
        case Facet::reply:
        case Facet::sender_domain:
        case Facet::from_domain:
        case Facet::sending_ip:
        case Facet::network:
        case Facet::helo:
        case Facet::stream:
        case Facet::recipient_domain:
        case Facet::host:
        case Facet::template_id:
        case Facet::size:
        case Facet::tls:
        case Facet::journal: break;
    }
    return {};
}

bool is_enhanced_code(std::string_view word) {
    return word.size() >= 5 && (word[0] == '2' || word[0] == '4' || word[0] == '5') &&
           word[1] == '.' && std::count(word.begin(), word.end(), '.') == 2 &&
           std::all_of(word.begin(), word.end(),
                       [](char c) { return c == '.' || is_ascii_digit(c); });
}

/// A number of this reply alone: an address, a time, an id, a link.
bool changes(std::string_view word, bool accepted) {
    if (word.find('@') != std::string_view::npos) return true;
    if (word.find("://") != std::string_view::npos) return true;
    const auto digits = std::count_if(word.begin(), word.end(), is_ascii_digit);
    return digits >= 4 || (digits > 0 && (accepted || word.size() > 8));
}

}  // namespace

std::string_view name(Facet facet) {
    return names.at(static_cast<std::size_t>(facet));
}

std::optional<Facet> facet_named(std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Facet>(found - names.begin());
}

std::array<Facet, facets> all_facets() {
    std::array<Facet, facets> all{};
    for (std::size_t i = 0; i < facets; ++i) all.at(i) = static_cast<Facet>(i);
    return all;
}

std::vector<std::string_view> facet_names() {
    return {names.begin(), names.end()};
}

std::string title(Facet facet) {
    switch (facet) {
        case Facet::sending_ip: return "sending IP";
        case Facet::helo: return "HELO";
        case Facet::from_domain: return "header From domain";
        case Facet::tls: return "TLS";
        case Facet::stage: return "SMTP stage";
        case Facet::stream: return "stream (sending IP, template)";
        case Facet::host: return "receiver's host";
        case Facet::reply:
        case Facet::sender_domain:
        case Facet::network:
        case Facet::recipient_domain:
        case Facet::template_id:
        case Facet::attachments:
        case Facet::attachment_type:
        case Facet::size:
        case Facet::link_domain:
        case Facet::charset:
        case Facet::language:
        case Facet::authentication:
        case Facet::journal: break;
    }
    std::string words{name(facet)};
    std::replace(words.begin(), words.end(), '-', ' ');
    return words;
}

std::string_view name(Bucket bucket) {
    switch (bucket) {
        case Bucket::receiver: return "receiver";
        case Bucket::sender: return "sender";
        case Bucket::message: return "message";
        case Bucket::stage: return "stage";
    }
    return "";
}

std::string_view purpose(Bucket bucket) {
    switch (bucket) {
        case Bucket::receiver: return "which domain, which host: the receiver's pool";
        case Bucket::sender: return "which domain, address, name: reputation and route";
        case Bucket::message: return "which template, attachments, size: content";
        case Bucket::stage: return "where the dialogue ended, and with which words: the trigger";
    }
    return "";
}

std::vector<Facet> facets_of(Bucket bucket) {
    switch (bucket) {
        case Bucket::receiver: return {Facet::recipient_domain, Facet::host};
        case Bucket::sender: return {Facet::sender_domain, Facet::sending_ip};
        case Bucket::message: return {Facet::template_id, Facet::attachments, Facet::size};
        case Bucket::stage: return {Facet::stage, Facet::reply};
    }
    return {};
}

bool of_content(Facet facet) {
    switch (facet) {
        case Facet::from_domain:
        case Facet::stream:
        case Facet::template_id:
        case Facet::attachments:
        case Facet::attachment_type:
        case Facet::size:
        case Facet::link_domain:
        case Facet::charset:
        case Facet::language:
        case Facet::authentication: return true;
        case Facet::stage:
        case Facet::reply:
        case Facet::sender_domain:
        case Facet::sending_ip:
        case Facet::network:
        case Facet::helo:
        case Facet::recipient_domain:
        case Facet::host:
        case Facet::tls:
        case Facet::journal: return false;
    }
    return false;
}

bool of_outcome(Facet facet) {
    return facet == Facet::stage || facet == Facet::reply;
}

std::vector<std::string> values_of(Facet facet, const Try& tried, const Case& all) {
    const Record& attempt = tried.record;
    const Session* session = all.session_of(tried);
    switch (facet) {
        case Facet::stage: return {std::string{journal::stage_name(attempt.stage)}};
        case Facet::reply: return {reply_of_try(tried, all)};
        case Facet::sender_domain: return known(domain_of(attempt.mail_from));
        case Facet::from_domain: return known(ascii_lower(attempt.header_from_domain));
        case Facet::sending_ip: return known(attempt.sending_ip);
        case Facet::network: return known(network_of(attempt.sending_ip));
        case Facet::helo: return known(ascii_lower(attempt.helo));
        case Facet::stream:
            if (attempt.template_id.empty()) return {};
            return {fmt::format("{}, {}", attempt.sending_ip, attempt.template_id)};
        case Facet::recipient_domain: return known(domain_of(attempt.recipient));
        case Facet::host: return known(session == nullptr ? std::string_view{} : session->host);
        case Facet::template_id: return known(attempt.template_id);
        case Facet::size:
            if (!attempt.message_octets) return {};
            return {size_class(*attempt.message_octets)};
        case Facet::tls:
            // Whoever is refused before MAIL might have asked for it yet.
            if (session == nullptr || (!session->tls && before_mail(attempt.stage))) return {};
            return {session->tls ? "yes" : "no"};
        case Facet::journal: return {all.sources.at(tried.source).name};
        case Facet::attachments:
        case Facet::attachment_type:
        case Facet::link_domain:
        case Facet::charset:
        case Facet::language:
        case Facet::authentication: {
            const Letter* letter = all.letter_of(tried);
            return letter == nullptr ? std::vector<std::string>{} : content_of(facet, *letter);
        }
    }
    return {};
}

std::string shape_of_reply(std::string_view text, bool accepted) {
    std::string shape;
    bool left_out = false;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" ,;\r\n", at), text.size());
        const std::string_view word = text.substr(at, end - at);
        if (!word.empty() && changes(word, accepted) && !(at == 0 && is_enhanced_code(word))) {
            if (!left_out) shape += "…";
            left_out = true;
        } else if (!word.empty()) {
            shape += word;
            left_out = false;
        }
        if (end == text.size()) break;
        // One blank is as good as two, and behind what is left out a comma says nothing.
        const char separator = text[end] == '\r' || text[end] == '\n' ? ' ' : text[end];
        if (!(left_out && separator != ' ') && !(separator == ' ' && shape.ends_with(' ')))
            shape += separator;
        at = end + 1;
    }
    while (shape.ends_with(' ')) shape.pop_back();
    for (std::size_t at = shape.find("… …"); at != std::string::npos; at = shape.find("… …"))
        shape.erase(at, std::string_view{"… "}.size());
    return shape;
}

std::string size_class(std::uint64_t octets) {
    for (const auto& [limit, words] : {std::pair{10 * kibibyte, "up to 10 KiB"},
                                       {100 * kibibyte, "up to 100 KiB"},
                                       {mebibyte, "up to 1 MiB"},
                                       {10 * mebibyte, "up to 10 MiB"}}) {
        if (octets <= limit) return words;
    }
    return "more than 10 MiB";
}

std::string size_text(std::uint64_t octets) {
    if (octets < kibibyte) return fmt::format("{} octets", octets);
    const auto [unit, words] =
        octets < mebibyte ? std::pair{kibibyte, "KiB"} : std::pair{mebibyte, "MiB"};
    const std::uint64_t tenths = (octets * 10 + unit / 2) / unit;
    if (tenths >= 1000 || tenths % 10 == 0) return fmt::format("{} {}", (tenths + 5) / 10, words);
    return fmt::format("{}.{} {}", tenths / 10, tenths % 10, words);
}

}  // namespace fakemx::diagnosis
