// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "model/detector/principal_vector.h"

namespace mimir::detector {

/// A vector of any length; a shorter one counts as padded with zeros.
using Direction = std::vector<double>;

/// For each vector from the `window`-th on, the angle in radians between it and the mean of
/// the `window` before it. Empty ones are left out of the mean, those that are all zeros are
/// not. NaN for the first `window`, and where either side is zero or empty.
[[nodiscard]] std::vector<double> angles_to_mean(std::span<const Direction> vectors,
                                                 std::size_t window);

/// The eigenvector of the eigenvalue that is largest by absolute value (of equals the
/// largest real part), of length 1; real parts. Zero entries for an empty matrix.
/// Cost: size^3. REQUIRES: entries below size.
[[nodiscard]] Direction dominant_vector(std::size_t size, std::span<const MatrixEntry> entries);

/// Turns each vector so that it does not look away from the one before it: the sign of an
/// eigenvector is the library's whim.
void align(std::vector<Direction>& vectors);

/// How the correlations of nodes turn (Akoglu and Faloutsos 2010): for each `window` >= 3
/// consecutive steps the dominant vector of the matrix of Pearson correlations of all pairs
/// of series, aligned; then angles_to_mean() of these with the same window. One value a
/// step, NaN for the first 2 window - 1. Steps that are NaN in either of two series do not
/// count for that pair, and an undefined correlation is 0.
/// REQUIRES: every step has one value a series.
[[nodiscard]] std::vector<double> correlation_turns(std::span<const std::vector<double>> steps,
                                                    std::size_t window);

/// The first left singular vector of the matrix whose columns are `vectors`, with absolute
/// values: what they have in common. Entries within rounding are 0. Empty for none.
[[nodiscard]] Direction typical_direction(std::span<const Direction> vectors);

/// How far the direction of each window is from what was typical of those before it, and
/// from when on that is too far (Ide and Kashima, KDD 2004, sections 4 and 5).
///
/// z = 1 - r u, r typical of the last `window` directions, u the new one. With discounted
/// moments m1, m2 of z (weight 1 / window each), z is taken to be distributed like a
/// Gamma((n - 1) / 2, 2 S) variable, n - 1 = 2 m1^2 / (m2 - m1^2), S = (m2 - m1^2) / (2 m1);
/// the threshold is its 1 - 0.005 quantile, by the moments before z came, so that z cannot
/// raise what it is measured by.
///
/// Threads: one owner, windows in order of time.
class DirectionChange {
 public:
  explicit DirectionChange(std::size_t window) : window_(window) {}

  struct Judgement {
    double change = 0;                ///< z, 0 to 1
    std::optional<double> threshold;  ///< none before z has varied
  };

  /// None while there are not `window` directions before it. An empty or zero direction
  /// says nothing and is forgotten.
  [[nodiscard]] std::optional<Judgement> next(const Direction& direction);

 private:
  void start_moments();
  [[nodiscard]] std::optional<double> threshold() const;

  std::size_t window_;
  std::vector<Direction> last_;  ///< of length 1, the oldest first
  bool has_moments_ = false;
  double first_moment_ = 0;
  double second_moment_ = 0;
};

}  // namespace mimir::detector
