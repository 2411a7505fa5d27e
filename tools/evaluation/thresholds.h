// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tools/evaluation/outcome.h"

namespace mimir::evaluation {

/// How a threshold comes about. All but the first look at scores of training windows alone.
enum class ThresholdRule : std::uint8_t {
  kOwn,          ///< what the method or the model file brings along
  kF1,           ///< best F1 on attacked and benign training windows
  kFalseAlerts,  ///< the lowest that keeps benign training windows within the daily budget
  kTail,         ///< exceeded that often by the fitted tail of benign scores: peaks over threshold
};
inline constexpr std::array<ThresholdRule, 4> kThresholdRules = {
    ThresholdRule::kOwn, ThresholdRule::kF1, ThresholdRule::kFalseAlerts, ThresholdRule::kTail};

[[nodiscard]] std::string_view name(ThresholdRule rule);

struct ThresholdOptions {
  double false_alerts_per_day = 1;
  double tail_share = 0.05;  ///< of benign training windows that make up the tail
};

/// The threshold of `rule` for windows of `length_ns`; none if there is too little to go by.
/// `training` are out-of-fold scores: no window was judged by what was learned from it.
[[nodiscard]] std::optional<double> choose_threshold(ThresholdRule rule,
                                                     std::span<const ScoredPass> training,
                                                     TimeNs length_ns,
                                                     const ThresholdOptions& options);

}  // namespace mimir::evaluation
