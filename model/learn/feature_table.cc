// SPDX-License-Identifier: Apache-2.0
#include "model/learn/feature_table.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace mimir::learn {

namespace {
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
}

FeatureTable::FeatureTable(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::size_t column = 0; column < names_.size(); ++column) {
    [[maybe_unused]] const bool is_new = column_by_name_.emplace(names_[column], column).second;
    assert(is_new);
  }
}

void FeatureTable::append(WindowInfo info, std::span<const double> values) {
  assert(values.size() == names_.size());
  windows_.push_back(std::move(info));
  values_.insert(values_.end(), values.begin(), values.end());
}

void FeatureTable::append(const FeatureTable& other) {
  const std::size_t before = names_.size();
  std::vector<std::size_t> target;
  for (const std::string& name : other.names_) {
    const auto [place, is_new] = column_by_name_.emplace(name, names_.size());
    if (is_new) names_.push_back(name);
    target.push_back(place->second);
  }
  if (names_.size() != before) widen(before);
  const std::size_t row_count = other.row_count();  // fixed here, so that appending itself ends
  std::vector<double> values(names_.size());
  for (std::size_t row = 0; row < row_count; ++row) {
    std::fill(values.begin(), values.end(), kMissing);
    for (std::size_t column = 0; column < target.size(); ++column) {
      values[target[column]] = other.at(row, column);
    }
    append(other.window(row), values);
  }
}

std::optional<std::size_t> FeatureTable::find(std::string_view name) const {
  const auto found = column_by_name_.find(std::string(name));
  if (found == column_by_name_.end()) return std::nullopt;
  return found->second;
}

void FeatureTable::widen(std::size_t column_count_before) {
  std::vector<double> wide(windows_.size() * names_.size(), kMissing);
  for (std::size_t row = 0; row < windows_.size(); ++row) {
    for (std::size_t column = 0; column < column_count_before; ++column) {
      wide[row * names_.size() + column] = values_[row * column_count_before + column];
    }
  }
  values_ = std::move(wide);
}

}  // namespace mimir::learn
