// The report as a page: what failed with its evidence first, then every rule and every scenario.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "chart/page_style.h"
#include "chart/svg_text.h"
#include "conformance/pack_report.h"
#include "conformance/print.h"
#include "core/words.h"

namespace fakemx::conformance {

namespace {

using chart::escaped;

constexpr std::string_view style = R"css(
td.words{white-space:normal}td.name{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:13px}
section h3 .label{margin-left:8px;font-weight:400}.label{white-space:nowrap}
)css";

std::string_view band_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::pass: return "ok";
        case Outcome::fail: return "bad";
        case Outcome::deviation: return "wait";
        case Outcome::not_exercised: return "none";
    }
    return "none";
}

class Page {
public:
    explicit Page(const PackReport& report) : report_(report), audit_(report.audit) {}

    std::string write() {
        out_ = chart::page_begin("fakemx conform: " + summary(audit_), style);
        head();
        broken();
        rules();
        scenarios();
        out_ += chart::page_end;
        return std::move(out_);
    }

private:
    template <class... Args>
    void put(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
        out_ += '\n';
    }

    static std::string label(Outcome outcome) {
        return fmt::format("<span class=\"label {}\">{}</span>", band_of(outcome), name(outcome));
    }

    void head() {
        const std::uint64_t failed = audit_.count(Outcome::fail);
        const std::uint64_t deviations = audit_.count(Outcome::deviation);
        const std::string_view band = failed != 0 ? "bad" : deviations != 0 ? "wait" : "ok";
        put("<header class=\"{}\"><p class=\"kicker\">fakemx conform{}</p>", band,
            audit_.sender == Sender::unknown ? ""
                                             : fmt::format(", sender: {}", name(audit_.sender)));
        put("<h1>{}</h1>", failed == 0 ? "No binding rule was broken"
                                       : counted(failed, "rule was broken", "rules were broken"));
        if (!report_.command.empty()) {
            put("<p class=\"note\"><code>{}</code></p>",
                escaped(fmt::format("{}", fmt::join(report_.command, " "))));
        }
        put("<div class=\"tiles\">");
        for (const Outcome outcome :
             {Outcome::fail, Outcome::deviation, Outcome::pass, Outcome::not_exercised}) {
            put("<div class=\"tile\"><strong>{}</strong><span>{}</span></div>",
                audit_.count(outcome), name(outcome));
        }
        put("<div class=\"tile\"><strong>{}</strong><span>sessions</span></div></div>",
            audit_.sessions);
        comparison();
        put("</header>");
    }

    void comparison() {
        if (!report_.comparison) return;
        const Comparison& with = *report_.comparison;
        put("<div class=\"next\">");
        if (with.worse.empty()) put("Nothing is worse than the baseline.");
        for (const Finding* worse : with.worse)
            put("Worse than the baseline: <code>{}</code> ", worse->rule->slug);
        for (const Rule* better : with.better)
            put("Better than the baseline: <code>{}</code> ", better->slug);
        for (const Rule* unseen : with.unseen)
            put("In the baseline, and not exercised now: <code>{}</code> ", unseen->slug);
        put("</div>");
    }

    void broken() {
        for (const Outcome outcome : {Outcome::fail, Outcome::deviation}) {
            if (audit_.count(outcome) == 0) continue;
            put("<section><h2>{}</h2>", outcome == Outcome::fail ? "Failed" : "Deviations");
            put("<p class=\"note\">{}</p>",
                outcome == Outcome::fail
                    ? "What an RFC demands, and the sender did not do."
                    : "What an RFC recommends, or what follows from it; a deviation fails "
                      "with --strict.");
            for (const Finding& finding : audit_.findings) {
                if (finding.outcome == outcome) one(finding);
            }
            put("</section>");
        }
    }

    void one(const Finding& finding) {
        const Rule& rule = *finding.rule;
        put("<h3 id=\"{0}\">{0}<span class=\"label {1}\">{2}, {3}</span></h3>", rule.slug,
            band_of(finding.outcome), name(rule.level), name(rule.severity));
        put("<p class=\"note\">{}</p><p>{}</p>", escaped(rule.source), escaped(rule.requirement));
        for (const Evidence& found : finding.evidence) {
            put("<p><b>{}</b>: {}</p>", escaped(place_of(audit_, found)), escaped(found.what));
            // What is escaped has no line ends any more.
            std::string lines;
            for (const std::string& line : found.lines) lines += escaped(line) + '\n';
            put("<pre>{}</pre>", lines);
        }
        if (finding.broken > finding.evidence.size())
            put("<p class=\"note\">and {} more</p>", finding.broken - finding.evidence.size());
        put("<div class=\"next\"><b>What to change:</b> {}</div>", escaped(rule.remedy));
    }

    void rules() {
        put("<section><h2>All rules</h2><div class=\"scroll\"><table><tr><th>rule</th><th "
            "class=\"words\">outcome</th><th class=\"words\">source</th><th "
            "class=\"words\">what it asks</th></tr>");
        for (const Finding& finding : audit_.findings) {
            const Rule& rule = *finding.rule;
            const bool is_broken =
                finding.outcome == Outcome::fail || finding.outcome == Outcome::deviation;
            const std::string slug = is_broken ? fmt::format("<a href=\"#{0}\">{0}</a>", rule.slug)
                                               : std::string{rule.slug};
            put("<tr><td class=\"name\">{}</td><td class=\"words\">{}</td><td "
                "class=\"words\">{}<small>{}, {}</small></td><td class=\"words\">{}{}</td></tr>",
                slug, label(finding.outcome), escaped(rule.source), name(rule.level),
                name(rule.severity), escaped(rule.requirement),
                finding.outcome == Outcome::not_exercised
                    ? fmt::format("<small>{}</small>", escaped(rule.unexercised))
                    : "");
        }
        put("</table></div></section>");
    }

    void scenarios() {
        if (report_.scenarios.empty()) return;
        put("<section><h2>Scenarios</h2><div class=\"scroll\"><table><tr><th>scenario</th><th "
            "class=\"words\">what happens there</th></tr>");
        for (const Played& played : report_.scenarios) {
            std::string state;
            if (!played.trouble.empty())
                state = fmt::format("<small>not judged: {}</small>", escaped(played.trouble));
            if (!played.skipped.empty())
                state = fmt::format("<small>not played: {}</small>", escaped(played.skipped));
            put("<tr><td class=\"name\">{}</td><td class=\"words\">{}{}</td></tr>",
                escaped(played.name), escaped(played.summary), state);
        }
        put("</table></div></section>");
    }

    const PackReport& report_;
    const Audit& audit_;
    std::string out_;
};

}  // namespace

std::string page(const PackReport& report) {
    return Page{report}.write();
}

}  // namespace fakemx::conformance
