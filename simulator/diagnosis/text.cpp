// The report on a terminal: few lines first, more where they are asked for.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/series.h"
#include "core/words.h"
#include "diagnosis/print.h"

namespace fakemx::diagnosis {

namespace {

constexpr std::size_t value_columns = 44;
constexpr std::size_t text_columns = 100;
constexpr std::size_t rows_of_bucket = 3;
constexpr std::size_t senders_shown = 10;
constexpr std::size_t causes_shown = 12;
constexpr std::size_t tries_listed = 8;

class Lines {
public:
    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        std::string line = fmt::format(format, std::forward<Args>(args)...);
        line.erase(line.find_last_not_of(' ') + 1);
        text_ += line + '\n';
    }
    void heading(std::string_view words) { add("\n{}", words); }
    /// In lines of at most text_columns, those behind the first one indented.
    void paragraph(std::string_view mark, std::string_view words) {
        std::string line{mark};
        const std::string indent(mark.size(), ' ');
        bool empty = true;
        for (std::size_t at = 0; at < words.size();) {
            const std::size_t end = std::min(words.find(' ', at), words.size());
            const std::string_view word = words.substr(at, end - at);
            if (!empty && width_of(line) + 1 + width_of(word) > text_columns) {
                add("{}", line);
                line = indent;
                empty = true;
            }
            line += fmt::format("{}{}", empty ? "" : " ", word);
            empty = false;
            at = end + 1;
        }
        if (!empty) add("{}", line);
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

std::string value_of(const Segment& segment) {
    return segment.value.empty() ? "(not known)" : printable(segment.value);
}

/// "45.2 %", "-" where nothing is over.
std::string failures(const Tally& tally) {
    const std::uint64_t over = tally.attempted - tally.under_way;
    return over == 0 ? "-" : share(tally.failed(), over);
}

std::string label_of(const Pattern& pattern) {
    if (pattern.label == Label::none) return "not diagnosed";
    std::string words{name(pattern.label)};
    if (pattern.label == Label::intermittent || pattern.label == Label::selective)
        words += fmt::format(", {} of {} recovered", grouped(pattern.recovered),
                             grouped(pattern.recovered + pattern.unaccepted));
    if (pattern.label == Label::failing || pattern.label == Label::persistent)
        words += fmt::format(" since {}", second_of(pattern.first_failure));
    return words;
}

constexpr std::string_view row_format = "  {} {:>9} {:>9} {:>9} {:>9} {:>7} {:>8}  {}";

void add_header(Lines& lines, std::string_view first, std::size_t columns = value_columns) {
    lines.add(fmt::runtime(row_format), padded(first, columns), "attempts", "accepted", "deferred",
              "rejected", "lost", "failed", "pattern");
}

void add_row(Lines& lines, const Segment& segment, std::size_t columns = value_columns) {
    const Tally& tally = segment.tally;
    lines.add(fmt::runtime(row_format), padded(shortened(value_of(segment), columns), columns),
              grouped(tally.attempted), grouped(tally.accepted), grouped(tally.deferred),
              grouped(tally.rejected), grouped(tally.lost), failures(tally),
              label_of(segment.pattern));
}

void add_sources(Lines& lines, const Diagnosis& diagnosis) {
    for (const Source& source : diagnosis.all.sources) {
        lines.add("{}: {}, seed {}, clock {}, {} to {}", printable(source.name),
                  printable(source.profile), source.seed, source.clock, second_of(source.begin),
                  second_of(source.end));
    }
}

void add_verdict(Lines& lines, const Diagnosis& diagnosis) {
    const Verdict& verdict = diagnosis.verdict;
    lines.add("");
    lines.paragraph("", verdict.headline);
    for (const std::string& point : verdict.points) lines.paragraph("  - ", point);
    lines.paragraph("Next: ", verdict.next);
}

void add_fates(Lines& lines, const Diagnosis& diagnosis) {
    std::string words;
    for (const auto& [fate, count] : diagnosis.fates) {
        words +=
            fmt::format("{}{} {}", words.empty() ? "" : ", ", grouped(count), oracle::name(fate));
    }
    lines.heading(fmt::format("Deliveries: {}", words.empty() ? "none" : words));
    std::vector<std::uint64_t> accepted_on;
    for (const Course& course : diagnosis.courses.all) {
        if (!course.accepted) continue;
        if (accepted_on.size() < course.accepted_on) accepted_on.resize(course.accepted_on, 0);
        ++accepted_on[course.accepted_on - 1];
    }
    std::string tries;
    std::uint64_t later = 0;
    for (std::size_t i = 0; i < accepted_on.size(); ++i) {
        if (i >= tries_listed) {
            later += accepted_on[i];
        } else if (accepted_on[i] != 0) {
            tries += fmt::format("  {} on try {}", grouped(accepted_on[i]), i + 1);
        }
    }
    if (later != 0) tries += fmt::format("  {} later", grouped(later));
    if (!tries.empty()) lines.add("  accepted: {}", tries.substr(2));
}

void add_buckets(Lines& lines, const Diagnosis& diagnosis) {
    lines.heading("Where it fails");
    for (const Bucket bucket : {Bucket::receiver, Bucket::sender, Bucket::message, Bucket::stage}) {
        bool headed = false;
        for (const Facet facet : facets_of(bucket)) {
            const Segments& segments = diagnosis.by(facet);
            // What is the same for all tells nothing apart.
            const bool known = !segments.segments.empty() && !segments.segments[0].value.empty();
            if (!known || (headed && segments.segments.size() < 2 && facet != Facet::reply))
                continue;
            if (!headed) {
                add_header(lines, fmt::format("[{}] {}", name(bucket), title(facet)));
            } else {
                lines.add("  {}", title(facet));
            }
            headed = true;
            const std::size_t shown = std::min(segments.segments.size(), rows_of_bucket);
            for (std::size_t i = 0; i < shown; ++i) add_row(lines, segments.segments[i]);
            if (const std::size_t more = segments.segments.size() + segments.left_out - shown;
                more != 0)
                lines.add("    … {} more: --by {}", grouped(more), name(facet));
        }
        if (!headed) lines.add("  [{}] nothing is known of it", name(bucket));
    }
}

void add_segments(Lines& lines, const Segments& segments) {
    lines.heading(fmt::format("By {}", title(segments.facet)));
    if (segments.overlap) lines.add("  An attempt counts with each of its values.");
    std::size_t columns = 12;
    for (const Segment& segment : segments.segments)
        columns = std::max(columns, width_of(value_of(segment)));
    columns = std::min(columns, text_columns);
    add_header(lines, "", columns);
    for (const Segment& segment : segments.segments) add_row(lines, segment, columns);
    if (segments.left_out != 0)
        lines.add("  … {} more", counted(segments.left_out, "value", "values"));
}

void add_volumes(Lines& lines, const Diagnosis& diagnosis) {
    const Volumes& volumes = diagnosis.volumes;
    constexpr std::string_view format = "  {:<20} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>8}{}";
    lines.heading(fmt::format("Volume by {}: when attempts arrived, and what became of them",
                              rounded(volumes.length)));
    const bool under_way = volumes.sum.under_way != 0;
    lines.add(fmt::runtime(format), "from (UTC)", "attempted", "first", "accepted", "deferred",
              "rejected", "lost", "expired", under_way ? " under way" : "");
    std::uint64_t first = 0;
    const auto row = [&](std::string_view from, const Tally& tally, std::uint64_t firsts,
                         std::uint64_t expired) {
        lines.add(fmt::runtime(format), from, grouped(tally.attempted), grouped(firsts),
                  grouped(tally.accepted), grouped(tally.deferred), grouped(tally.rejected),
                  grouped(tally.lost), grouped(expired),
                  under_way ? fmt::format(" {:>9}", grouped(tally.under_way)) : "");
    };
    std::size_t empty = 0;
    for (const Interval& interval : volumes.intervals) {
        if (interval.tally.attempted == 0 && interval.expired == 0) {
            ++empty;
            continue;
        }
        if (empty != 0)
            lines.add("  … nothing for {}",
                      rounded(volumes.length * static_cast<std::int64_t>(empty)));
        empty = 0;
        first += interval.first;
        row(second_of(interval.from), interval.tally, interval.first, interval.expired);
    }
    row("all", volumes.sum, first, volumes.expired);
}

void add_latency(Lines& lines, const Latency& latency) {
    lines.heading("From the first try to acceptance");
    if (latency.sorted.empty()) {
        lines.add("  nothing was accepted");
        return;
    }
    lines.add("  p50 {}   p95 {}   p99 {}   longest {}   {} of {} at the first try",
              rounded(percentile(latency.sorted, 50)), rounded(percentile(latency.sorted, 95)),
              rounded(percentile(latency.sorted, 99)), rounded(latency.sorted.back()),
              grouped(latency.at_once), grouped(latency.sorted.size()));
}

std::string waits_of(const Discipline& one) {
    if (one.waits.empty()) return "no retries";
    std::string words = fmt::format("waits {} to {}, {} in the middle", rounded(one.waits.front()),
                                    rounded(one.waits.back()), rounded(percentile(one.waits, 50)));
    if (one.several_waits != 0)
        words += fmt::format("; growing in {} of {}, steady in {}", grouped(one.growing),
                             grouped(one.several_waits), grouped(one.steady));
    return words;
}

void add_manners(Lines& lines, const Manners& manners) {
    lines.heading("How senders went about it");
    for (std::size_t i = 0; i < std::min(manners.senders.size(), senders_shown); ++i) {
        const Discipline& one = manners.senders[i];
        lines.add("  {}: {}, {} of {} that failed for now came again", printable(one.sender),
                  counted(one.deliveries, "delivery", "deliveries"), grouped(one.retried),
                  grouped(one.failed));
        lines.add("    {}", waits_of(one));
        lines.add(
            "    early against the reply's words: {} of {}; at most {} per hour of one delivery, "
            "{} of all",
            grouped(one.early), grouped(one.hinted), counted(one.tries_per_hour, "try", "tries"),
            grouped(one.attempts_per_hour));
        lines.add(
            "    new mail in 5 minutes: {} at most, {} windows{}; other addresses after a "
            "deferral: {}",
            grouped(one.window_peak), grouped(static_cast<std::uint64_t>(one.windows)),
            one.burst ? ", a burst" : "", grouped(one.rotated));
    }
    if (manners.senders.size() > senders_shown)
        lines.add("  … {} more",
                  counted(manners.senders.size() - senders_shown, "sender", "senders"));
    for (const Blocking& blocking : manners.blocking) {
        lines.add("  {} while {} failed: {} new deliveries to others, {} expected{}",
                  printable(blocking.sender), printable(blocking.domain), grouped(blocking.others),
                  grouped(blocking.others_expected),
                  blocking.blocked() ? ": blocked" : ": not blocked");
    }
}

void add_causes(Lines& lines, const std::vector<Cause>& causes) {
    if (causes.empty()) return;
    lines.heading(
        "What the receiver knew, and did not say (a real one hides it; nothing above uses it)");
    for (std::size_t i = 0; i < std::min(causes.size(), causes_shown); ++i) {
        lines.add("  {:>8}  {}  ← {}", grouped(causes[i].tally.attempted),
                  printable(causes[i].words), printable(listed(causes[i].replies, 2)));
    }
    if (causes.size() > causes_shown) lines.add("  … {} more", causes.size() - causes_shown);
}

}  // namespace

std::string text(const Diagnosis& diagnosis, const std::vector<Facet>& by) {
    Lines lines;
    add_sources(lines, diagnosis);
    add_verdict(lines, diagnosis);
    if (diagnosis.all.tries.empty()) return lines.take();
    add_fates(lines, diagnosis);
    add_buckets(lines, diagnosis);
    for (const Facet facet : by) add_segments(lines, diagnosis.by(facet));
    add_volumes(lines, diagnosis);
    add_latency(lines, diagnosis.latency);
    add_manners(lines, diagnosis.manners);
    add_causes(lines, diagnosis.causes);
    return lines.take();
}

}  // namespace fakemx::diagnosis
