// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace mimir::learn {

/// The tail of a distribution above `start`, as a generalised Pareto distribution:
///
///     P(X > start + y) = share * (1 + shape y / scale)^(-1 / shape)
///
/// (peaks over threshold: Balkema and de Haan 1974, Pickands 1975); for shape 0 the
/// exponential, its limit.
struct Tail {
  double start = 0;
  double share = 0;  ///< of all values that lie above `start`
  double scale = 1;  ///< > 0
  double shape = 0;
  std::size_t peak_count = 0;  ///< values above `start` that it was fitted to

  /// The value that is exceeded with probability `p`. REQUIRES: 0 < p <= share.
  [[nodiscard]] double exceeded_with(double p) const;

  /// The tail to go by far beyond the peaks, as heavy as they leave open: a shape below 0 says
  /// that nothing lies beyond start - scale / shape, which a few dozen peaks cannot know. What
  /// n peaks of an exponential tail with mean excess m say of the next one, m itself being known
  /// from them alone, is
  ///
  ///     P(Y > y) = (1 + y / (n m))^-n
  ///
  /// (the predictive distribution under Jeffreys' prior 1/m; Aitchison and Dunsmore 1975): of
  /// this family, with shape 1/n and scale m. A tail with a larger shape is returned as it is.
  /// REQUIRES: peak_count > 0, shape < 1.
  [[nodiscard]] Tail as_heavy_as_open() const;
};

/// Peaks that a tail needs before it says anything.
inline constexpr std::size_t kPeakCountMin = 8;

/// Fits the tail above the (1 - share) quantile by probability-weighted moments (Hosking and
/// Wallis 1987), which unlike maximum likelihood always exist for shapes below 1 and do well
/// on a few dozen peaks. None with fewer than kPeakCountMin peaks, or when all are equal.
/// REQUIRES: no NaN.
[[nodiscard]] std::optional<Tail> fit_tail(std::span<const double> values, double share);

}  // namespace mimir::learn
