// SPDX-License-Identifier: Apache-2.0
#include "tools/demo_report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "tools/ledger_text.h"
#include "tools/report/html.h"

namespace mimir::tools {

namespace {

constexpr double kChartWidth = 1000;
constexpr double kChartHeight = 240;
constexpr double kMargin = 40;
constexpr std::size_t kContributionMax = 6;

using report::escape;

/// The scores of the base windows over time, on a scale that shows small ones too.
std::string chart(const DemoResult& result, std::uint32_t granularity_s) {
  std::vector<JudgedWindow> shown;
  for (const JudgedWindow& window : result.windows) {
    if (window.granularity_s == granularity_s) shown.push_back(window);
  }
  if (shown.empty()) return "<p class=\"dim\">No window was judged.</p>";
  const auto scale = [](double score) { return std::asinh(4 * score); };
  double low = 0;
  double high = scale(shown.front().threshold);
  for (const JudgedWindow& window : shown) {
    low = std::min(low, scale(window.score));
    high = std::max(high, scale(window.score));
  }
  const double step = (kChartWidth - kMargin) / static_cast<double>(shown.size());
  const auto y = [&](double score) {
    return kChartHeight - kMargin / 2 -
           (scale(score) - low) / (high - low + 1e-12) * (kChartHeight - kMargin);
  };
  std::string svg =
      fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"score of each window\">",
                  kChartWidth, kChartHeight);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const double top = std::min(y(shown[i].score), y(0));
    const double height = std::max(std::abs(y(shown[i].score) - y(0)), 1.0);
    svg += fmt::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">"
        "<title>{} score {:.3f}</title></rect>",
        shown[i].is_alert ? "alert" : "score", kMargin + static_cast<double>(i) * step, top,
        std::max(step - 1, 0.5), height, controlplane::to_timestamp(shown[i].begin_ns),
        shown[i].score);
  }
  const double threshold_y = y(shown.front().threshold);
  svg += fmt::format(
      "<line class=\"axis\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
      "<line class=\"threshold\" x1=\"{0}\" x2=\"{1}\" y1=\"{3:.1f}\" y2=\"{3:.1f}\"/>"
      "<text x=\"0\" y=\"{4:.1f}\">{5:.2f}</text>"
      "<text x=\"{0}\" y=\"{6}\">{7}</text><text x=\"{1}\" y=\"{6}\" text-anchor=\"end\">{8}</text>"
      "</svg>",
      kMargin, kChartWidth, y(0), threshold_y, threshold_y + 4, shown.front().threshold,
      kChartHeight - 2, controlplane::to_timestamp(shown.front().begin_ns).substr(0, 19),
      controlplane::to_timestamp(shown.back().begin_ns).substr(0, 19));
  return svg;
}

std::string alert_section(const controlplane::Alert& alert) {
  std::string html =
      fmt::format("<h2>{} &middot; {} s &middot; {}</h2><p>{}</p>",
                  controlplane::to_timestamp(alert.begin_ns).substr(11, 8), alert.granularity_s,
                  escape(fmt::format("{}", fmt::join(alert.path, " -> "))),
                  escape(controlplane::summarise(alert)));
  html += fmt::format("<p class=\"dim\">score {:.3f}, threshold {:.3f}</p>", alert.score.value,
                      alert.score.threshold);
  html +=
      "<table><tr><th>invariant</th><th>seen</th><th>expected</th><th>robust z</th>"
      "<th>contribution</th></tr>";
  for (std::size_t i = 0; i < std::min(alert.score.contributions.size(), kContributionMax); ++i) {
    const learn::Contribution& part = alert.score.contributions[i];
    html += fmt::format(
        "<tr><td>{}</td><td>{:.4g}</td><td>{:.4g}</td><td>{:+.1f}</td><td>{:+.3f}</td></tr>",
        escape(part.feature), part.observed, part.expected, part.z, part.contribution);
  }
  html +=
      "</table><table><tr><th>edge</th><th>bytes</th><th>expected</th><th>99th percentile</th>"
      "</tr>";
  for (const detector::EdgeEvidence& edge : alert.edges) {
    html += fmt::format(
        "<tr><td>{} &rarr; {}</td><td>{}</td><td class=\"{}\">{}</td><td>{}</td></tr>",
        escape(edge.source), escape(edge.destination), edge.bytes, edge.is_known ? "" : "new",
        edge.is_known ? fmt::format("{:.0f}", edge.expected_bytes) : "never seen",
        edge.is_known ? fmt::format("{:.0f}", edge.p99_bytes) : "");
  }
  return html + "</table>";
}

}  // namespace

std::string to_html(const learn::Model& model, const DemoResult& result) {
  std::string html = fmt::format(
      "<p>{} windows judged, {} alerts. Each bar is a window of {} s; the dashed line is the "
      "threshold, red bars are above it (inverse hyperbolic sine scale).</p>",
      result.windows.size(), result.alerts.size(), model.granularities.front().granularity_s);
  html += chart(result, model.granularities.front().granularity_s);
  html += "<h2>Where every packet went</h2><pre>" +
          escape(to_text(result.live.packets, result.live.records)) + "</pre>";
  for (const controlplane::Alert& alert : result.alerts) html += alert_section(alert);
  return report::page("Mimir: " + model.context.name, html);
}

}  // namespace mimir::tools
