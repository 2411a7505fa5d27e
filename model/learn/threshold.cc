// SPDX-License-Identifier: Apache-2.0
#include "model/learn/threshold.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mimir::learn {

namespace {

// A point of the ROC curve: what is above or at `score`.
struct RocPoint {
  double score = 0;
  std::uint64_t true_positive = 0;
  std::uint64_t false_positive = 0;
};

// One point a distinct score, descending.
std::vector<RocPoint> roc_points(std::span<const std::uint8_t> attack,
                                 std::span<const double> scores) {
  struct Scored {
    double score;
    bool attack;
  };
  std::vector<Scored> sorted;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isnan(scores[i])) sorted.push_back({scores[i], attack[i] != 0});
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Scored& a, const Scored& b) { return a.score > b.score; });
  std::vector<RocPoint> points;
  for (const Scored& scored : sorted) {
    if (points.empty() || points.back().score != scored.score) {
      RocPoint next = points.empty() ? RocPoint{} : points.back();
      next.score = scored.score;
      points.push_back(next);
    }
    ++(scored.attack ? points.back().true_positive : points.back().false_positive);
  }
  return points;
}

bool runs_straight(const RocPoint& a, const RocPoint& b, const RocPoint& c) {
  return c.true_positive - b.true_positive == b.true_positive - a.true_positive &&
         c.false_positive - b.false_positive == b.false_positive - a.false_positive;
}

bool is_candidate(const std::vector<RocPoint>& points, std::size_t i) {
  return i == 0 || i + 1 == points.size() ||
         !runs_straight(points[i - 1], points[i], points[i + 1]);
}

// Of alerting on what `above` has counted; `all` has counted everything.
double f1_of(const RocPoint& above, const RocPoint& all) {
  const Confusion counts{.false_positive = above.false_positive,
                         .false_negative = all.true_positive - above.true_positive,
                         .true_positive = above.true_positive};
  return counts.f1();
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Confusion::add(bool attack, bool alert) {
  ++(attack ? (alert ? true_positive : false_negative) : (alert ? false_positive : true_negative));
}

std::optional<double> Confusion::precision() const {
  const std::uint64_t alerts = true_positive + false_positive;
  return alerts == 0 ? std::nullopt : std::optional(ratio(true_positive, alerts));
}

std::optional<double> Confusion::recall() const {
  const std::uint64_t attacks = true_positive + false_negative;
  return attacks == 0 ? std::nullopt : std::optional(ratio(true_positive, attacks));
}

std::optional<double> Confusion::false_positive_rate() const {
  const std::uint64_t benign = true_negative + false_positive;
  return benign == 0 ? std::nullopt : std::optional(ratio(false_positive, benign));
}

double Confusion::f1() const {
  const std::uint64_t whole = 2 * true_positive + false_positive + false_negative;
  return whole == 0 ? 0 : ratio(2 * true_positive, whole);
}

Confusion confusion(std::span<const std::uint8_t> attack, std::span<const double> scores,
                    double threshold) {
  assert(attack.size() == scores.size());
  Confusion counts;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isnan(scores[i])) counts.add(attack[i] != 0, scores[i] > threshold);
  }
  return counts;
}

std::vector<double> threshold_candidates(std::span<const std::uint8_t> attack,
                                         std::span<const double> scores) {
  assert(attack.size() == scores.size());
  const std::vector<RocPoint> points = roc_points(attack, scores);
  std::vector<double> candidates;
  if (points.empty()) return candidates;
  candidates.push_back(points.front().score + 1);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (is_candidate(points, i)) candidates.push_back(points[i].score);
  }
  return candidates;
}

std::optional<Threshold> best_threshold(std::span<const std::uint8_t> attack,
                                        std::span<const double> scores, ThresholdRule rule) {
  assert(attack.size() == scores.size());
  const std::vector<RocPoint> points = roc_points(attack, scores);
  if (points.empty() || points.back().true_positive == 0) return std::nullopt;

  // Nothing is above the first score, so from it up every threshold has F1 0.
  Threshold best{.value = points.front().score + 1, .f1 = 0};
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (rule == ThresholdRule::kCandidates && !is_candidate(points, i)) continue;
    const RocPoint& above = points[i - 1];
    const double f1 = f1_of(above, points.back());
    if (f1 <= best.f1) continue;
    best = {.value = points[i].score, .f1 = f1};
    const double middle = best.value + (above.score - best.value) / 2;
    // Neighbouring doubles have nothing between them.
    if (rule == ThresholdRule::kMargin && middle < above.score) best.value = middle;
  }
  return best;
}

}  // namespace mimir::learn
