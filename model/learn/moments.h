// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/learn/lasso.h"

namespace mimir::learn {

/// A point near the middle of the rows that sums are taken about, so that centring
/// them later cancels no digits.
struct MomentShift {
  std::vector<double> column;
  double target = 0;

  /// The means over all rows.
  [[nodiscard]] static MomentShift of(const Design& design);
};

/// All that least squares needs of a set of rows, about the rows' own means.
struct CentredMoments {
  std::size_t column_count = 0;
  double row_count = 0;
  std::vector<double> mean;
  double target_mean = 0;
  std::vector<double> gram;   ///< X'X, both halves; a constant column's row is exactly 0
  std::vector<double> cross;  ///< X'y
  double target_norm2 = 0;    ///< y'y

  [[nodiscard]] const double* gram_row(std::size_t column) const {
    return gram.data() + column * column_count;
  }
};

/// First and second moments about a shift. Those of two sets of rows add up.
class Moments {
 public:
  explicit Moments(std::size_t column_count);

  /// Cost: rows x column_count^2 / 2 multiplications, in row order.
  void add(const Design& design, const MomentShift& shift, std::span<const std::size_t> rows);
  /// REQUIRES: the same columns and the same shift.
  void add(const Moments& other);

  /// REQUIRES: at least one row; `shift` is the one the rows were added with.
  [[nodiscard]] CentredMoments centred(const MomentShift& shift) const;

 private:
  std::size_t column_count_;
  double row_count_ = 0;
  std::vector<double> sum_;
  double target_sum_ = 0;
  std::vector<double> gram_;  // upper half
  std::vector<double> cross_;
  double target_norm2_ = 0;
};

}  // namespace mimir::learn
