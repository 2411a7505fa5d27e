// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/scaled_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mimir::evaluation {

namespace {
constexpr std::size_t kNoColumn = std::numeric_limits<std::size_t>::max();
}

RowScaler::RowScaler(const learn::FeatureTable& table, std::span<const std::size_t> benign,
                     std::span<const std::size_t> rows)
    : scaler_(learn::RobustScaler::fit(table, benign, kIqrMin)) {
  std::erase_if(scaler_.columns, [&](const learn::RobustScaler::Column& column) {
    return std::all_of(rows.begin(), rows.end(), [&](std::size_t row) {
      return column.spread.z(table.at(row, column.table_column)) == 0;
    });
  });
}

std::vector<std::size_t> RowScaler::columns_in(const learn::FeatureTable& table) const {
  std::vector<std::size_t> columns;
  for (const learn::RobustScaler::Column& column : scaler_.columns) {
    columns.push_back(table.find(column.name).value_or(kNoColumn));
  }
  return columns;
}

std::vector<double> RowScaler::scaled(const learn::FeatureTable& table,
                                      std::span<const std::size_t> rows) const {
  const std::vector<std::size_t> columns = columns_in(table);
  std::vector<double> values;
  values.reserve(rows.size() * columns.size());
  for (const std::size_t row : rows) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      values.push_back(
          columns[j] == kNoColumn ? 0 : scaler_.columns[j].spread.z(table.at(row, columns[j])));
    }
  }
  return values;
}

bool has_data(const learn::FeatureTable& table, std::size_t row) {
  const auto values = table.row(row);
  return std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
}

}  // namespace mimir::evaluation
