// The message, what was done to it, the grid, the verdict.
#include "app/matrix_text.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "app/json_text.h"
#include "core/text.h"
#include "core/words.h"

namespace fakemx::app {

namespace {

using matrix::Variant;

std::string words_of(const matrix::CopyResult& result) {
    constexpr std::size_t columns_max = 100;
    return shortened(printable(reply_of(result.code, result.text)), columns_max);
}

/// Answers of a cell that are not the same, each with how often it came.
struct Answer {
    const matrix::CopyResult* result;
    std::uint32_t count;
};

std::vector<Answer> answers_of(const matrix::Cell& cell) {
    std::vector<Answer> answers;
    for (const matrix::CopyResult& result : cell.results) {
        const auto same = std::find_if(answers.begin(), answers.end(), [&](const Answer& answer) {
            return answer.result->stage == result.stage && answer.result->code == result.code &&
                   answer.result->outcome == result.outcome &&
                   answer.result->tries == result.tries &&
                   (result.code != 0 || answer.result->text == result.text);
        });
        if (same != answers.end()) {
            ++same->count;
        } else {
            answers.push_back({&result, 1});
        }
    }
    return answers;
}

std::string_view word_of(const matrix::Cell& cell) {
    if (cell.results.empty()) return "-";
    if (cell.refused() == 0) return "pass";
    return cell.taken() == 0 ? "FAIL" : "some";
}

std::string answer_line(const Answer& answer) {
    const matrix::CopyResult& result = *answer.result;
    return fmt::format("{}{}: {}{}",
                       answer.count == 1 ? "" : fmt::format("{} times ", answer.count),
                       journal::stage_name(result.stage), words_of(result),
                       result.tries == 1 ? "" : fmt::format("  (try {})", result.tries));
}

std::string grid_text(const matrix::Grid& grid) {
    std::string text{"variant                   result  taken  last answer\n"};
    for (const Variant variant : matrix::variants) {
        const matrix::Cell& cell = grid[variant];
        fmt::format_to(std::back_inserter(text), "{}  {:<22} {:<6} ", matrix::name(variant),
                       matrix::title(variant), word_of(cell));
        if (cell.results.empty()) {
            text += fmt::format("        {}\n", cell.why_not.empty() ? "was not there"
                                                                     : "not made: " + cell.why_not);
            continue;
        }
        text += fmt::format("{:>3}/{:<3}", cell.taken(), cell.results.size());
        bool first = true;
        for (const Answer& answer : answers_of(cell)) {
            if (!first) text += std::string(40, ' ');
            text += fmt::format(" {}\n", answer_line(answer));
            first = false;
        }
    }
    return text;
}

std::string kit_text(const matrix::Kit& kit) {
    std::string text;
    for (const Variant variant : matrix::variants) {
        const matrix::Made& made = kit[variant];
        text += fmt::format("{}  {}{}\n", matrix::name(variant), matrix::title(variant),
                            made.made() ? "" : ": not made, " + made.why_not);
        for (const std::string& done : made.done) text += "     " + printable(done) + '\n';
    }
    text += "all variants\n";
    for (const std::string& done : kit.done) text += "     " + printable(done) + '\n';
    return text;
}

std::string variant_json(const MatrixReport& report, Variant variant) {
    std::string json = fmt::format("{{\"variant\":\"{}\",\"title\":{}", matrix::name(variant),
                                   quoted(matrix::title(variant)));
    const auto& made = report.kit ? (*report.kit)[variant] : matrix::Made{};
    if (report.kit) {
        json += fmt::format(",\"made\":{}", made.made());
        if (!made.made()) json += ",\"why_not\":" + quoted(made.why_not);
        json += ",\"done\":" + list_of(made.done, quoted);
    }
    if (report.grid) {
        const matrix::Cell& cell = (*report.grid)[variant];
        json += fmt::format(",\"sent\":{},\"taken\":{},\"answers\":", cell.results.size(),
                            cell.taken());
        json += list_of(cell.results, [](const matrix::CopyResult& result) {
            return fmt::format(
                "{{\"outcome\":\"{}\",\"stage\":\"{}\",\"code\":{},\"text\":{},\"tries\":{}}}",
                journal::name(result.outcome), journal::stage_name(result.stage),
                result.code == 0 ? "null" : fmt::format("{}", result.code), quoted(result.text),
                result.tries);
        });
    }
    return json + "}";
}

}  // namespace

std::string text_of(const MatrixReport& report) {
    std::string text;
    if (report.kit) {
        text +=
            fmt::format("{}: {} octets{}{}\n", printable(report.message), report.kit->octets,
                        report.kit->subject.empty() ? "" : ", ", printable(report.kit->subject));
        text += kit_text(*report.kit) + '\n';
    }
    if (!report.way.empty()) text += report.way + '\n';
    if (report.grid) text += grid_text(*report.grid);
    if (report.by_traits != 0)
        text += fmt::format("{} recognised by what is in them, because they have no field {}\n",
                            report.by_traits, matrix::variant_field);
    if (report.unseen != 0)
        text += fmt::format("{} refused before there was a message to look at, and not counted\n",
                            report.unseen);
    if (!report.reading) return text;
    text += fmt::format("\nverdict: {}: {}\n", matrix::name(report.reading->trigger),
                        report.reading->verdict);
    for (const std::string& note : report.reading->notes) text += fmt::format("  - {}\n", note);
    return text;
}

std::string json_of(const MatrixReport& report) {
    std::string json{"{"};
    if (report.kit) {
        json += fmt::format(
            "\"message\":{},\"octets\":{},\"subject\":{},\"to_all\":{},\"tracking\":{{"
            "\"redirects\":{},"
            "\"opaque\":{},\"parameters\":{},\"pixels\":{}}},",
            quoted(report.message), report.kit->octets, quoted(report.kit->subject),
            list_of(report.kit->done, quoted), report.kit->tracking.redirects,
            report.kit->tracking.opaque, report.kit->tracking.parameters,
            report.kit->tracking.pixels);
    }
    if (!report.way.empty()) json += "\"way\":" + quoted(report.way) + ",";
    json += "\"variants\":" + list_of(matrix::variants, [&](Variant variant) {
                return variant_json(report, variant);
            });
    if (report.reading) {
        const matrix::Reading& reading = *report.reading;
        json += fmt::format(
            ",\"recognised_by_traits\":{},\"unseen\":{},\"trigger\":\"{}\",\"suspect\":{},"
            "\"verdict\":{},\"notes\":{}",
            report.by_traits, report.unseen, matrix::name(reading.trigger),
            reading.suspect ? fmt::format("\"{}\"", matrix::name(*reading.suspect)) : "null",
            quoted(reading.verdict), list_of(reading.notes, quoted));
    }
    return json + "}";
}

}  // namespace fakemx::app
