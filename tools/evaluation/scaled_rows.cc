// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/scaled_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace mimir::evaluation {

RowScaler::RowScaler(const learn::FeatureTable& table, std::span<const std::size_t> benign,
                     std::span<const std::size_t> rows)
    : features_(learn::fit_features(table, benign, kIqrMin)) {
  learn::RowReader reader(features_, table.names());
  std::vector<std::uint8_t> moves(features_.size(), 0);
  for (const std::size_t row : rows) {
    reader.read(table.row(row));
    for (std::size_t j = 0; j < moves.size(); ++j) {
      if (reader.z(j) != 0) moves[j] = 1;
    }
  }
  for (std::size_t j = 0; j < moves.size(); ++j) {
    if (moves[j] != 0) moving_.push_back(j);
  }
}

std::vector<double> RowScaler::scaled(const learn::FeatureTable& table,
                                      std::span<const std::size_t> rows) const {
  learn::RowReader reader(features_, table.names());
  std::vector<double> values;
  values.reserve(rows.size() * moving_.size());
  for (const std::size_t row : rows) {
    reader.read(table.row(row));
    for (const std::size_t j : moving_) values.push_back(reader.z(j));
  }
  return values;
}

bool has_data(const learn::FeatureTable& table, std::size_t row) {
  const auto values = table.row(row);
  return std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
}

std::optional<LabelledRows> labelled_rows(const learn::FeatureTable& table,
                                          std::span<const std::size_t> benign,
                                          std::span<const std::size_t> attacked,
                                          std::string_view who, config::Diagnostics& diagnostics) {
  if (benign.empty() || attacked.empty()) {
    diagnostics.error({}, std::string(who) + ": no benign or no attacked window to learn from",
                      "give longer captures to --train");
    return std::nullopt;
  }
  LabelledRows labelled;
  for (const auto& kind : {benign, attacked}) {
    for (const std::size_t row : kind) {
      if (!has_data(table, row)) continue;
      labelled.rows.push_back(row);
      labelled.targets.push_back(table.window(row).attack ? 1 : 0);
    }
  }
  labelled.scaler = RowScaler(table, benign, labelled.rows);
  return labelled;
}

}  // namespace mimir::evaluation
