// The bounce log in the forms that people and programs read.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "store/journal_reader.h"

namespace fakemx::app {

/// The columns, in their order. Part of the public interface.
inline constexpr std::array<std::string_view, 14> bounce_columns{
    "timestamp",          "sending_ip",          "helo_name",          "mail_from_domain",
    "header_from_domain", "recipient_domain",    "smtp_stage",         "smtp_reply_code",
    "smtp_reply_text",    "message_template_id", "message_size_bytes", "attachment_types",
    "retry_count",        "final_queue_status"};

/// RFC 4180: a header line, CRLF, quotes where they are needed. What is not known is empty.
std::string csv_header();
std::string csv_line(const store::BounceRow& row);

/// One JSON object with all columns, null for what is not known, and LF.
std::string json_line(const store::BounceRow& row);

/// Aligned columns, for reading: columns that nothing is known of in any row are left out, long
/// replies are shortened, and long names of columns take two lines.
std::string table(const std::vector<store::BounceRow>& rows);

}  // namespace fakemx::app
