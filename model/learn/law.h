// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mimir::learn {

/// How many bytes an edge is expected to carry, given those of its other direction:
/// requests have their answers, whatever the load and whoever asks.
///
///   expected = base + slope x given
///   unit     = sqrt(noise^2 (given + 1500) + (0.05 expected)^2)
///   z        = (value - expected) / unit
///
/// The variance of a sum of so many messages grows with their number, and so with the
/// bytes of the other direction: a quasi-likelihood with variance proportional to the mean
/// (McCullagh and Nelder, Generalized Linear Models, 1989, chapter 9). The second term is
/// what a law is not trusted beyond: mixes of requests differ from day to day.
struct Law {
  std::string given;  ///< the column of the other direction
  double base = 0;    ///< bytes
  double slope = 0;   ///< bytes a byte
  double noise = 1;   ///< > 0; IQR of (value - expected) / sqrt(given + 1500)

  [[nodiscard]] double expected(double given_bytes) const { return base + slope * given_bytes; }
  [[nodiscard]] double unit(double given_bytes) const;
  /// Within +-kLawLimit; 0 where either is NaN.
  [[nodiscard]] double z(double value, double given_bytes) const;

  friend bool operator==(const Law&, const Law&) = default;
};

/// A theft is to weigh alike, whether it is ten or a hundred times what is expected: a
/// linear model that is to see small ones cannot have large ones drown them.
inline constexpr double kLawLimit = 10;
inline constexpr double kNoiseMin = 10;

/// "bytes(B>A)" for "bytes(A>B)"; none for a column of another family.
[[nodiscard]] std::optional<std::string> other_direction(std::string_view column);

/// Fits base and slope by iteratively reweighted least squares with the weights of Huber
/// (1964), each window by 1 / (given + 1500); of fewer than 20 windows the ratio of the sums.
/// REQUIRES: as many of both, at least one, none NaN.
[[nodiscard]] Law fit_law(std::string given_column, std::span<const double> values,
                          std::span<const double> given);

}  // namespace mimir::learn
