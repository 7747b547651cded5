// A search through lines rather than a MIME parser: what matters stands at the beginning of a line in every kind of notice, and
// notices about damaged messages are damaged themselves.
#include "message/notice.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "message/header_section.h"

namespace fakemx::message {

namespace {

constexpr std::array<std::string_view, 5> action_names{"failed", "delayed", "delivered", "relayed",
                                                       "expanded"};

std::optional<NoticeAction> action_named(std::string_view text) {
    for (std::size_t i = 0; i < action_names.size(); ++i) {
        if (equal_ignoring_case(action_names.at(i), text)) return static_cast<NoticeAction>(i);
    }
    return std::nullopt;
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
    const auto found = std::search(text.begin(), text.end(), part.begin(), part.end(),
                                   [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
    return found != text.end();
}

bool starts_ignoring_case(std::string_view text, std::string_view start) {
    return text.size() >= start.size() && equal_ignoring_case(text.substr(0, start.size()), start);
}

/// The value of a field if `line` is one of this name.
std::optional<std::string_view> field_in(std::string_view line, std::string_view name) {
    if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
    if (!starts_ignoring_case(line, name)) return std::nullopt;
    return trim(line.substr(name.size() + 1));
}

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// What stands between the first "<" and the ">" behind it, where both do.
std::string_view in_angle_brackets(std::string_view text) {
    const std::size_t open = text.find('<');
    const std::size_t close = text.find('>', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) return {};
    return text.substr(open + 1, close - open - 1);
}

/// RFC 3464 §2.3.1 and §2.3.2: "address-type; address". Some write the address in angle brackets.
std::string_view generic_address(std::string_view value) {
    const std::size_t semicolon = value.find(';');
    if (semicolon != std::string_view::npos) value.remove_prefix(semicolon + 1);
    value = trim(value);
    const std::string_view inside = in_angle_brackets(value);
    return inside.empty() ? value : inside;
}

/// A word that may be an address: the "@" is neither its first octet nor its last.
bool is_address(std::string_view word) {
    const std::size_t at = word.rfind('@');
    return at != std::string_view::npos && at != 0 && at + 1 < word.size() &&
           word.size() <= limits::path_octets_max;
}

/// Addresses in a line of prose or in a list of them.
void find_addresses(std::string_view line, std::vector<std::string>& found) {
    constexpr std::string_view around = " \t,;:<>()[]\"'";
    while (!line.empty()) {
        const std::size_t begin = line.find_first_not_of(around);
        if (begin == std::string_view::npos) return;
        line.remove_prefix(begin);
        const std::size_t end = std::min(line.find_first_of(around), line.size());
        std::string_view word = line.substr(0, end);
        while (word.ends_with('.')) word.remove_suffix(1);
        if (is_address(word) && found.size() < limits::notice_recipients_max &&
            std::find(found.begin(), found.end(), word) == found.end()) {
            found.emplace_back(word);
        }
        line.remove_prefix(end);
    }
}

/// The lines from which on a notice shows the message that it is about.
bool begins_copy(std::string_view line) {
    for (const std::string_view type :
         {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}) {
        const auto content_type = field_in(line, "Content-Type");
        if (content_type && starts_ignoring_case(*content_type, type)) return true;
    }
    return starts_ignoring_case(line, "--- Below this line is a copy of") ||  // qmail
           contains_ignoring_case(line, "This is a copy of the message") ||   // Exim
           starts_ignoring_case(line, "Original message follows") ||          // dma
           starts_ignoring_case(line, "Message headers follow") ||            // dma
           contains_ignoring_case(line, "----- Original message") ||          // sendmail
           contains_ignoring_case(line, "----- Unsent message");              // older sendmail
}

/// The body of a notice, line by line.
class Body {
public:
    void read(std::string_view body) {
        text_octets_ = 0;
        while (!body.empty()) line(take_line(body));
        end_group();
    }

    std::vector<NoticeRecipient> structured;
    std::vector<std::string> in_text;
    std::string message_id;
    bool permanent = false;  ///< the words of qmail's format for bounces
    bool delayed = false;
    bool reporting_mta = false;

private:
    void line(std::string_view line) {
        if (std::exchange(message_id_follows_, false)) message_id = in_angle_brackets(line);
        if (copy_) {
            if (message_id.empty()) {
                if (const auto id = field_in(line, "Message-ID")) {
                    message_id = in_angle_brackets(*id);
                    message_id_follows_ = id->empty();  // folded (RFC 5322 §2.2.3)
                }
            }
            return;
        }
        if (begins_copy(line)) {
            end_group();
            copy_ = true;
            status_ = false;
            return;
        }
        if (const auto type = field_in(line, "Content-Type");
            type && (starts_ignoring_case(*type, "message/delivery-status") ||
                     starts_ignoring_case(*type, "message/global-delivery-status"))) {
            status_ = true;
        } else if (status_) {
            status_line(line);
        } else if (text_octets_ < limits::notice_text_octets_max) {
            text_octets_ += line.size() + 1;
            text_line(line);
        }
    }

    void status_line(std::string_view line) {
        if (line.empty() || line.starts_with("--")) {
            end_group();
            // A boundary; a line of the part's own headers may follow, which is none of its fields.
            if (!line.empty() && any_group_) status_ = false;
            return;
        }
        if (field_in(line, "Reporting-MTA")) {
            reporting_mta = true;
        } else if (const auto final_recipient = field_in(line, "Final-Recipient")) {
            final_ = generic_address(*final_recipient);
        } else if (const auto original = field_in(line, "Original-Recipient")) {
            original_ = generic_address(*original);
        } else if (const auto action = field_in(line, "Action")) {
            // RFC 3464 §2.3.3: one word; comments may follow.
            action_ = action_named(action->substr(0, action->find_first_of(" \t(")));
        } else if (const auto status = field_in(line, "Status")) {
            status_code_ = status->substr(0, status->find_first_of(" \t("));
        }
    }

    void end_group() {
        // RFC 3464 §2.3.2: the final recipient is whom the MTA tried to reach; the original one may be an alias of it.
        const std::string& address = final_.empty() ? original_ : final_;
        if (!address.empty() && action_ && structured.size() < limits::notice_recipients_max) {
            structured.push_back({.address = address, .action = *action_, .status = status_code_});
            any_group_ = true;
        }
        final_.clear();
        original_.clear();
        status_code_.clear();
        action_.reset();
    }

    void text_line(std::string_view line) {
        // https://cr.yp.to/proto/qsbmf.txt: the first paragraph begins so, whatever else it says.
        if (starts_ignoring_case(line, "Hi. This is the ")) permanent = true;
        if (contains_ignoring_case(line, "not yet been delivered") ||
            contains_ignoring_case(line, "will be retried") ||
            contains_ignoring_case(line, "will keep trying") ||
            contains_ignoring_case(line, "no action is required") ||
            contains_ignoring_case(line, "do not need to resend")) {
            delayed = true;
        }
        find_addresses(line, in_text);
    }

    bool status_ = false;  // inside message/delivery-status
    bool any_group_ = false;
    bool copy_ = false;
    bool message_id_follows_ = false;
    std::size_t text_octets_ = 0;
    std::string final_;
    std::string original_;
    std::string status_code_;
    std::optional<NoticeAction> action_;
};

bool from_mailer(const HeaderSection& headers) {
    const std::string_view from = headers.field("From").value_or("");
    return contains_ignoring_case(from, "MAILER-DAEMON") ||
           contains_ignoring_case(from, "postmaster@") ||
           contains_ignoring_case(from, "Mail Delivery");
}

/// The subjects under which MTAs send notices in plain text.
bool subject_of_notice(std::string_view subject) {
    for (const std::string_view words :
         {"failure notice", "mail delivery failed", "returned mail", "undeliver", "delivery status",
          "delivery failure", "mail failure", "delayed", "could not send", "warning: message"}) {
        if (contains_ignoring_case(subject, words)) return true;
    }
    return false;
}

}  // namespace

std::string_view name(NoticeAction action) {
    return action_names.at(static_cast<std::size_t>(action));
}

std::optional<Notice> read_notice(std::string_view content) {
    return read_notice(HeaderSection::parse(content), content);
}

std::optional<Notice> read_notice(const HeaderSection& headers, std::string_view content) {
    const std::string_view type = headers.field("Content-Type").value_or("");
    const auto failed_recipients = headers.field("X-Failed-Recipients");  // Exim
    const bool report = starts_ignoring_case(type, "multipart/report");
    const std::string_view subject = headers.field("Subject").value_or("");
    const bool likely = from_mailer(headers) && subject_of_notice(subject);
    if (!report && !failed_recipients && !likely) return std::nullopt;
    // Reports of other kinds: RFC 8098 (read receipts), RFC 5965 (complaints).
    if (report && contains_ignoring_case(type, "report-type") &&
        !contains_ignoring_case(type, "delivery-status")) {
        return std::nullopt;
    }

    Body body;
    body.read(content.substr(headers.octets()));
    Notice notice;
    notice.message_id = std::move(body.message_id);
    notice.report = report;
    notice.reporting_mta = body.reporting_mta;
    if (!body.structured.empty()) {
        notice.structured = true;
        notice.recipients = std::move(body.structured);
        return notice;
    }
    std::vector<std::string> addresses;
    if (failed_recipients) {
        find_addresses(*failed_recipients, addresses);
    } else {
        addresses = std::move(body.in_text);
    }
    const bool delayed = !failed_recipients && !body.permanent &&
                         (body.delayed || contains_ignoring_case(subject, "delayed"));
    for (std::string& address : addresses) {
        notice.recipients.push_back(
            {.address = std::move(address),
             .action = delayed ? NoticeAction::delayed : NoticeAction::failed,
             .status = {}});
    }
    // A mail from postmaster that names nothing and nobody is about something else.
    if (notice.recipients.empty() && notice.message_id.empty()) return std::nullopt;
    return notice;
}

bool is_notice_path(std::string_view reverse_path) {
    if (reverse_path.empty()) return true;
    const std::string_view local_part = reverse_path.substr(0, reverse_path.rfind('@'));
    return equal_ignoring_case(local_part, "postmaster") ||
           equal_ignoring_case(local_part, "mailer-daemon");
}

}  // namespace fakemx::message
