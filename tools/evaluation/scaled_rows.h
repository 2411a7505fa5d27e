// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "model/learn/feature.h"
#include "model/learn/feature_table.h"

namespace mimir::evaluation {

/// The scaling that model files use: see learn::TrainingOptions::iqr_min.
inline constexpr double kIqrMin = 1e-3;

/// Whether anything is defined in that row: a window in which nothing was seen has nothing.
[[nodiscard]] bool has_data(const learn::FeatureTable& table, std::size_t row);

/// The columns that move at all in `rows`, scaled by what they are in `benign` rows.
///
/// Columns are found again by name, so that the table of another dataset will do.
class RowScaler {
 public:
  RowScaler() = default;
  RowScaler(const learn::FeatureTable& table, std::span<const std::size_t> benign,
            std::span<const std::size_t> rows);

  [[nodiscard]] std::size_t column_count() const { return moving_.size(); }

  /// Row by row, column_count() each. A missing value is the expected one, 0.
  [[nodiscard]] std::vector<double> scaled(const learn::FeatureTable& table,
                                           std::span<const std::size_t> rows) const;

 private:
  std::vector<learn::Feature> features_;
  std::vector<std::size_t> moving_;
};

/// Rows of both kinds that have data, and the scaling that benign ones give.
struct LabelledRows {
  std::vector<std::size_t> rows;
  std::vector<double> targets;  ///< 1 of an attacked row
  RowScaler scaler;
};

/// Nothing, with the reason, if one kind lacks. `who` begins the message.
[[nodiscard]] std::optional<LabelledRows> labelled_rows(const learn::FeatureTable& table,
                                                        std::span<const std::size_t> benign,
                                                        std::span<const std::size_t> attacked,
                                                        std::string_view who,
                                                        config::Diagnostics& diagnostics);

}  // namespace mimir::evaluation
