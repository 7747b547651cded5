// Figures for reports, as SVG: plots with axes, stacks and steps, labelled bars, and rows of marks. Whoever draws says what the
// numbers are; this knows how to make them legible, in a light and in a dark surrounding, with any text. The same
// figure gives the same octets.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "chart/axis.h"

namespace fakemx::chart {

struct Point {
    double x = 0;
    double y = 0;
};

/// Horizontal and then vertical from point to point: what holds until it changes.
struct Steps {
    std::string name;
    std::size_t colour = 0;
    std::vector<Point> points;  ///< in order of x
};

/// A column over [from, to), of several parts on top of each other.
struct Stack {
    double from = 0;
    double to = 0;
    std::vector<double> parts;  ///< one for each of Plot::parts
};

struct Part {
    std::string name;
    std::size_t colour = 0;
};

struct Plot {
    std::string title;
    Axis x;
    Axis y;
    std::vector<Part> parts{};
    std::vector<Stack> stacks{};
    std::vector<Steps> steps{};
};

struct Bar {
    std::string label;
    double value = 0;
    std::string note;  ///< behind the bar
    std::size_t colour = 0;
};

/// Bars that lie, each under its label, so that the label may be long.
struct Bars {
    std::string title;
    std::vector<Bar> bars;
};

struct Mark {
    double x = 0;
    std::size_t kind = 0;  ///< index in Lanes::kinds
    std::string note;      ///< shown to who points at it
};

/// A row of marks under its label.
struct Lane {
    std::string label;
    std::vector<Mark> marks;  ///< in order of x
};

/// Things that happened, one row for each whom they happened to.
struct Lanes {
    std::string title;
    Axis x;
    std::vector<Part> kinds;
    std::vector<Lane> lanes;
};

struct Figure {
    std::string title;  ///< without it and a subtitle the panels begin at the top
    std::string subtitle;
    std::vector<std::variant<Plot, Bars, Lanes>> panels;
};

/// Colours that are told apart by people who see no red or green as well. Further ones begin anew.
inline constexpr std::size_t colours = 8;

std::string svg(const Figure& figure);

}  // namespace fakemx::chart
