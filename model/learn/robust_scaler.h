// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/learn/feature_table.h"

namespace mimir::learn {

/// Features beyond this (an infinite ratio) are set to it before anything else.
inline constexpr double kFeatureLimit = 1e9;
/// No single feature may say more than this many spreads.
inline constexpr double kZLimit = 100;

/// The value below which a share `p` of `sorted` lies, interpolated linearly
/// between the two neighbours of position p (n - 1) (Hyndman and Fan 1996, type 7).
/// REQUIRES: `sorted` ascends, is not empty and holds no NaN; 0 <= p <= 1.
[[nodiscard]] double quantile(std::span<const double> sorted, double p);

/// What a column looks like in benign windows.
struct Spread {
  double median = 0;
  double iqr = 1;  ///< 75th minus 25th percentile; > 0

  /// NaN when no value is defined. NaN values are left out, others are limited to
  /// +-kFeatureLimit. An IQR within rounding of 0 (ten units in the last place of
  /// the larger of 1 and the median) counts as 1: a column that never moved in
  /// training keeps its own unit. With `iqr_min` above 0 an IQR below it counts as
  /// that instead: what moves less in benign windows is taken to move that much.
  [[nodiscard]] static std::optional<Spread> of(std::vector<double> values, double iqr_min = 0);

  /// (value - median) / iqr within +-kZLimit; a missing value is the expected one: 0.
  [[nodiscard]] double z(double value) const;

  friend bool operator==(const Spread&, const Spread&) = default;
};

/// Median and IQR of each column, fitted once on benign training windows, stored
/// with the model and never fitted again on what is being judged.
struct RobustScaler {
  struct Column {
    std::string name;
    std::size_t table_column = 0;  ///< in the table it was fitted on
    Spread spread;
  };
  /// Sorted by name. A column that is NaN in all the rows has no place here.
  std::vector<Column> columns;

  [[nodiscard]] static RobustScaler fit(const FeatureTable& table,
                                        std::span<const std::size_t> benign_rows,
                                        double iqr_min = 0);
};

}  // namespace mimir::learn
