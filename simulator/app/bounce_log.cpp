// The table leaves out columns that are empty in every row; CSV (RFC 4180) and JSON lines have all
// fourteen, always.
#include "app/bounce_log.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/text.h"

namespace fakemx::app {

namespace {

constexpr std::size_t column_count = 14;

constexpr std::array<std::string_view, column_count> columns{
    "timestamp",          "sending_ip",        "helo_name",        "mail_from_domain",
    "header_from_domain", "recipient_domain",  "smtp_stage",       "smtp_reply_code",
    "smtp_reply_text",    "message_template_id", "message_size_bytes", "attachment_types",
    "retry_count",        "final_queue_status"};

// Above this many rows the widths of the columns are taken from the first ones, so that a long journal
// is not kept in memory.
constexpr std::size_t rows_measured = 1000;
// The reply text is what makes rows long; the table shows its beginning.
constexpr std::size_t cell_width_max = 60;

struct Cell {
    std::string text;
    bool number = false;
    bool known = true;
};

using Row = std::array<Cell, column_count>;

Cell cell(const std::optional<std::string>& text) {
    return {text.value_or(""), false, text.has_value()};
}

Cell cell(const std::optional<std::int64_t>& number) {
    return {number ? fmt::format("{}", *number) : "", true, number.has_value()};
}

Row cells(const store::BounceRow& row) {
    return {cell(row.timestamp),          cell(row.sending_ip),
            cell(row.helo_name),          cell(row.mail_from_domain),
            cell(row.header_from_domain), cell(row.recipient_domain),
            cell(row.smtp_stage),         cell(row.smtp_reply_code),
            cell(row.smtp_reply_text),    cell(row.message_template_id),
            cell(row.message_size_bytes), cell(row.attachment_types),
            cell(std::optional{row.retry_count}), cell(row.final_queue_status)};
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string{text};
    std::string field = "\"";
    for (const char c : text) {
        if (c == '"') field += '"';
        field += c;
    }
    return field + '"';
}

void print_csv(const Row& row, std::ostream& out) {
    for (std::size_t i = 0; i < column_count; ++i) {
        out << (i == 0 ? "" : ",") << csv_field(row[i].text);
    }
    out << "\r\n";
}

void print_json(const Row& row, std::ostream& out) {
    std::string line;
    for (std::size_t i = 0; i < column_count; ++i) {
        line += fmt::format("{}\"{}\":", i == 0 ? '{' : ',', columns[i]);
        if (!row[i].known) {
            line += "null";
        } else if (row[i].number) {
            line += row[i].text;
        } else {
            append_json_string(line, row[i].text);
        }
    }
    out << line << "}\n";
}

/// Characters, not octets: the widths of a table are for eyes.
std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
    }));
}

class Table {
public:
    explicit Table(std::ostream& out) : out_(out) {}

    void add(Row row) {
        for (Cell& one : row) {
            one.text = escape_control(one.text);
            if (one.text.empty()) one.text = "-";
        }
        if (measured_) return print(row);
        waiting_.push_back(std::move(row));
        if (waiting_.size() == rows_measured) measure();
    }

    void finish() {
        if (!measured_) measure();
    }

private:
    static std::string escape_control(std::string_view text) {
        std::string shown;
        for (const char c : text.substr(0, cell_width_max)) {
            shown += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
        return text.size() > cell_width_max ? shown + "…" : shown;
    }

    void measure() {
        measured_ = true;
        for (std::size_t i = 0; i < column_count; ++i) {
            for (const Row& row : waiting_) {
                if (row[i].text != "-") shown_[i] = true;
                widths_[i] = std::max(widths_[i], characters(row[i].text));
            }
            if (shown_[i]) widths_[i] = std::max(widths_[i], columns[i].size());
        }
        Row header;
        for (std::size_t i = 0; i < column_count; ++i) header[i].text = columns[i];
        if (!waiting_.empty()) print(header);
        for (const Row& row : waiting_) print(row);
        waiting_.clear();
    }

    void print(const Row& row) {
        std::string line;
        for (std::size_t i = 0; i < column_count; ++i) {
            if (!shown_[i]) continue;
            const std::size_t width = characters(row[i].text);
            const std::string padding(widths_[i] > width ? widths_[i] - width : 0, ' ');
            line += row[i].number ? padding + row[i].text : row[i].text + padding;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out_ << line << '\n';
    }

    std::ostream& out_;
    std::vector<Row> waiting_;
    bool measured_ = false;
    std::array<std::size_t, column_count> widths_{};
    std::array<bool, column_count> shown_{};
};

}  // namespace

std::optional<store::StoreError> print_bounce_log(store::JournalReader& journal,
                                                  LogOptions::Format format, std::ostream& out) {
    if (format == LogOptions::Format::csv) {
        out << fmt::format("{}\r\n", fmt::join(columns, ","));
    }
    Table table{out};
    auto error = journal.bounce_log([&](const store::BounceRow& row) {
        switch (format) {
            case LogOptions::Format::table: table.add(cells(row)); break;
            case LogOptions::Format::csv: print_csv(cells(row), out); break;
            case LogOptions::Format::jsonl: print_json(cells(row), out); break;
        }
        return out.good();
    });
    if (format == LogOptions::Format::table) table.finish();
    return error;
}

}  // namespace fakemx::app
