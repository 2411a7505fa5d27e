// SPDX-License-Identifier: Apache-2.0
#include "tools/report/html.h"

#include <algorithm>

#include <fmt/format.h>

namespace mimir::report {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark;
        --ink: #1b1f24; --dim: #5d6672; --paper: #fff; --line: #d5d9e0;
        --good: #2a6fbb; --bad: #c62828; --shade: 42, 111, 187;
        --s0: #2a6fbb; --s1: #c8651b; --s2: #2e8b57; --s3: #8a56b0; --s4: #b23a48; --s5: #5d6672; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ec; --dim: #9aa3b2; --paper: #14171c;
        --line: #353c49; --good: #7fb2e5; --bad: #ff6b6b; --shade: 90, 150, 215;
        --s0: #6fb0f0; --s1: #f0a05a; --s2: #6cc794; --s3: #c39be0; --s4: #f08a94;
        --s5: #9aa3b2; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
p.dim, td.dim, th, figcaption { color: var(--dim); } p { max-width: 46rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: .85rem; }
th, td { text-align: right; padding: .2rem .5rem; border-bottom: 1px solid var(--line);
         font-variant-numeric: tabular-nums; font-weight: normal; }
td { white-space: nowrap; } th { vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
td.new { color: var(--bad); font-weight: 600; } pre { overflow-x: auto; }
.scroll { overflow-x: auto; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; }
figcaption { font-size: .85rem; } svg { max-width: 100%; height: auto; display: block; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
.tile { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .9rem; min-width: 8rem; }
.tile b { display: block; font-size: 1.5rem; font-weight: 600; }
.tile span { color: var(--dim); font-size: .85rem; }
.axis { stroke: var(--dim); } .grid { stroke: var(--line); } .bar { stroke-width: 1.5; }
.series { fill: none; stroke-width: 2; } .reference { stroke: var(--dim); stroke-dasharray: 3 3; }
.threshold { stroke: var(--bad); stroke-dasharray: 6 4; }
.score { fill: var(--good); } .alert { fill: var(--bad); }
text { fill: var(--dim); font-size: 12px; } text.name { fill: var(--ink); }
@media print { :root { color-scheme: light; --ink: #000; --dim: #555; --paper: #fff; --line: #ccc;
        --good: #2a6fbb; --bad: #c62828; --shade: 42, 111, 187;
        --s0: #2a6fbb; --s1: #c8651b; --s2: #2e8b57; --s3: #8a56b0; --s4: #b23a48; --s5: #5d6672; }
  body { max-width: none; margin: 0; font-size: 9pt; } table { font-size: 6.5pt; }
  th, td { padding: .1rem .25rem; } * { print-color-adjust: exact; }
  h2 { break-after: avoid; } tr, svg, figure { break-inside: avoid; } }
)";

/// Of the full shade: light enough for the ink on it to be read.
constexpr double kShadeOpacity = 0.45;

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string rate_text(double bytes_per_minute) {
  return fmt::format("{:g} MB/min", bytes_per_minute / 1e6);
}

std::string granularity_text(const std::string& granularity) {
  return granularity == "combined" ? granularity : granularity + " s";
}

std::string to_html(const Table& table) {
  std::string html = "<div class=\"scroll\"><table><thead><tr>";
  for (const std::string& name : table.header) html += "<th>" + escape(name) + "</th>";
  html += "</tr></thead><tbody>";
  for (const std::vector<Cell>& row : table.rows) {
    html += "<tr>";
    for (const Cell& cell : row) {
      if (cell.shade < 0) {
        html += "<td>" + escape(cell.text) + "</td>";
        continue;
      }
      html += fmt::format("<td style=\"background: rgba(var(--shade), {:.2f})\">{}</td>",
                          kShadeOpacity * std::clamp(cell.shade, 0.0, 1.0), escape(cell.text));
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

std::string heading(std::string_view text) { return "<h2>" + escape(text) + "</h2>"; }

std::string paragraph(std::string_view text) { return "<p>" + escape(text) + "</p>"; }

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">"
      "<title>{0}</title><style>{1}</style></head><body><h1>{0}</h1>{2}</body></html>\n",
      escape(title), kStyle, body);
}

}  // namespace mimir::report
