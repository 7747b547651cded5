// The report as a page: one file that needs no network and no script, light or dark as the reader's screen is. What matters first,
// the rest folded away below it.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "chart/page_style.h"
#include "chart/svg_text.h"
#include "core/series.h"
#include "core/words.h"
#include "diagnosis/print.h"
#include "oracle/timeline.h"

namespace fakemx::diagnosis {

namespace {

using chart::escaped;

constexpr std::size_t rows_of_bucket = 6;
constexpr std::size_t rows_of_details = 50;

constexpr std::string_view style = R"css(
.seg{table-layout:fixed;min-width:940px}.seg th:nth-child(n+2){width:82px}.seg th:nth-child(6){width:56px}.seg th:nth-child(8){width:114px}
.seg th:nth-child(9){width:190px}
.mix{display:flex;width:96px;height:10px;border-radius:5px;overflow:hidden;background:var(--line)}
.mix i{display:block;height:100%}.i0{background:var(--ok)}.i1{background:var(--wait)}.i2{background:var(--bad)}.i3{background:var(--none)}
.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 14px}.key i:first-child{margin-left:0}
.versus{display:grid;grid-template-columns:minmax(120px,max-content) 1fr max-content;gap:4px 12px;align-items:center;margin:6px 0 14px;font-size:14px}
.versus .rail{background:var(--line);border-radius:5px;height:12px;overflow:hidden}.versus .rail i{display:block;height:100%;background:var(--bad)}
)css";

std::string_view band_of(Finding finding) {
    switch (finding) {
        case Finding::nothing: return "none";
        case Finding::clean: return "ok";
        case Finding::first_try:
        case Finding::intermittent: return "wait";
        case Finding::everyone:
        case Finding::one_sender:
        case Finding::outage:
        case Finding::shared:
        case Finding::lone_sender:
        case Finding::no_cohort: return "bad";
    }
    return "none";
}

std::string_view band_of(Label label) {
    switch (label) {
        case Label::none: return "none";
        case Label::clean: return "ok";
        case Label::intermittent: return "wait";
        case Label::selective:
        case Label::outage:
        case Label::failing:
        case Label::persistent: return "bad";
    }
    return "none";
}

class Page {
public:
    explicit Page(const Diagnosis& diagnosis) : of_(diagnosis), drawings_(figures(diagnosis)) {}

    std::string write() {
        out_ = chart::page_begin("fakemx report: " + of_.verdict.headline, style);
        head();
        if (!of_.all.tries.empty()) {
            traits();
            drawings();
            buckets();
            senders();
            worst();
            discipline();
            further();
            causes();
        }
        foot();
        out_ += chart::page_end;
        return std::move(out_);
    }

private:
    template <class... Args>
    void put(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
        out_ += '\n';
    }

    void tile(const std::string& number, std::string_view words) {
        put("<div class=\"tile\"><strong>{}</strong><span>{}</span></div>", escaped(number),
            escaped(words));
    }

    void head() {
        const Verdict& verdict = of_.verdict;
        put("<header class=\"{}\"><p class=\"kicker\">Verdict</p><h1>{}</h1>",
            band_of(verdict.finding), escaped(verdict.headline));
        if (!verdict.points.empty()) {
            put("<ul>");
            for (const std::string& point : verdict.points) put("<li>{}</li>", escaped(point));
            put("</ul>");
        }
        put("<p class=\"next\"><b>Next:</b> {}</p>", escaped(verdict.next));
        const Tally& sum = of_.volumes.sum;
        put("<div class=\"tiles\">");
        tile(grouped(sum.attempted), "attempts");
        tile(grouped(sum.accepted), "accepted");
        tile(share(sum.failed(), sum.attempted - sum.under_way), "of attempts failed");
        tile(grouped(of_.courses.all.size()), "deliveries");
        tile(grouped(of_.volumes.expired), "expired");
        if (const auto& sorted = of_.latency.sorted; !sorted.empty()) {
            tile(rounded(percentile(sorted, 50)), "to acceptance, p50");
            tile(rounded(percentile(sorted, 95)), "p95");
            tile(rounded(percentile(sorted, 99)), "p99");
        }
        put("</div></header>");
    }

