// SPDX-License-Identifier: Apache-2.0
#include "model/learn/tail.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/learn/robust_scaler.h"

namespace mimir::learn {

namespace {
constexpr double kShapeIsZero = 1e-9;
}

double Tail::exceeded_with(double p) const {
  const double ratio = p / share;
  if (std::abs(shape) < kShapeIsZero) return start - scale * std::log(ratio);
  return start + scale / shape * (std::pow(ratio, -shape) - 1);
}

Tail Tail::as_heavy_as_open() const {
  const double least = 1 / static_cast<double>(peak_count);
  if (shape >= least) return *this;
  Tail heavier = *this;
  heavier.scale = scale / (1 - shape);  // the mean excess
  heavier.shape = least;
  return heavier;
}

// With a0 = E[Y] and a1 = E[Y (1 - F(Y))] of the excess Y over the start:
// shape = 2 - a0 / (a0 - 2 a1), scale = 2 a0 a1 / (a0 - 2 a1).
std::optional<Tail> fit_tail(std::span<const double> values, double share) {
  if (values.empty()) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double start = quantile(sorted, 1 - share);
  const auto first = std::upper_bound(sorted.begin(), sorted.end(), start);
  const auto count = static_cast<double>(sorted.end() - first);
  if (sorted.end() - first < static_cast<std::ptrdiff_t>(kPeakCountMin)) return std::nullopt;
  double a0 = 0;
  double a1 = 0;
  for (auto value = first; value != sorted.end(); ++value) {
    const double excess = *value - start;
    // The unbiased weight: of the others, the part that is larger.
    const auto larger = static_cast<double>(sorted.end() - value - 1);
    a0 += excess / count;
    a1 += excess * larger / (count - 1) / count;
  }
  const double spread = a0 - 2 * a1;
  if (!(spread > 0) || !(a1 > 0)) return std::nullopt;
  return Tail{.start = start,
              .share = count / static_cast<double>(sorted.size()),
              .scale = 2 * a0 * a1 / spread,
              .shape = 2 - a0 / spread,
              .peak_count = static_cast<std::size_t>(sorted.end() - first)};
}

}  // namespace mimir::learn
