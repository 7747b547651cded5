// Notices that a sender sends about its own mail: delivery status notifications (RFC 3464) and the
// plain-text ones that MTAs write without it. Says what stands in one; whom it concerns, and whether it
// may be believed, is for others: the reverse path that it came with is not known here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/header_section.h"

namespace fakemx::message {

/// Action of RFC 3464 §2.3.3.
enum class NoticeAction : std::uint8_t { failed, delayed, delivered, relayed, expanded };

std::string_view name(NoticeAction action);

struct NoticeRecipient {
    std::string address;  ///< whom the sender tried to reach, without the address type
    NoticeAction action = NoticeAction::failed;
    std::string status;  ///< "5.4.7"; empty where the notice is plain text
};

struct Notice {
    /// Those that the notice speaks of, at most limits::notice_recipients_max. In a plain-text notice every address that stands
    /// in the text above the copy of the message.
    std::vector<NoticeRecipient> recipients;
    std::string message_id;   ///< content of the original's Message-ID; empty where no copy says it
    bool structured = false;  ///< has a part message/delivery-status with a recipient
    bool report = false;      ///< multipart/report (RFC 6522)
    bool reporting_mta = false;  ///< says who made it (RFC 3464 §2.2.2)
};

/// The notice in `content`, or nothing for any other message, automatic replies (RFC 3834) among them.
std::optional<Notice> read_notice(std::string_view content);
/// The same for who has read its header section already.
std::optional<Notice> read_notice(const HeaderSection& headers, std::string_view content);

/// Whether notices come with this reverse path: the null one (RFC 5321 §4.5.5), postmaster or MAILER-DAEMON, as older MTAs
/// have it.
bool is_notice_path(std::string_view reverse_path);

}  // namespace fakemx::message