    void versus(std::string_view words, std::uint64_t failing, std::uint64_t all) {
        put("<span>{}</span><span class=\"rail\"><i style=\"width:{}%\"></i></span><span>{} of {} "
            "({})</span>",
            escaped(words), all == 0 ? 0 : failing * 100 / all, grouped(failing), grouped(all),
            share(failing, all));
    }

    void traits_of(const Contrast& contrast, std::string_view what) {
        for (const Trait& trait : contrast.traits) {
            if (&contrast != &of_.traits.first && is_named(of_.traits.first, trait)) continue;
            put("<h3>{}: {}</h3><p class=\"note\">{}, by chance alone less than {} ({} traits "
                "looked at){}</p><div class=\"versus\">",
                escaped(title(trait.facet)), escaped(printable(trait.value)), what,
                chance_of(trait, contrast), grouped(contrast.looked_at),
                trait.alike.empty() ? "" : "; the same ones share:");
            versus("with it", trait.counts.failing_with, trait.counts.with());
            versus("without it", trait.counts.failing_without,
                   trait.counts.all() - trait.counts.with());
            put("</div>");
            if (trait.alike.empty()) continue;
            put("<ul>");
            for (const auto& [facet, value] : trait.alike)
                put("<li>{}: {}</li>", escaped(title(facet)), escaped(printable(value)));
            put("</ul>");
        }
    }

    void traits() {
        if (of_.failed == 0 && of_.courses.refusals.empty()) return;
        const Traits& traits = of_.traits;
        put("<section><h2>What failing deliveries share</h2>");
        if (traits.first.traits.empty() && traits.stays.traits.empty() &&
            traits.refused.traits.empty()) {
            put("<p class=\"note\">No trait tells what fails from what passes ({} looked at, among "
                "{} failing and {} passing deliveries).</p>",
                grouped(traits.first.looked_at), grouped(traits.first.failing),
                grouped(traits.first.passing));
        }
        traits_of(traits.first, "Failed at least once");
        traits_of(traits.stays, "Of what failed: not accepted so far");
        traits_of(traits.refused, "Spans of five minutes in which connections were refused");
        put("</section>");
    }

    /// Without titles: the page has its own.
    template <class Wanted>
    chart::Figure panels(const Wanted& wanted) const {
        chart::Figure figure;
        for (const Drawing& drawing : drawings_) {
            if (wanted(drawing.name))
                figure.panels.insert(figure.panels.end(), drawing.figure.panels.begin(),
                                     drawing.figure.panels.end());
        }
        return figure;
    }

    void drawings() {
        put("<section><h2>When, and how long</h2>");
        put("{}", chart::svg(panels([](std::string_view name) { return name != "retries"; })));
        put("<details><summary>Volume in figures</summary><div class=\"scroll\"><table><tr>"
            "<th>from (UTC)<th>attempted<th>first "
            "tries<th>accepted<th>deferred<th>rejected<th>lost<th>expired</tr>");
        for (const Interval& interval : of_.volumes.intervals) {
            const Tally& tally = interval.tally;
            if (tally.attempted == 0 && interval.expired == 0) continue;
            put("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>",
                second_of(interval.from), grouped(tally.attempted), grouped(interval.first),
                grouped(tally.accepted), grouped(tally.deferred), grouped(tally.rejected),
                grouped(tally.lost), grouped(interval.expired));
        }
        put("</table></div></details></section>");
    }

    void table_head(std::string_view first) {
        put("<div class=\"scroll\"><table "
            "class=\"seg\"><tr><th>{}<th>attempts<th>accepted<th>deferred<th>"
            "rejected<th>lost<th>failed<th><th class=\"words\">pattern</tr>",
            escaped(first));
    }

