// One line for each attempt and notice; of long rows what says something.
#include "oracle/timeline.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/words.h"
#include "journal/records.h"

namespace fakemx::oracle {

namespace {

/// A reply to a whole line would take several; the beginning says what it is about.
constexpr std::size_t reply_columns = 100;

std::string outcome_of(const Attempt& attempt) {
    if (attempt.taken && attempt.outcome == journal::Outcome::lost) {
        return "taken, but the reply was lost";
    }
    return std::string{journal::name(attempt.outcome)};
}

std::string since(Duration duration) {
    return duration < Duration{} ? "-" + rounded(-duration) : "+" + rounded(duration);
}

struct Line {
    Instant at{};
    std::uint64_t attempt = 0;  // 0: a notice
    std::string text;
};

std::vector<Line> lines_of(const Delivery& delivery, const std::vector<std::uint64_t>& marked) {
    std::vector<Line> lines;
    const Instant begin = delivery.first_at();
    const Attempt* before = nullptr;
    std::size_t number = 0;
    for (const Attempt& attempt : delivery.attempts) {
        const bool shown = std::binary_search(marked.begin(), marked.end(), attempt.id);
        const std::string wait =
            before == nullptr ? "" : fmt::format("after {}", rounded(attempt.at - before->end()));
        lines.push_back(
            {attempt.at, attempt.id,
             fmt::format("{} try {:<3} {} {} {} #{}  {}: {}  {}", shown ? '>' : ' ', ++number,
                         padded(since(attempt.at - begin), 8), padded(wait, 12),
                         attempt.host.empty() ? "?" : printable(attempt.host),
                         fakemx::number(attempt.session), journal::stage_name(attempt.stage),
                         shortened(reply_of(attempt), reply_columns), outcome_of(attempt))});
        before = &attempt;
    }
    for (const Notice& notice : delivery.notices) {
        const std::string status =
            notice.status.empty() ? "" : fmt::format(" ({})", printable(notice.status));
        Line line{
            notice.at, 0,
            fmt::format("  notice  {} {} to {}: {}{}", padded(since(notice.at - begin), 8),
                        padded("", 12), path_of(notice.recipient), name(notice.action), status)};
        const auto place =
            std::upper_bound(lines.begin(), lines.end(), line.at,
                             [](Instant at, const Line& other) { return at < other.at; });
        lines.insert(place, std::move(line));
    }
    return lines;
}

/// The lines of a long row that are shown: its beginning and its end, and what is marked with its neighbours, as far as there
/// is room.
std::vector<bool> chosen(const std::vector<Line>& lines, const std::vector<std::uint64_t>& marked) {
    std::vector<bool> shown(lines.size(), lines.size() <= limits::timeline_lines_max);
    if (lines.size() <= limits::timeline_lines_max) return shown;
    std::size_t room = limits::timeline_lines_max;
    const auto show = [&](std::size_t i) {
        if (i < lines.size() && !shown[i] && room != 0) {
            shown[i] = true;
            --room;
        }
    };
    constexpr std::size_t ends = 3;
    for (std::size_t i = 0; i < ends; ++i) {
        show(i);
        show(lines.size() - 1 - i);
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        // A notice is always worth a line.
        const bool about = lines[i].attempt == 0 ||
                           std::binary_search(marked.begin(), marked.end(), lines[i].attempt);
        if (!about) continue;
        show(i);
        if (i != 0) show(i - 1);
        show(i + 1);
    }
    for (std::size_t i = 0; i < lines.size() && room != 0; ++i) show(i);
    return shown;
}

}  // namespace

std::string beside(Duration is, Duration other) {
    const bool alike = is != other && rounded(is) == rounded(other) && is >= Duration{};
    return alike ? format_duration(is) : rounded(is);
}

std::string reply_of(const Attempt& attempt) {
    return fakemx::reply_of(attempt.code, attempt.text);
}

std::string timeline(const Delivery& delivery, const std::vector<std::uint64_t>& marked) {
    std::vector<std::uint64_t> in_order = marked;
    std::sort(in_order.begin(), in_order.end());
    std::string text =
        fmt::format("{} → {}", path_of(delivery.mail_from), path_of(delivery.recipient));
    if (!delivery.identity.empty()) text += "  " + printable(delivery.identity);
    text += '\n';
    const std::vector<Line> lines = lines_of(delivery, in_order);
    const std::vector<bool> shown = chosen(lines, in_order);
    for (std::size_t i = 0; i < lines.size();) {
        if (shown[i]) {
            text += lines[i++].text + '\n';
            continue;
        }
        std::size_t left_out = 0;
        for (; i < lines.size() && !shown[i]; ++i) ++left_out;
        text += fmt::format("  … {} not shown\n", counted(left_out, "line", "lines"));
    }
    return text;
}

}  // namespace fakemx::oracle
