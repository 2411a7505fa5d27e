// SPDX-License-Identifier: Apache-2.0
#include "model/learn/robust_scaler.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace mimir::learn {

double quantile(std::span<const double> sorted, double p) {
  assert(!sorted.empty() && p >= 0 && p <= 1);
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - static_cast<double>(below));
}

std::optional<Spread> Spread::of(std::vector<double> values, double iqr_min) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return std::nullopt;
  for (double& value : values) value = std::clamp(value, -kFeatureLimit, kFeatureLimit);
  std::sort(values.begin(), values.end());
  Spread spread;
  spread.median = quantile(values, 0.5);
  spread.iqr = quantile(values, 0.75) - quantile(values, 0.25);
  const double rounding =
      10 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::abs(spread.median));
  if (iqr_min > 0) {
    spread.iqr = std::max(spread.iqr, iqr_min);
  } else if (spread.iqr <= rounding) {
    spread.iqr = 1;
  }
  return spread;
}

double Spread::z(double value) const {
  if (std::isnan(value)) return 0;
  const double limited = std::clamp(value, -kFeatureLimit, kFeatureLimit);
  return std::clamp((limited - median) / iqr, -kZLimit, kZLimit);
}

RobustScaler RobustScaler::fit(const FeatureTable& table, std::span<const std::size_t> benign_rows,
                               double iqr_min) {
  RobustScaler scaler;
  std::vector<double> values;
  for (std::size_t column = 0; column < table.column_count(); ++column) {
    values.clear();
    for (const std::size_t row : benign_rows) values.push_back(table.at(row, column));
    if (const std::optional<Spread> spread = Spread::of(values, iqr_min)) {
      scaler.columns.push_back({table.names()[column], column, *spread});
    }
  }
  std::sort(scaler.columns.begin(), scaler.columns.end(),
            [](const Column& a, const Column& b) { return a.name < b.name; });
  return scaler;
}

}  // namespace mimir::learn