    void row(const Segment& segment) {
        const Tally& tally = segment.tally;
        put("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td class=\"words\">{}</tr>",
            segment.value.empty() ? "<em>not known</em>" : escaped(printable(segment.value)),
            grouped(tally.attempted), grouped(tally.accepted), grouped(tally.deferred),
            grouped(tally.rejected), grouped(tally.lost),
            share(tally.failed(), tally.attempted - tally.under_way), mix(tally),
            label(segment.pattern));
    }

    static std::string mix(const Tally& tally) {
        std::string bar = "<span class=\"mix\">";
        const std::uint64_t whole = std::max<std::uint64_t>(tally.attempted - tally.under_way, 1);
        std::size_t kind = 0;
        for (const std::uint64_t part :
             {tally.accepted, tally.deferred, tally.rejected, tally.lost}) {
            if (part != 0)
                bar += fmt::format("<i class=\"i{}\" style=\"width:{}.{}%\"></i>", kind,
                                   part * 1000 / whole / 10, part * 1000 / whole % 10);
            ++kind;
        }
        return bar + "</span>";
    }

    static std::string label(const Pattern& pattern) {
        if (pattern.label == Label::none) return "<small>not diagnosed</small>";
        std::string words = fmt::format("<span class=\"label {}\">{}</span>",
                                        band_of(pattern.label), name(pattern.label));
        if (pattern.label == Label::intermittent || pattern.label == Label::selective)
            words += fmt::format(" <small>{} of {} recovered</small>", grouped(pattern.recovered),
                                 grouped(pattern.recovered + pattern.unaccepted));
        if (pattern.label == Label::failing || pattern.label == Label::persistent)
            words += fmt::format(" <small>since {}</small>", second_of(pattern.first_failure));
        return words;
    }

    void segment_table(const Segments& segments, std::size_t most) {
        table_head(title(segments.facet));
        const std::size_t shown = std::min(segments.segments.size(), most);
        for (std::size_t i = 0; i < shown; ++i) row(segments.segments[i]);
        put("</table></div>");
        const std::size_t more = segments.segments.size() + segments.left_out - shown;
        if (more != 0) put("<p class=\"note\">{} more</p>", counted(more, "value", "values"));
    }

    static bool known(const Segments& segments) {
        return !segments.segments.empty() && !segments.segments[0].value.empty();
    }

    void buckets() {
        put("<section><h2>Where it fails</h2><p class=\"note key\"><i class=\"i0\"></i>accepted<i "
            "class=\"i1\"></i>deferred<i class=\"i2\"></i>rejected<i class=\"i3\"></i>lost</p>");
        for (const Bucket bucket :
             {Bucket::receiver, Bucket::sender, Bucket::message, Bucket::stage}) {
            std::string heading{name(bucket)};
            heading.front() = static_cast<char>(heading.front() - 'a' + 'A');
            put("<h3>{}</h3><p class=\"note\">{}</p>", heading, escaped(purpose(bucket)));
            bool any = false;
            for (const Facet facet : facets_of(bucket)) {
                const Segments& segments = of_.by(facet);
                if (!known(segments) || (any && segments.segments.size() < 2)) continue;
                any = true;
                segment_table(segments, rows_of_bucket);
            }
            if (!any) put("<p class=\"note\">Nothing is known of it.</p>");
        }
        put("</section>");
    }

    void senders() {
        if (of_.senders.size() < 2) return;
        std::vector<const Segment*> worst_first;
        for (const Segment& sender : of_.senders) worst_first.push_back(&sender);
        std::stable_sort(worst_first.begin(), worst_first.end(),
                         [](const Segment* a, const Segment* b) {
                             return a->tally.failed() > b->tally.failed();
                         });
        put("<section><h2>Senders</h2><p class=\"note\">By the domain of the reverse path, worst "
            "first.</p>");
        table_head("sender");
        for (std::size_t i = 0; i < std::min(worst_first.size(), rows_of_details); ++i)
            row(*worst_first[i]);
        put("</table></div></section>");
    }

