// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace mimir::report {

struct ChartPoint {
  double x = 0;
  double y = 0;
  double low = 0;  ///< ends of the bar through the point; equal to y for none
  double high = 0;
};

/// A line of a chart, with its name at its right end.
struct ChartLine {
  std::string name;
  std::vector<ChartPoint> points;
  std::size_t color = 0;      ///< 0 to 5, of the page's series colours
  bool is_reference = false;  ///< thin and dashed, behind the others
  bool has_dots = true;
};

/// From `begin` to `end`, which may descend. Ticks lie within; of those of the x axis that
/// crowd each other the first ones keep their text.
struct ChartAxis {
  std::string name;
  double begin = 0;
  double end = 1;
  bool is_logarithmic = false;
  std::vector<std::pair<double, std::string>> ticks;
};

struct LineChart {
  std::string title;
  ChartAxis x;
  ChartAxis y;
  std::vector<ChartLine> lines;
  double width = 480;
  double height = 300;
  double name_width = 90;  ///< kept free on the right for the lines' names
  double line_gap = 0;     ///< how far right of the line before each is drawn: equal ones show
};

/// Ticks at 0, 0.2 ... 1.
[[nodiscard]] ChartAxis unit_axis(std::string name);

/// The same for what is all between `lowest` and 1: it begins at 0.75, 0.5 or 0.
[[nodiscard]] ChartAxis unit_axis_above(std::string name, double lowest);

/// An `<svg>` that needs nothing but the page's style. Points outside of the axes are held at
/// their ends. Names that would overlap are moved apart.
[[nodiscard]] std::string to_svg(const LineChart& chart);

}  // namespace mimir::report
