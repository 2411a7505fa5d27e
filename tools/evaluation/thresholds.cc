// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/thresholds.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "model/learn/tail.h"

namespace mimir::evaluation {

namespace {

double windows_per_day(TimeNs length_ns) {
  return static_cast<double>(kNsPerDay) / static_cast<double>(length_ns);
}

/// With n windows and a budget of k alerts in them, the (k + 1)-th largest score: as an alert
/// is strictly above, k at most are.
std::optional<double> within_budget(std::vector<double> scores, TimeNs length_ns, double per_day) {
  if (scores.empty()) return std::nullopt;
  std::sort(scores.begin(), scores.end(), std::greater<>());
  const double days = static_cast<double>(scores.size()) / windows_per_day(length_ns);
  const auto allowed = static_cast<std::size_t>(per_day * days);
  return scores[std::min(allowed, scores.size() - 1)];
}

std::optional<double> by_tail(const std::vector<double>& scores, TimeNs length_ns,
                              const ThresholdOptions& options) {
  const auto tail = learn::fit_tail(scores, options.tail_share);
  if (!tail) return std::nullopt;
  const double p = options.false_alerts_per_day / windows_per_day(length_ns);
  return tail->exceeded_with(std::min(p, tail->share));
}

}  // namespace

std::string_view name(ThresholdRule rule) {
  switch (rule) {
    case ThresholdRule::kOwn:
      return "own";
    case ThresholdRule::kF1:
      return "f1";
    case ThresholdRule::kFalseAlerts:
      return "false-alerts";
    case ThresholdRule::kTail:
      return "tail";
  }
  return "?";
}

std::optional<double> choose_threshold(ThresholdRule rule, std::span<const ScoredPass> training,
                                       TimeNs length_ns, const ThresholdOptions& options) {
  switch (rule) {
    case ThresholdRule::kOwn:
      return std::nullopt;
    case ThresholdRule::kF1: {
      const Labelled all = labelled(training, rates_of(training));
      const auto best =
          learn::best_threshold(all.attack, all.scores, learn::ThresholdRule::kMargin);
      return best ? std::optional(best->value) : std::nullopt;
    }
    case ThresholdRule::kFalseAlerts:
      return within_budget(benign_scores(training), length_ns, options.false_alerts_per_day);
    case ThresholdRule::kTail:
      return by_tail(benign_scores(training), length_ns, options);
  }
  return std::nullopt;
}

}  // namespace mimir::evaluation
