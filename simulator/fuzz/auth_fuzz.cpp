// AUTH: arbitrary lines come to an end, and an exchange that was spoken as it should be fits its user and no other.
#include "smtp/auth.h"

#include <string>

#include "fuzz/reader.h"

using namespace fakemx;
using fakemx::fuzz::must;
using Progress = smtp::AuthExchange::Progress;

namespace {

smtp::AuthExchange exchange(smtp::Mechanism mechanism, bool certified) {
    return {mechanism, "<1.2@mx.test>", certified};
}

void must_be_base64(const std::string& text) {
    must(smtp::decode_base64(text).has_value());
}

/// The rest, line by line.
void any_lines(smtp::Mechanism mechanism, bool certified, bool initial, fuzz::Reader& reader) {
    std::string_view rest = reader.rest();
    const auto line = [&] {
        const std::string_view taken = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
        return taken;
    };
    smtp::AuthExchange spoken = exchange(mechanism, certified);
    Progress progress =
        initial ? spoken.begin(line()) : spoken.begin(std::optional<std::string_view>{});
    for (int challenges = 0; progress == Progress::challenge; ++challenges) {
        must(challenges < 2);
        must_be_base64(spoken.challenge());
        progress = spoken.take(line());
    }
    must(spoken.facts().mechanism == mechanism);
    if (progress == Progress::malformed) return;
    const bool external = mechanism == smtp::Mechanism::external;
    must(spoken.fits({}) == (certified || !external));
    if (!external) must(!spoken.fits({{spoken.facts().user + "x", "secret"}}));
}

/// As a client that knows its user and secret says it.
void spoken_well(smtp::Mechanism mechanism, bool initial, const std::string& user,
                 const std::string& secret) {
    std::string first;
    switch (mechanism) {
        case smtp::Mechanism::plain:
            if (user.empty() || user.find('\0') != std::string::npos) return;
            first = '\0' + user + '\0' + secret;
            break;
        case smtp::Mechanism::login: first = user; break;
        case smtp::Mechanism::xoauth2:
            if (user.find('\1') != std::string::npos) return;
            first = "user=" + user + "\1auth=Bearer " + secret + "\1\1";
            break;
        case smtp::Mechanism::cram_md5:
        case smtp::Mechanism::external: return;
    }
    smtp::AuthExchange spoken = exchange(mechanism, false);
    const std::string line = smtp::encode_base64(first);
    Progress progress = Progress::challenge;
    if (initial) {
        progress = spoken.begin(line.empty() ? "=" : line);
    } else {
        must(spoken.begin({}) == Progress::challenge);
        progress = spoken.take(line);
    }
    if (mechanism == smtp::Mechanism::login) {
        must(progress == Progress::challenge);
        progress = spoken.take(smtp::encode_base64(secret));
    }
    must(progress == Progress::complete);
    must(spoken.facts().user == user && spoken.facts().identity.empty());
    must(spoken.fits({}) && spoken.fits({{user, secret}}));
    must(!spoken.fits({{user, secret + "x"}}) && !spoken.fits({{user + "x", secret}}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view whole = fuzz::Reader{octets, size}.rest();
    if (const auto decoded = smtp::decode_base64(whole)) {
        must(decoded->size() <= whole.size() / 4 * 3);
        must(smtp::decode_base64(smtp::encode_base64(*decoded)) == decoded);
    }
    must(smtp::decode_base64(smtp::encode_base64(whole)) == whole);
    const smtp::Mechanisms offered = smtp::mechanisms_in(whole);
    for (std::size_t i = 0; i < offered.size(); ++i) {
        const std::string line = "AUTH=" + std::string{smtp::mechanism_names.at(i)};
        must(smtp::mechanisms_in(line).to_ulong() == 1UL << i);
        if (offered.test(i)) must(whole.size() > smtp::mechanism_names.at(i).size());
    }

    fuzz::Reader reader{octets, size};
    const auto mechanism = static_cast<smtp::Mechanism>(reader.below(smtp::mechanism_names.size()));
    const bool initial = reader.below(2) == 1;
    if (reader.below(2) == 1) {
        const std::string user{reader.octets(reader.below(64))};
        spoken_well(mechanism, initial, user, std::string{reader.rest()});
    } else {
        const bool certified = reader.below(2) == 1;
        any_lines(mechanism, certified, initial, reader);
    }
    return 0;
}
