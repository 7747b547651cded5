// Panels below each other, drawn with lengths in pixels of a width that fits a page.
#include "chart/figure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "chart/svg_text.h"

namespace fakemx::chart {

namespace {

constexpr double width = 860;
constexpr double margin = 24;
constexpr double left = 64;  // of a plot, for the labels of its y axis
constexpr double plot_height = 190;
constexpr double bar_height = 12;
constexpr double bar_pitch = 42;
constexpr double lane_pitch = 38;
constexpr double mark_radius = 4;
constexpr double font = 12;
constexpr double title_font = 17;
constexpr std::size_t x_ticks = 10;
constexpr std::size_t y_ticks = 5;

// Okabe and Ito's colours, darker on white and lighter on black where they would fade.
constexpr std::array<std::pair<std::string_view, std::string_view>, colours> palette{{
    {"#0072b2", "#56b4e9"},
    {"#e69f00", "#f0b432"},
    {"#009e73", "#2fc799"},
    {"#d55e00", "#ff8a3d"},
    {"#b0578d", "#e3a1c6"},
    {"#6b6b6b", "#a6a6a6"},
    {"#8a6d00", "#d9c24a"},
    {"#3b3b98", "#9a9af0"},
}};

std::string style() {
    std::string css =
        "text{font-family:system-ui,'Noto Sans','Noto Sans CJK SC','Microsoft YaHei',sans-serif;"
        "font-size:12px;fill:#24292f}.t{font-weight:600;font-size:14px}.h{font-weight:600;font-"
        "size:17px}"
        ".s,.k{fill:#57606a}.b{fill:#fff}.g{stroke:#d8dee4;stroke-width:1}.a{stroke:#57606a;stroke-"
        "width:1}"
        ".l{fill:none;stroke-width:2;stroke-linejoin:round}";
    std::string dark =
        "text{fill:#e6edf3}.s,.k{fill:#9ea7b3}.b{fill:#0d1117}.g{stroke:#30363d}.a{stroke:#8b949e}";
    for (std::size_t i = 0; i < palette.size(); ++i) {
        css += fmt::format(".f{0}{{fill:{1}}}.p{0}{{stroke:{1}}}", i, palette.at(i).first);
        dark += fmt::format(".f{0}{{fill:{1}}}.p{0}{{stroke:{1}}}", i, palette.at(i).second);
    }
    return fmt::format("<style>{}@media(prefers-color-scheme:dark){{{}}}</style>\n", css, dark);
}

class Drawing {
public:
    void add(const Plot& plot);
    void add(const Bars& bars);
    void add(const Lanes& lanes);
    void title(const Figure& figure);
    std::string finish();

private:
    template <class... Args>
    void put(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
        body_ += '\n';
    }
    void text(double x, double y, std::string_view css, std::string_view anchor,
              std::string_view words) {
        put(R"(<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>)", x, y, css,
            anchor, escaped(words));
    }
    /// Begins one: its title, and so much room below it.
    void panel(std::string_view title, double below) {
        constexpr double panel_font = 14;
        top_ += 22;
        text(margin, top_, "t", "start", fitting(title, (width - 2 * margin) / panel_font));
        top_ += below;
    }
    void axes(const Plot& plot);
    void legend(const std::vector<std::pair<std::string_view, std::size_t>>& entries);
    void draw(const Lane& lane, const Lanes& lanes);
    void draw(const Stack& stack, const Plot& plot);
    void draw(const Steps& steps, const Plot& plot);
    double x_of(const Plot& plot, double value) const {
        return left + place(plot.x, value) * (width - margin - left);
    }
    double y_of(const Plot& plot, double value) const {
        return top_ + plot_height * (1 - place(plot.y, value));
    }

