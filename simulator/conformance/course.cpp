// Looking things up in a run, and holding what arrived against what was given.
#include "conformance/course.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/text.h"
#include "core/words.h"
#include "message/header_section.h"

namespace fakemx::conformance {

namespace {

constexpr std::size_t shown_max = 60;

/// Takes the first line off, without its end; nothing behind the last one.
std::optional<std::string_view> take_line(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const std::size_t end = text.find_first_of("\r\n");
    if (end == std::string_view::npos) return std::exchange(text, {});
    const std::string_view line = text.substr(0, end);
    const bool both = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (both ? 2 : 1));
    return line;
}

std::string shown(std::optional<std::string_view> line) {
    return line ? fmt::format("'{}'", shortened(printable(*line), shown_max)) : "missing";
}

/// Blanks do not count: folding moves them.
std::string without_blanks(std::string_view value) {
    std::string bare{value};
    std::erase_if(bare, [](char c) { return c == ' ' || c == '\t'; });
    return bare;
}

std::string header_difference(const message::HeaderSection& given,
                              const message::HeaderSection& arrived) {
    for (const message::HeaderField& field : given.fields()) {
        // These are for the sender to take out (RFC 5322 §3.6.3), and say nothing to the recipient.
        if (equal_ignoring_case(field.name, "Bcc")) continue;
        const bool there =
            std::any_of(arrived.fields().begin(), arrived.fields().end(), [&](const auto& other) {
                return equal_ignoring_case(field.name, other.name) &&
                       without_blanks(field.value) == without_blanks(other.value);
            });
        if (there) continue;
        const auto other = arrived.field(field.name);
        return other ? fmt::format("{} is {}, and was {}", field.name, shown(*other),
                                   shown(field.value))
                     : fmt::format("{} is missing", field.name);
    }
    return {};
}

}  // namespace

const journal::Believed* Submission::belief(std::string_view recipient) const {
    const auto found = std::find_if(beliefs.begin(), beliefs.end(), [&](const auto& belief) {
        return oracle::comparable(belief.recipient) == oracle::comparable(recipient);
    });
    return found == beliefs.end() ? nullptr : &*found;
}

const Dialogue* Course::session(SessionId id) const {
    const auto found = std::lower_bound(
        sessions.begin(), sessions.end(), id,
        [](const Dialogue& dialogue, SessionId wanted) { return dialogue.id < wanted; });
    return found == sessions.end() || found->id != id ? nullptr : &*found;
}

const Exchange* Course::mail_of(const oracle::Attempt& attempt) const {
    const Dialogue* dialogue = session(attempt.session);
    if (dialogue == nullptr || attempt.transaction == 0) return nullptr;
    const auto found = std::find_if(
        dialogue->exchanges.begin(), dialogue->exchanges.end(), [&](const Exchange& exchange) {
            return exchange.verb == smtp::Verb::mail && exchange.transaction == attempt.transaction;
        });
    return found == dialogue->exchanges.end() ? nullptr : &*found;
}

const Submission* Course::submission(const oracle::Delivery& delivery) const {
    // By what was sent; where nothing came so far, by who it is from and for.
    for (const Submission& one : submissions) {
        const bool arrived =
            std::any_of(one.copies.begin(), one.copies.end(), [&](const Copy& copy) {
                return std::any_of(delivery.attempts.begin(), delivery.attempts.end(),
                                   [&](const oracle::Attempt& attempt) {
                                       return attempt.session == copy.session &&
                                              attempt.transaction == copy.transaction;
                                   });
            });
        if (arrived) return &one;
    }
    const std::vector<const Submission*> same = submissions_with_envelope_of(delivery);
    return same.size() == 1 ? same.front() : nullptr;  // of several it might be any
}

std::vector<const Submission*> Course::submissions_with_envelope_of(
    const oracle::Delivery& delivery) const {
    std::vector<const Submission*> to_whom;
    for (const Submission& one : submissions) {
        const bool named =
            std::any_of(one.given.to.begin(), one.given.to.end(), [&](const std::string& to) {
                return oracle::comparable(to) == oracle::comparable(delivery.recipient);
            });
        if (named) to_whom.push_back(&one);
    }
    std::vector<const Submission*> same;
    std::copy_if(to_whom.begin(), to_whom.end(), std::back_inserter(same),
                 [&](const Submission* one) { return one->given.from == delivery.mail_from; });
    // A sender may write another reverse path than it was given, and another one for each try.
    return same.empty() ? to_whom : same;
}

std::string difference(std::string_view given, std::string_view arrived) {
    for (std::size_t number = 1;; ++number) {
        const auto was = take_line(given);
        const auto is = take_line(arrived);
        if (!was && !is) return {};
        if (was == is) continue;
        return fmt::format("line {} of the body is {}, and was {}", number, shown(is), shown(was));
    }
}

Copy compare(const journal::Submitted& given, SessionId session, std::uint32_t transaction,
             std::string_view content, bool whole) {
    const auto header_given = message::HeaderSection::parse(given.text);
    const auto header_arrived = message::HeaderSection::parse(content);
    Copy copy{.session = session,
              .transaction = transaction,
              .octets = content.size(),
              .header_difference = header_difference(header_given, header_arrived),
              .whole = whole};
    if (whole) {
        copy.difference = difference(std::string_view{given.text}.substr(header_given.octets()),
                                     content.substr(header_arrived.octets()));
    }
    return copy;
}

}  // namespace fakemx::conformance
