// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mimir::report {

/// `text` as it must stand between tags and in attributes.
[[nodiscard]] std::string escape(std::string_view text);

/// How a rate and a granularity are named in headings, cells and legends.
[[nodiscard]] std::string rate_text(double bytes_per_minute);
[[nodiscard]] std::string granularity_text(const std::string& granularity);

/// A cell of a table: text that is escaped, and how strongly it is shaded, 0 to 1; below 0
/// not at all.
struct Cell {
  std::string text;
  double shade = -1;
};

/// Rows of cells below a header; the first column is words, the others are figures.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<Cell>> rows;
};

[[nodiscard]] std::string to_html(const Table& table);

/// `<h2>` of plain text.
[[nodiscard]] std::string heading(std::string_view text);

/// A paragraph of plain text.
[[nodiscard]] std::string paragraph(std::string_view text);

/// A whole document with one style for all reports: light and dark by the reader's choice,
/// light on paper. Needs no network and no script. `body` is HTML, `title` is text.
[[nodiscard]] std::string page(std::string_view title, std::string_view body);

}  // namespace mimir::report
