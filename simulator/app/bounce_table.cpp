// Cells from rows, and the three ways to set them.
#include "app/bounce_table.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "app/text.h"
#include "core/text.h"

namespace fakemx::app {

namespace {

constexpr std::size_t cell_columns_max = 60;

struct Cell {
    std::optional<std::string> text;
    bool number = false;
};
using Cells = std::array<Cell, bounce_columns.size()>;

Cell cell(const std::optional<std::int64_t>& number) {
    if (!number) return {std::nullopt, true};
    return {fmt::format("{}", *number), true};
}

Cells cells_of(const store::BounceRow& row) {
    return {Cell{row.timestamp},           Cell{row.sending_ip},         Cell{row.helo_name},
            Cell{row.mail_from_domain},    Cell{row.header_from_domain}, Cell{row.recipient_domain},
            Cell{row.smtp_stage},          cell(row.smtp_reply_code),    Cell{row.smtp_reply_text},
            Cell{row.message_template_id}, cell(row.message_size_bytes), Cell{row.attachment_types},
            cell(row.retry_count),         Cell{row.final_queue_status}};
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{text};
    std::string quoted{"\""};
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

/// A column's name in at most two lines, broken behind an underscore where that makes it narrower.
std::pair<std::string, std::string> heading(std::string_view name, std::size_t columns) {
    if (name.size() <= columns) return {"", std::string{name}};
    std::pair<std::string, std::string> best{"", std::string{name}};
    std::size_t best_width = name.size();
    for (std::size_t at = name.find('_'); at != std::string_view::npos;
         at = name.find('_', at + 1)) {
        const std::size_t width = std::max(at + 1, name.size() - at - 1);
        if (width >= best_width) continue;
        best = {std::string{name.substr(0, at + 1)}, std::string{name.substr(at + 1)}};
        best_width = width;
    }
    return best;
}

void append_line(std::string& out, std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
}

}  // namespace

std::string csv_header() {
    return fmt::format("{}\r\n", fmt::join(bounce_columns, ","));
}

std::string csv_line(const store::BounceRow& row) {
    std::string line;
    for (const Cell& cell : cells_of(row)) {
        line += csv_field(cell.text.value_or(""));
        line += ',';
    }
    line.pop_back();
    return line + "\r\n";
}

std::string json_line(const store::BounceRow& row) {
    std::string line{"{"};
    const Cells cells = cells_of(row);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i != 0) line += ',';
        line += fmt::format("\"{}\":", bounce_columns.at(i));
        const Cell& cell = cells.at(i);
        if (!cell.text) {
            line += "null";
        } else if (cell.number) {
            line += *cell.text;
        } else {
            append_json_string(line, *cell.text);
        }
    }
    return line + "}\n";
}

std::string table(const std::vector<store::BounceRow>& rows) {
    std::vector<std::array<std::string, bounce_columns.size()>> texts;
    std::array<std::size_t, bounce_columns.size()> widths{};
    std::array<bool, bounce_columns.size()> numbers{};
    for (const auto& row : rows) {
        const Cells cells = cells_of(row);
        auto& line = texts.emplace_back();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (!cells.at(i).text) continue;
            line.at(i) = shortened(printable(*cells.at(i).text), cell_columns_max);
            widths.at(i) = std::max(widths.at(i), width_of(line.at(i)));
            numbers.at(i) = cells.at(i).number;
        }
    }
    std::string upper, lower;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (widths.at(i) == 0) continue;
        const auto [first, second] = heading(bounce_columns.at(i), widths.at(i));
        widths.at(i) = std::max({widths.at(i), first.size(), second.size()});
        upper += padded(first, widths.at(i) + 2);
        lower += padded(second, widths.at(i) + 2);
    }
    std::string out;
    if (upper.find_first_not_of(' ') != std::string::npos) append_line(out, upper);
    append_line(out, lower);
    for (const auto& line : texts) {
        std::string text;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (widths.at(i) == 0) continue;
            const std::string& cell = line.at(i);
            if (numbers.at(i))
                text += std::string(widths.at(i) - width_of(cell), ' ') + cell + "  ";
            else
                text += padded(cell, widths.at(i) + 2);
        }
        append_line(out, text);
    }
    return out;
}

}  // namespace fakemx::app
