// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/learn/feature_table.h"
#include "model/learn/first_contact.h"
#include "model/learn/law.h"
#include "model/learn/robust_scaler.h"

namespace mimir::learn {

/// One input of a linear model. A weight of 0 is kept: the feature was looked at and
/// found to say nothing.
struct Feature {
  std::string name;
  Spread spread;  ///< not used where there is a law
  double weight = 0;
  std::optional<Law> law{};  ///< what it is expected to be depends on another column

  friend bool operator==(const Feature&, const Feature&) = default;
};

/// The features that benign rows define, ascending by name, without weights: a spread for
/// each column with a value, a law for each `bytes(A>B)`, and the first contact if there
/// is one of these. Columns of a family ("reciprocity", "bytes", "first_contact") in
/// `left_out` are not looked at.
[[nodiscard]] std::vector<Feature> fit_features(const FeatureTable& table,
                                                std::span<const std::size_t> benign_rows,
                                                double iqr_min,
                                                std::span<const std::string> left_out = {});

/// Reads rows whose columns are `names` into the places of `features`.
/// No z is beyond +-z_limit. REQUIRES: features ascend by name and outlive it; no name twice.
class RowReader {
 public:
  RowReader(std::span<const Feature> features, std::span<const std::string> names,
            double z_limit = kZLimit);

  /// REQUIRES: one value a name.
  void read(std::span<const double> values);

  // Of the row that was read last, by feature.
  [[nodiscard]] double observed(std::size_t feature) const { return observed_[feature]; }
  [[nodiscard]] double expected(std::size_t feature) const;
  [[nodiscard]] double unit(std::size_t feature) const;
  [[nodiscard]] double z(std::size_t feature) const;
  /// Positions of names that have a value and no feature.
  [[nodiscard]] std::span<const std::size_t> unseen() const { return unseen_; }

 private:
  std::span<const Feature> features_;
  double z_limit_;
  std::vector<std::size_t> place_;  // by name: its feature, or features_.size()
  std::vector<bool> is_outward_;    // by name, as the next
  std::vector<bool> is_edge_;
  std::vector<std::size_t> given_;  // by feature: that of its law
  std::size_t contact_;             // the first contact; features_.size() if there is none
  std::vector<double> observed_;
  std::vector<std::size_t> unseen_;
};

}  // namespace mimir::learn
