// SPDX-License-Identifier: Apache-2.0
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tools/report/html.h"
#include "tools/report/line_chart.h"

namespace mimir::report {
namespace {

std::vector<std::vector<double>> numbers_of(const std::string& svg, const std::string& pattern) {
  std::vector<std::vector<double>> all;
  const std::regex regex(pattern);
  for (std::sregex_iterator match(svg.begin(), svg.end(), regex), end; match != end; ++match) {
    all.emplace_back();
    for (std::size_t i = 1; i < match->size(); ++i) all.back().push_back(std::stod((*match)[i]));
  }
  return all;
}

std::vector<std::vector<double>> dots(const std::string& svg) {
  return numbers_of(svg, "<circle cx=\"([-0-9.]+)\" cy=\"([-0-9.]+)\"");
}

TEST(Html, LetsNoTextBecomeATag) {
  EXPECT_EQ(escape("<b a=\"1\">&</b>"), "&lt;b a=&quot;1&quot;&gt;&amp;&lt;/b&gt;");
  const std::string table = to_html(Table{.header = {"<h>"}, .rows = {{{.text = "<c>"}}}});
  EXPECT_NE(table.find("<th>&lt;h&gt;</th>"), std::string::npos);
  EXPECT_NE(table.find("<td>&lt;c&gt;</td>"), std::string::npos);
  EXPECT_NE(page("<t>", "").find("<title>&lt;t&gt;</title>"), std::string::npos);
}

// A chart of 480 x 300 whose plot runs from x 46 to 390 and from y 260 up to 28.
TEST(LineChart, PutsPointsWhereTheyBelong) {
  const LineChart chart{.title = "t",
                        .x = unit_axis("x"),
                        .y = unit_axis("y"),
                        .lines = {{.name = "a", .points = {{0, 0, 0, 0}, {0.5, 1, 1, 1}}}}};
  EXPECT_EQ(dots(to_svg(chart)), (std::vector<std::vector<double>>{{46, 260}, {218, 28}}));
}

// On a logarithmic axis from 1 to 100 ten lies in the middle; what is beyond is held.
TEST(LineChart, KnowsLogarithmicAndDescendingAxes) {
  ChartAxis x{.name = "x", .begin = 1, .end = 100, .is_logarithmic = true, .ticks = {}};
  LineChart chart{.title = "t",
                  .x = x,
                  .y = unit_axis("y"),
                  .lines = {{.name = "a", .points = {{10, 0, 0, 0}, {1000, 0, 0, 0}}}}};
  EXPECT_EQ(dots(to_svg(chart)), (std::vector<std::vector<double>>{{218, 260}, {390, 260}}));
  chart.x.begin = 100;
  chart.x.end = 1;
  chart.lines[0].points = {{100, 0, 0, 0}, {1, 0, 0, 0}};
  EXPECT_EQ(dots(to_svg(chart)), (std::vector<std::vector<double>>{{46, 260}, {390, 260}}));
}

TEST(LineChart, DrawsEqualLinesAsideOfEachOther) {
  LineChart chart{.title = "t", .x = unit_axis("x"), .y = unit_axis("y"), .lines = {}};
  for (const char* const name : {"a", "b", "c"}) {
    chart.lines.push_back({.name = name, .points = {{0.5, 0.5, 0.25, 1}}});
  }
  chart.line_gap = 6;
  EXPECT_EQ(dots(to_svg(chart)),
            (std::vector<std::vector<double>>{{212, 144}, {218, 144}, {224, 144}}));
  EXPECT_EQ(numbers_of(to_svg(chart), "points=\"([-0-9.]+),"),
            (std::vector<std::vector<double>>{{212}, {218}, {224}}));
  EXPECT_EQ(numbers_of(to_svg(chart), "d=\"M([-0-9.]+) "),
            (std::vector<std::vector<double>>{{209}, {215}, {221}}));
}

// What lies between 0.75 and 1 has all of the height.
TEST(LineChart, ShowsMoreOfWhatIsAllHigh) {
  for (const auto& [lowest, begin] :
       {std::pair(0.97, 0.75), std::pair(0.75, 0.75), std::pair(0.6, 0.5), std::pair(0.2, 0.0)}) {
    const ChartAxis axis = unit_axis_above("y", lowest);
    EXPECT_EQ(axis.begin, begin);
    EXPECT_EQ(axis.end, 1);
    ASSERT_EQ(axis.ticks.size(), 6U);
    EXPECT_EQ(axis.ticks.front().first, begin);
    EXPECT_DOUBLE_EQ(axis.ticks.back().first, 1);
    EXPECT_EQ(axis.ticks.back().second, "1");
  }
  EXPECT_EQ(unit_axis_above("y", 0.8).ticks[1].second, "0.8");
}

TEST(LineChart, WritesNoNameOnAnother) {
  LineChart chart{.title = "t", .x = unit_axis("x"), .y = unit_axis("y"), .lines = {}};
  for (const char* const name : {"nameA", "nameB", "nameC", "nameD"}) {
    chart.lines.push_back({.name = name, .points = {{1, 0.01, 0.01, 0.01}}});
  }
  const auto places =
      numbers_of(to_svg(chart), "<text x=\"398.0\" y=\"([-0-9.]+)\" style=\"[^\"]*\">name");
  ASSERT_EQ(places.size(), 4U);
  for (std::size_t i = 1; i < places.size(); ++i) EXPECT_GE(places[i][0] - places[i - 1][0], 14);
  EXPECT_LE(places.back()[0], 260.01) << "above the axis";
}

TEST(LineChart, DrawsAnIntervalFromEndToEnd) {
  const LineChart chart{.title = "t",
                        .x = unit_axis("x"),
                        .y = unit_axis("y"),
                        .lines = {{.name = "a", .points = {{0.5, 0.5, 0.25, 1}}}}};
  // y 28 is 1, y 202 is a quarter.
  EXPECT_EQ(numbers_of(to_svg(chart), "d=\"M([-0-9.]+) ([-0-9.]+)h6m-3 0V([-0-9.]+)"),
            (std::vector<std::vector<double>>{{215, 28, 202}}));
}

}  // namespace
}  // namespace mimir::report
