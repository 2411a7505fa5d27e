// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/curve.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace mimir::evaluation {

std::optional<Curve> curve_of(std::span<const std::uint8_t> attack,
                              std::span<const double> scores) {
  assert(attack.size() == scores.size());
  std::vector<std::pair<double, bool>> sorted;
  double attacked = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) continue;
    sorted.emplace_back(scores[i], attack[i] != 0);
    attacked += attack[i] != 0 ? 1 : 0;
  }
  const double benign = static_cast<double>(sorted.size()) - attacked;
  if (attacked == 0 || benign == 0) return std::nullopt;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });

  Curve curve;
  double hits = 0;
  double misfires = 0;
  CurvePoint before;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    ++(sorted[i].second ? hits : misfires);
    if (i + 1 < sorted.size() && sorted[i + 1].first == sorted[i].first) continue;
    const CurvePoint point{.score = sorted[i].first,
                           .false_positive_rate = misfires / benign,
                           .true_positive_rate = hits / attacked,
                           .precision = hits / (hits + misfires)};
    const double recall_step = point.true_positive_rate - before.true_positive_rate;
    curve.auc += (point.false_positive_rate - before.false_positive_rate) *
                 (point.true_positive_rate + before.true_positive_rate) / 2;
    curve.average_precision += recall_step * point.precision;
    curve.points.push_back(point);
    before = point;
  }
  return curve;
}

std::vector<CurvePoint> thinned(std::span<const CurvePoint> points, std::size_t count_max) {
  // A point is kept when it is at least this far along the curve from the last kept one.
  const double step = 2.0 / static_cast<double>(std::max<std::size_t>(count_max, 3) - 2);
  std::vector<CurvePoint> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool is_end = i == 0 || i + 1 == points.size();
    const bool is_far =
        !kept.empty() && points[i].false_positive_rate - kept.back().false_positive_rate +
                                 points[i].true_positive_rate - kept.back().true_positive_rate >=
                             step;
    if (is_end || is_far) kept.push_back(points[i]);
  }
  return kept;
}

}  // namespace mimir::evaluation