    std::string body_;
    double top_ = margin;  // of what comes next
};

void Drawing::title(const Figure& figure) {
    if (figure.title.empty() && figure.subtitle.empty()) {
        top_ = 0;
        return;
    }
    const double room = width - 2 * margin;
    top_ += title_font;
    text(margin, top_, "h", "start", fitting(figure.title, room / title_font));
    top_ += 20;
    text(margin, top_, "s", "start", fitting(figure.subtitle, room / font));
    top_ += 14;
}

void Drawing::add(const Plot& plot) {
    panel(plot.title, 8);
    std::vector<std::pair<std::string_view, std::size_t>> entries;
    for (const Part& part : plot.parts) entries.emplace_back(part.name, part.colour);
    for (const Steps& steps : plot.steps) entries.emplace_back(steps.name, steps.colour);
    if (entries.size() > 1 || !plot.parts.empty()) legend(entries);
    top_ += 10;
    axes(plot);
    for (const Stack& stack : plot.stacks) draw(stack, plot);
    for (const Steps& steps : plot.steps) draw(steps, plot);
    put(R"(<path class="a" fill="none" d="M{0:.1f} {1:.1f}V{2:.1f}H{3:.1f}"/>)", left, top_,
        top_ + plot_height, width - margin);
    top_ += plot_height + 44;
}

void Drawing::legend(const std::vector<std::pair<std::string_view, std::size_t>>& entries) {
    double x = margin;
    top_ += 14;
    for (const auto& [name, colour] : entries) {
        const std::string words = fitting(name, 30);
        const double needed = 16 + width_of(words) * font + 18;
        if (x + needed > width - margin && x > margin) {
            x = margin;
            top_ += 18;
        }
        put(R"(<rect x="{:.1f}" y="{:.1f}" width="10" height="10" class="f{}"/>)", x, top_ - 9,
            colour % colours);
        text(x + 15, top_, "k", "start", words);
        x += needed;
    }
}

void Drawing::axes(const Plot& plot) {
    for (const Tick& tick : ticks(plot.y, y_ticks)) {
        const double y = y_of(plot, tick.value);
        put(R"(<path class="g" d="M{:.1f} {:.1f}H{:.1f}"/>)", left, y, width - margin);
        text(left - 6, y + 4, "k", "end", tick.label);
    }
    for (const Tick& tick : ticks(plot.x, x_ticks)) {
        const double x = x_of(plot, tick.value);
        put(R"(<path class="a" d="M{:.1f} {:.1f}v4"/>)", x, top_ + plot_height);
        text(x, top_ + plot_height + 17, "k", "middle", tick.label);
    }
    text(width - margin, top_ + plot_height + 33, "k", "end", fitting(plot.x.title, 60));
    if (!plot.y.title.empty()) text(left + 6, top_ + 12, "k", "start", fitting(plot.y.title, 60));
}

void Drawing::draw(const Stack& stack, const Plot& plot) {
    const double from = x_of(plot, stack.from);
    const double to = x_of(plot, stack.to);
    // A gap between columns, where there is room for one.
    const double wide = std::max(to - from - (to - from > 4 ? 1 : 0), 0.5);
    double below = 0;
    for (std::size_t i = 0; i < std::min(stack.parts.size(), plot.parts.size()); ++i) {
        if (stack.parts[i] <= 0) continue;
        const double bottom = y_of(plot, below);
        below += stack.parts[i];
        // Something that is there is seen.
        const double high = std::max(bottom - y_of(plot, below), 1.0);
        put(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="f{}"/>)", from,
            bottom - high, wide, high, plot.parts[i].colour % colours);
    }
}

void Drawing::draw(const Steps& steps, const Plot& plot) {
    if (steps.points.empty()) return;
    std::string path;
    double drawn_x = -1;
    double drawn_y = -1;
    for (const Point& point : steps.points) {
        const double x = x_of(plot, point.x);
        const double y = y_of(plot, point.y);
        // Points that nobody could tell apart would only make the file large.
        if (drawn_x >= 0 && x - drawn_x < 0.5 && std::abs(y - drawn_y) < 0.25) continue;
        path +=
            drawn_x < 0 ? fmt::format("M{:.1f} {:.1f}", x, y) : fmt::format("H{:.1f}V{:.1f}", x, y);
        drawn_x = x;
        drawn_y = y;
    }
    const Point& last = steps.points.back();
    path += fmt::format("H{:.1f}V{:.1f}", x_of(plot, last.x), y_of(plot, last.y));
    put(R"(<path class="l p{}" d="{}"/>)", steps.colour % colours, path);
}

void Drawing::add(const Bars& bars) {
    panel(bars.title, 16);
    double most = 0;
    for (const Bar& bar : bars.bars) most = std::max(most, bar.value);
    for (const Bar& bar : bars.bars) {
        const double room = width - 2 * margin;
        const double note = width_of(bar.note) * font + 10;
        const double wide = most > 0 ? std::max(bar.value / most * (room - note), 1.0) : 1.0;
        text(margin, top_ + 10, "k", "start", fitting(bar.label, room / font));
        put(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="f{}"/>)", margin,
            top_ + 16, wide, bar_height, bar.colour % colours);
        text(margin + wide + 6, top_ + 16 + bar_height - 2, "k", "start", bar.note);
        top_ += bar_pitch;
    }
    top_ += 6;
}

