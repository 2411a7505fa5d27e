// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "model/learn/threshold.h"

namespace mimir::evaluation {

/// A figure and where the truth lies with 95 % confidence.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;

  friend bool operator==(const Estimate&, const Estimate&) = default;
};

inline constexpr double kConfidence = 0.95;

/// Events a unit of `exposure`, with the exact interval of a Poisson count (Garwood 1936):
/// chi-square quantiles with 2n and 2n + 2 degrees of freedom, over twice the exposure.
/// Of no event the upper end is that of 97.5 %, as of any other count.
/// REQUIRES: exposure > 0.
[[nodiscard]] Estimate poisson_rate(std::uint64_t events, double exposure);

/// Successes of trials, with the exact interval of a binomial share (Clopper and Pearson
/// 1934). None of no trial.
[[nodiscard]] std::optional<Estimate> binomial_share(std::uint64_t successes, std::uint64_t trials);

/// F1 of the sum of `units`, with the percentile interval of a bootstrap (Efron 1979) that
/// draws whole units with replacement, 500 times. A unit is a stretch of a run's time with all
/// that was judged in it: its windows are not independent and stay together. The draws depend
/// on `seed` and the number of units alone.
///
/// Where no unit errs, or none finds anything, no draw differs. Then the end that is open is
/// what the exact bound for 0 of so many units with attacks leaves (Clopper and Pearson: about
/// 3.7 of their number): of attack windows missed, or found.
[[nodiscard]] Estimate bootstrap_f1(std::span<const learn::Confusion> units, std::uint64_t seed);

}  // namespace mimir::evaluation
