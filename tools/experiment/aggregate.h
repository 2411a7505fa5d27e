// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/json.h"
#include "tools/experiment/plan.h"
#include "tools/experiment/runner.h"

namespace mimir::experiment {

/// What the model of one experiment did at one granularity and rate.
struct Row {
  Settings settings;
  double mix_degrees = 0;   ///< between the mixes of training and of the held-out run
  std::string granularity;  ///< "10", "60", "combined"
  double rate_bytes_per_minute = 0;
  std::uint64_t true_negative = 0;
  std::uint64_t false_positive = 0;
  std::uint64_t missed = 0;  ///< attack windows, those without a score too
  std::uint64_t true_positive = 0;
  std::uint64_t false_alerts = 0;  ///< of the run as it was; the same at every rate
  double benign_days = 0;
};

/// 2 tp / (2 tp + fp + missed); 0 where there is no true positive.
[[nodiscard]] double f1_of(const Row& row);

/// The model's rows of an evaluation, at the thresholds of its file.
/// `mix_degrees` is by how much the action mixes differ.
[[nodiscard]] std::vector<Row> rows_of(const Outcome& outcome, double mix_degrees);

/// The angle between two mixes, each as shares by action: 0 of equal ones, 90 of those that
/// share no action. REQUIRES: shares of the same actions, not all 0.
[[nodiscard]] double degrees_between(std::span<const double> left, std::span<const double> right);

/// What rows of several seeds make together: counts add, and the ends are the worst and the
/// best seed.
struct Pooled {
  double f1 = 0;
  double worst = 0;
  double best = 0;
  std::size_t seed_count = 0;
  std::uint64_t false_alerts = 0;
  double benign_days = 0;
};

/// REQUIRES: at least one row.
[[nodiscard]] Pooled pooled(std::span<const Row> rows);

/// A line a row.
[[nodiscard]] std::string to_csv(std::span<const Row> rows);

/// The same as one JSON value.
[[nodiscard]] config::Json to_json(std::span<const Row> rows);

}  // namespace mimir::experiment
