// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mimir::evaluation {

/// What alerting on every score at or above one of them would bring.
struct CurvePoint {
  double score = 0;
  double false_positive_rate = 0;
  double true_positive_rate = 0;  ///< also the recall
  double precision = 0;
};

/// ROC and precision-recall curve in one, over all distinct scores, descending.
struct Curve {
  std::vector<CurvePoint> points;  ///< the origin of the ROC curve is not among them
  /// Area under the ROC curve by trapezoids: the chance that an attacked window scores
  /// above a benign one, ties as half (Mann and Whitney 1947).
  double auc = 0;
  /// Average precision: the sum of precision x step of recall, without interpolation.
  double average_precision = 0;
};

/// A missing score (NaN) takes no part; it is neither low nor high. None unless both an
/// attacked and a benign window have a score. REQUIRES: one score a label.
[[nodiscard]] std::optional<Curve> curve_of(std::span<const std::uint8_t> attack,
                                            std::span<const double> scores);

/// The corners that draw the curve to `count_max` points or fewer: the first, the last, and
/// those between whose false positive rate or recall moved most.
[[nodiscard]] std::vector<CurvePoint> thinned(std::span<const CurvePoint> points,
                                              std::size_t count_max);

}  // namespace mimir::evaluation