void Drawing::draw(const Lane& lane, const Lanes& lanes) {
    const auto x_of = [&](double value) {
        return margin + mark_radius + place(lanes.x, value) * (width - 2 * (margin + mark_radius));
    };
    text(margin, top_ + 10, "k", "start", fitting(lane.label, (width - 2 * margin) / font));
    const double y = top_ + 22;
    if (!lane.marks.empty()) {
        put(R"(<path class="g" d="M{:.1f} {:.1f}H{:.1f}"/>)", x_of(lane.marks.front().x), y,
            x_of(lane.marks.back().x));
    }
    std::pair<double, std::size_t> drawn{-width, 0};
    for (const Mark& mark : lane.marks) {
        const double x = x_of(mark.x);
        // One on top of the other would only make the file large.
        if (mark.kind == drawn.second && x - drawn.first < 0.5) continue;
        drawn = {x, mark.kind};
        const std::size_t colour =
            mark.kind < lanes.kinds.size() ? lanes.kinds[mark.kind].colour : 0;
        put(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{}" class="f{}"><title>{}</title></circle>)", x,
            y, mark_radius, colour % colours, escaped(mark.note));
    }
    top_ += lane_pitch;
}

void Drawing::add(const Lanes& lanes) {
    panel(lanes.title, 8);
    std::vector<std::pair<std::string_view, std::size_t>> entries;
    for (const Part& kind : lanes.kinds) entries.emplace_back(kind.name, kind.colour);
    legend(entries);
    top_ += 12;
    for (const Lane& lane : lanes.lanes) draw(lane, lanes);
    put(R"(<path class="a" d="M{:.1f} {:.1f}H{:.1f}"/>)", margin, top_, width - margin);
    for (const Tick& tick : ticks(lanes.x, x_ticks)) {
        const double x = margin + mark_radius +
                         place(lanes.x, tick.value) * (width - 2 * (margin + mark_radius));
        put(R"(<path class="a" d="M{:.1f} {:.1f}v4"/>)", x, top_);
        text(x, top_ + 17, "k", "middle", tick.label);
    }
    text(width - margin, top_ + 33, "k", "end", fitting(lanes.x.title, 60));
    top_ += 44;
}

std::string Drawing::finish() {
    const double height = top_ + margin / 2;
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
        "width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" role=\"img\">\n{2}<rect width=\"100%\" height=\"100%\" "
        "class=\"b\"/>\n{3}</svg>\n",
        width, height, style(), body_);
}

}  // namespace

std::string svg(const Figure& figure) {
    Drawing drawing;
    drawing.title(figure);
    for (const auto& panel : figure.panels)
        std::visit([&](const auto& one) { drawing.add(one); }, panel);
    return drawing.finish();
}

}  // namespace fakemx::chart
