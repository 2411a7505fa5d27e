// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dataplane/record/time.h"

namespace mimir::learn {

/// What is known of a window beside its features.
struct WindowInfo {
  TimeNs begin_ns = 0;
  std::uint32_t granularity_s = 0;
  bool attack = false;               ///< the label to learn: 1 when true
  std::string run{};                 ///< one capture is one run; never split across folds
  double rate_bytes_per_minute = 0;  ///< of the injected attack; 0 when none was
  std::string path{};                ///< "user-db -> user -> outside"; empty when unknown

  friend bool operator==(const WindowInfo&, const WindowInfo&) = default;
};

/// Named columns and one row a window; windows of several granularities and runs
/// may share a table. A NaN says that the feature is not defined in that window.
///
/// Columns keep the order of their first appearance, rows that of their arrival.
/// Cost: values lie row by row in one vector.
class FeatureTable {
 public:
  FeatureTable() = default;
  /// REQUIRES: the names differ.
  explicit FeatureTable(std::vector<std::string> names);

  /// REQUIRES: one value a column.
  void append(WindowInfo info, std::span<const double> values);

  /// Appends every row of `other`. Columns meet by name; what either side lacks
  /// (a service seen in one run only) is NaN in its rows.
  void append(const FeatureTable& other);

  [[nodiscard]] std::span<const std::string> names() const { return names_; }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  [[nodiscard]] std::size_t column_count() const { return names_.size(); }
  [[nodiscard]] std::size_t row_count() const { return windows_.size(); }
  [[nodiscard]] const WindowInfo& window(std::size_t row) const { return windows_[row]; }
  [[nodiscard]] std::span<const double> row(std::size_t row) const {
    return std::span(values_).subspan(row * names_.size(), names_.size());
  }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const {
    return values_[row * names_.size() + column];
  }

 private:
  void widen(std::size_t column_count_before);

  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> column_by_name_;
  std::vector<WindowInfo> windows_;
  std::vector<double> values_;
};

}  // namespace mimir::learn