    void worst() {
        if (of_.worst.empty()) return;
        put("<section><h2>The worst deliveries</h2><p class=\"note\">Not accepted and waiting "
            "longest first. Point at a mark to read the reply.</p>");
        put("{}", chart::svg(panels([](std::string_view name) { return name == "retries"; })));
        put("<details><summary>Try by try</summary>");
        for (const std::size_t c : of_.worst) {
            const oracle::Delivery& delivery =
                of_.all.account.deliveries.at(of_.courses.all[c].delivery);
            put("<pre>{}</pre>", escaped(oracle::timeline(delivery)));
        }
        const std::string bundle = evidence(of_, "");
        put("</details>");
        if (!bundle.empty())
            put("<details><summary>Evidence for an escalation</summary><pre>{}</pre></details>",
                escaped(bundle));
        put("</section>");
    }

    void discipline() {
        put("<section><h2>How senders went about it</h2><div class=\"scroll\"><table><tr>"
            "<th>sender<th>deliveries<th>failed for now<th>came again<th>shortest wait<th>p50<th>"
            "longest<th>too early<th>tries an hour<th>changed IP<th>most new in 5m</tr>");
        const auto& senders = of_.manners.senders;
        for (std::size_t i = 0; i < std::min(senders.size(), rows_of_details); ++i) {
            const Discipline& one = senders[i];
            const auto wait = [&](std::uint32_t percent) {
                return one.waits.empty() ? std::string{"–"}
                                         : rounded(percentile(one.waits, percent));
            };
            put("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}{}<td>{}<td>{}{}</tr>",
                escaped(printable(one.sender)), grouped(one.deliveries), grouped(one.failed),
                grouped(one.retried), wait(0), wait(50), wait(100),
                one.hinted == 0 ? std::string{"–"}
                                : fmt::format("{} of {}", grouped(one.early), grouped(one.hinted)),
                one.tries_per_hour, one.storm() ? " (storm)" : "", grouped(one.rotated),
                grouped(one.window_peak), one.burst ? " (burst)" : "");
        }
        put("</table></div></section>");
    }

    void further() {
        put("<section><h2>By everything else</h2>");
        for (const Facet facet : all_facets()) {
            const Segments& segments = of_.by(facet);
            if (!known(segments)) continue;
            put("<details><summary>{} ({})</summary>", escaped(title(facet)),
                counted(segments.segments.size() + segments.left_out, "value", "values"));
            segment_table(segments, rows_of_details);
            put("</details>");
        }
        put("</section>");
    }

    void causes() {
        if (of_.causes.empty()) return;
        put("<section><h2>What the receiver knew</h2><p class=\"note\">The profile's own reasons. "
            "A real receiver keeps them to itself, and nothing above uses them.</p><div "
            "class=\"scroll\"><table><tr><th>reason<th>attempts<th class=\"words\">what the sender "
            "saw</tr>");
        for (std::size_t i = 0; i < std::min(of_.causes.size(), rows_of_details); ++i) {
            const Cause& cause = of_.causes[i];
            put("<tr><td>{}<td>{}<td class=\"words\">{}</tr>", escaped(printable(cause.words)),
                grouped(cause.tally.attempted), escaped(printable(listed(cause.replies, 3))));
        }
        put("</table></div></section>");
    }

    void foot() {
        put("<footer>");
        for (const Source& source : of_.all.sources) {
            put("<p>{}: {}, seed {}, clock {}, {} to {}</p>", escaped(printable(source.name)),
                escaped(printable(source.profile)), escaped(source.seed), escaped(source.clock),
                second_of(source.begin), second_of(source.end));
        }
        put("</footer>");
    }

    const Diagnosis& of_;
    std::vector<Drawing> drawings_;
    std::string out_;
};

}  // namespace

std::string page(const Diagnosis& diagnosis) {
    return Page{diagnosis}.write();
}

}  // namespace fakemx::diagnosis
