// Redirects that name their target, redirects that do not, and parameters.
#include "matrix/tracking.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/text.h"
#include "message/encoding.h"
#include "message/links.h"

namespace fakemx::matrix {

namespace {

/// Of Google, Meta, Microsoft, Yandex, Mailchimp, HubSpot, Marketo, Klaviyo, Vero, Omeda, Oracle Eloqua, MailerLite, Alibaba, as
/// their own documentation names them.
constexpr std::array<std::string_view, 34> tracking_parameters{
    "gclid",         "gclsrc",
    "dclid",         "gbraid",
    "wbraid",        "_ga",
    "_gl",           "fbclid",
    "msclkid",       "yclid",
    "mc_cid",        "mc_eid",
    "_hsenc",        "_hsmi",
    "__hstc",        "__hssc",
    "__hsfp",        "hsctatracking",
    "mkt_tok",       "_ke",
    "_kx",           "vero_id",
    "vero_conv",     "oly_enc_id",
    "oly_anon_id",   "elqtrackid",
    "elqtrack",      "elqaid",
    "elqat",         "elqcampaignid",
    "ml_subscriber", "spm",
    "scm",           "ml_subscriber_hash"};

/// What the host or the path of a counter of clicks is called, beside a token that stands for the target.
constexpr std::array<std::string_view, 12> counting_words{"click",    "clicks", "clk",      "track",
                                                          "tracking", "trk",    "redirect", "redir",
                                                          "ls",       "ct",     "c",        "e3t"};
constexpr std::size_t token_octets_min = 16;
/// A redirect to a redirect; more than two are not seen in practice, and a loop must end.
constexpr int redirects_max = 4;

template <class List>
bool is_one_of(const List& list, std::string_view word) {
    return std::any_of(list.begin(), list.end(),
                       [&](std::string_view one) { return equal_ignoring_case(one, word); });
}

bool is_tracking_parameter(std::string_view name) {
    return is_one_of(tracking_parameters, name) || equal_ignoring_case(name.substr(0, 4), "utm_");
}

int hex_digit(char c) {
    if (is_ascii_digit(c)) return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0) {
            decoded += text[i];
            continue;
        }
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

/// Percent-encoded or as it is; in base64, with either alphabet, "http" begins with "aHR0c".
std::optional<std::string> url_in(std::string_view value) {
    std::string url;
    if (value.starts_with("aHR0c")) {
        std::string standard = percent_decoded(value);
        std::replace(standard.begin(), standard.end(), '-', '+');
        std::replace(standard.begin(), standard.end(), '_', '/');
        while (standard.size() % 4 != 0) standard += '=';
        url = message::decode_transfer(message::TransferEncoding::base64, standard);
    } else {
        url = percent_decoded(value);
    }
    const bool is_absolute = equal_ignoring_case(std::string_view{url}.substr(0, 7), "http://") ||
                             equal_ignoring_case(std::string_view{url}.substr(0, 8), "https://");
    const bool is_plain = std::all_of(url.begin(), url.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>';
    });
    if (!is_absolute || !is_plain || message::host_of(url).empty()) return std::nullopt;
    return url;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> pieces;
    while (true) {
        const std::size_t end = text.find_first_of(separators);
        pieces.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return pieces;
        text.remove_prefix(end + 1);
    }
}

/// RFC 3986 §3, as far as it is asked for.
struct Url {
    std::string_view origin;  ///< scheme and authority
    std::string_view path;
    std::string_view query;     ///< without its "?"
    std::string_view fragment;  ///< with its "#"
    bool has_query = false;
};

Url parse(std::string_view url) {
    Url parsed;
    const std::size_t hash = std::min(url.find('#'), url.size());
    parsed.fragment = url.substr(hash);
    url = url.substr(0, hash);
    const std::size_t question = std::min(url.find('?'), url.size());
    parsed.has_query = question != url.size();
    if (parsed.has_query) parsed.query = url.substr(question + 1);
    url = url.substr(0, question);
    const std::size_t slashes = url.find("//");
    const std::size_t path = url.find('/', slashes == std::string_view::npos ? 0 : slashes + 2);
    parsed.origin = url.substr(0, path);
    if (path != std::string_view::npos) parsed.path = url.substr(path);
    return parsed;
}

std::string_view value_of(std::string_view parameter) {
    const std::size_t equals = parameter.find('=');
    return equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1);
}

std::optional<std::string> target_of(const Url& url) {
    for (const std::string_view parameter : split(url.query, "&;")) {
        if (auto target = url_in(value_of(parameter))) return target;
    }
    // Amazon SES: /L0/https:%2F%2Fbrand.example%2Fpage/1/…
    for (const std::string_view segment : split(url.path, "/")) {
        if (auto target = url_in(segment)) return target;
    }
    return std::nullopt;
}

bool is_token(std::string_view text) {
    return text.size() >= token_octets_min &&
           std::all_of(text.begin(), text.end(),
                       [](char c) {
                           return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '_' ||
                                  c == '%' || c == '=' || c == '+' || c == '.' || c == '~';
                       }) &&
           std::any_of(text.begin(), text.end(), is_ascii_digit);
}

bool is_opaque(const Url& url) {
    bool counts = false;
    bool has_token = false;
    const std::string host = message::host_of(url.origin);
    for (const std::string_view label : split(host, "."))
        counts = counts || is_one_of(counting_words, label);
    for (const std::string_view segment : split(url.path, "/")) {
        counts = counts || is_one_of(counting_words, segment);
        has_token = has_token || is_token(segment);
    }
    for (const std::string_view parameter : split(url.query, "&;"))
        has_token = has_token || is_token(value_of(parameter));
    return counts && has_token;
}

std::string without_parameters(const Url& url) {
    std::string made{url.origin};
    made += url.path;
    char separator = '?';
    for (const std::string_view parameter : split(url.query, "&;")) {
        if (parameter.empty() || is_tracking_parameter(parameter.substr(0, parameter.find('='))))
            continue;
        made += separator;
        made += parameter;
        separator = '&';
    }
    made += url.fragment;
    return made;
}

bool has_tracking_parameter(const Url& url) {
    const auto parameters = split(url.query, "&;");
    return std::any_of(parameters.begin(), parameters.end(), [](std::string_view parameter) {
        return is_tracking_parameter(parameter.substr(0, parameter.find('=')));
    });
}

}  // namespace

Untracked without_tracking(std::string_view url) {
    Untracked made;
    made.url = url;
    for (int i = 0; i < redirects_max; ++i) {
        auto target = target_of(parse(made.url));
        if (!target) break;
        made.url = std::move(*target);
        made.redirect = true;
    }
    const Url parsed = parse(made.url);
    if (is_opaque(parsed)) {
        made.opaque = true;
        made.url.clear();
    } else if (has_tracking_parameter(parsed)) {
        made.parameters = true;
        made.url = without_parameters(parsed);
    }
    return made;
}

void TrackingCount::add(const Untracked& link) {
    if (link.opaque) {
        ++opaque;
    } else if (link.redirect) {
        ++redirects;
    } else if (link.parameters) {
        ++parameters;
    }
}

}  // namespace fakemx::matrix
