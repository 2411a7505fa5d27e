// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mimir::learn {

/// How a set of yes-or-no answers fared.
struct Confusion {
  std::uint64_t true_negative = 0;
  std::uint64_t false_positive = 0;
  std::uint64_t false_negative = 0;
  std::uint64_t true_positive = 0;

  void add(bool attack, bool alert);

  /// Nothing to divide by is no answer.
  [[nodiscard]] std::optional<double> precision() const;
  [[nodiscard]] std::optional<double> recall() const;
  [[nodiscard]] std::optional<double> false_positive_rate() const;
  /// 2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall; 0 for 0/0.
  [[nodiscard]] double f1() const;

  friend bool operator==(const Confusion&, const Confusion&) = default;
};

/// Counts `score > threshold`, strictly. A missing score (NaN) is left out.
/// REQUIRES: attack.size() == scores.size(); so in all of this header.
[[nodiscard]] Confusion confusion(std::span<const std::uint8_t> attack,
                                  std::span<const double> scores, double threshold);

/// Thresholds worth trying, descending: the largest score plus 1, then the distinct
/// scores but for those where the ROC curve runs straight on.
[[nodiscard]] std::vector<double> threshold_candidates(std::span<const std::uint8_t> attack,
                                                       std::span<const double> scores);

/// Which thresholds are tried, and where the chosen one stands. In both the largest
/// F1 wins, the highest such threshold on ties.
enum class ThresholdRule : std::uint8_t {
  /// Every distinct score; halfway from the best one to the next higher score, for
  /// unseen windows differ both ways.
  kMargin,
  /// threshold_candidates() alone, each on its score. Kept to compare with earlier
  /// results: as alerts are strictly above, a score left out may be the best one.
  kCandidates,
};

struct Threshold {
  double value = 0;
  double f1 = 0;  ///< on the scores it was chosen from
};

/// None when there is no attack or no score to choose by.
[[nodiscard]] std::optional<Threshold> best_threshold(std::span<const std::uint8_t> attack,
                                                      std::span<const double> scores,
                                                      ThresholdRule rule);

}  // namespace mimir::learn
