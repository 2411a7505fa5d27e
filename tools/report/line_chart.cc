// SPDX-License-Identifier: Apache-2.0
#include "tools/report/line_chart.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "tools/report/html.h"

namespace mimir::report {

namespace {

constexpr double kTop = 28;
constexpr double kBottom = 40;
constexpr double kLeft = 46;
constexpr double kNameHeight = 14;
constexpr double kTickTextWidth = 28;
constexpr double kBarCap = 3;

/// Where a value of an axis lies, as a share of its length.
double share(const ChartAxis& axis, double value) {
  const auto scaled = [&axis](double v) { return axis.is_logarithmic ? std::log10(v) : v; };
  const double length = scaled(axis.end) - scaled(axis.begin);
  return std::clamp((scaled(value) - scaled(axis.begin)) / length, 0.0, 1.0);
}

class Drawing {
 public:
  explicit Drawing(const LineChart& chart)
      : chart_(chart), right_(chart.width - chart.name_width), bottom_(chart.height - kBottom) {}

  std::string draw() {
    add("<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
        "aria-label=\"{2}\"><text class=\"name\" x=\"{3}\" y=\"14\">{2}</text>",
        chart_.width, chart_.height, escape(chart_.title), kLeft);
    draw_axes();
    for (const bool is_reference : {true, false}) {
      for (std::size_t i = 0; i < chart_.lines.size(); ++i) {
        if (chart_.lines[i].is_reference == is_reference) draw_line(chart_.lines[i], aside(i));
      }
    }
    draw_names();
    return svg_ + "</svg>";
  }

 private:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(svg_), format, std::forward<Arguments>(arguments)...);
  }

  [[nodiscard]] double x_of(double value) const {
    return kLeft + share(chart_.x, value) * (right_ - kLeft);
  }
  /// How far right of its points line `i` is drawn; the lines lie evenly about them.
  [[nodiscard]] double aside(std::size_t i) const {
    return (2 * static_cast<double>(i) + 1 - static_cast<double>(chart_.lines.size())) / 2 *
           chart_.line_gap;
  }
  [[nodiscard]] double y_of(double value) const {
    return bottom_ - share(chart_.y, value) * (bottom_ - kTop);
  }

  void draw_axes() {
    for (const auto& [value, text] : chart_.y.ticks) {
      add("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
          "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>",
          kLeft, right_, y_of(value), kLeft - 6, y_of(value) + 4, escape(text));
    }
    std::vector<double> named;
    for (const auto& [value, text] : chart_.x.ticks) {
      const double x = x_of(value);
      add("<line class=\"axis\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>", x,
          bottom_, bottom_ + 4);
      const bool is_crowded = std::any_of(named.begin(), named.end(), [x](double other) {
        return std::abs(other - x) < kTickTextWidth;
      });
      if (is_crowded) continue;
      named.push_back(x);
      add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>", x, bottom_ + 17,
          escape(text));
    }
    add("<line class=\"axis\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"middle\">{5}</text>",
        kLeft, right_, bottom_, (kLeft + right_) / 2, chart_.height - 6, escape(chart_.x.name));
    if (chart_.y.name.empty()) return;
    add("<text transform=\"translate(11 {0:.1f}) rotate(-90)\" text-anchor=\"middle\">{1}</text>",
        (kTop + bottom_) / 2, escape(chart_.y.name));
  }

  void draw_line(const ChartLine& line, double aside) {
    if (line.points.empty()) return;
    const std::string color = fmt::format("var(--s{})", line.color % 6);
    add("<polyline class=\"series{}\"{} points=\"", line.is_reference ? " reference" : "",
        line.is_reference ? std::string() : fmt::format(" style=\"stroke: {}\"", color));
    for (const ChartPoint& point : line.points) {
      add("{:.1f},{:.1f} ", x_of(point.x) + aside, y_of(point.y));
    }
    add("\"/>");
    if (line.is_reference) return;
    for (const ChartPoint& point : line.points) {
      if (point.low != point.high) draw_bar(point, color, aside);
      if (!line.has_dots) continue;
      add("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" style=\"fill: {}\"><title>{}: {:.4g} at "
          "{:.4g}</title></circle>",
          x_of(point.x) + aside, y_of(point.y), color, escape(line.name), point.y, point.x);
    }
  }

  void draw_bar(const ChartPoint& point, std::string_view color, double aside) {
    const double x = x_of(point.x) + aside;
    add("<path class=\"bar\" style=\"stroke: {0}; fill: none\" d=\"M{1:.1f} {2:.1f}h{5}m{6} "
        "0V{3:.1f}m{4} 0h{5}\"/>",
        color, x - kBarCap, y_of(point.high), y_of(point.low), -kBarCap, 2 * kBarCap, -kBarCap);
  }

  /// At the right end of each line, moved down where they would lie on each other.
  void draw_names() {
    struct Name {
      double y;
      const ChartLine* line;
    };
    std::vector<Name> names;
    for (const ChartLine& line : chart_.lines) {
      if (line.points.empty() || line.name.empty()) continue;
      names.push_back({y_of(line.points.back().y) + 4, &line});
    }
    std::stable_sort(names.begin(), names.end(),
                     [](const Name& a, const Name& b) { return a.y < b.y; });
    for (std::size_t i = 1; i < names.size(); ++i) {
      names[i].y = std::max(names[i].y, names[i - 1].y + kNameHeight);
    }
    const double over = names.empty() ? 0 : std::max(0.0, names.back().y - bottom_);
    for (const Name& name : names) {
      const std::string color = name.line->is_reference
                                    ? std::string("var(--dim)")
                                    : fmt::format("var(--s{})", name.line->color % 6);
      add("<text x=\"{:.1f}\" y=\"{:.1f}\" style=\"fill: {}\">{}</text>", right_ + 8, name.y - over,
          color, escape(name.line->name));
    }
  }

  const LineChart& chart_;
  double right_;
  double bottom_;
  std::string svg_;
};

}  // namespace

ChartAxis unit_axis(std::string name) {
  ChartAxis axis{.name = std::move(name), .ticks = {}};
  for (int i = 0; i <= 5; ++i) axis.ticks.emplace_back(i / 5.0, fmt::format("{:g}", i / 5.0));
  return axis;
}

ChartAxis unit_axis_above(std::string name, double lowest) {
  constexpr int kTicks = 5;
  const double begin = lowest >= 0.75 ? 0.75 : (lowest >= 0.5 ? 0.5 : 0);
  ChartAxis axis{.name = std::move(name), .begin = begin, .ticks = {}};
  for (int i = 0; i <= kTicks; ++i) {
    const double place = begin + (1 - begin) * i / kTicks;
    axis.ticks.emplace_back(place, fmt::format("{:.3g}", place));
  }
  return axis;
}

std::string to_svg(const LineChart& chart) { return Drawing(chart).draw(); }

}  // namespace mimir::report
