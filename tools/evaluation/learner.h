// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "tools/evaluation/dataset.h"

namespace mimir::evaluation {

/// Rows of a dataset that may be learned from, by granularity. Whoever fits a learner sees
/// no other row.
struct TrainingRows {
  std::vector<std::vector<std::size_t>> benign;
  std::vector<std::vector<std::size_t>> attacked;
};

/// The scores of a pass: one a window, by granularity; NaN for a window that cannot be judged.
struct PassScores {
  std::vector<std::vector<double>> by_granularity;
  /// One a window of the coarsest granularity, from learners that combine the granularities
  /// themselves; else empty.
  std::vector<double> combined;
};

/// One way of judging windows. After fit(), score() is const and several threads may call it.
///
/// Invariant: scores depend on what was fitted and on the rows of the pass up to the window
/// that is judged, never on labels, and never on other passes.
class Learner {
 public:
  virtual ~Learner() = default;

  /// Lower-case, stable, unique: it names rows of the tables.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// One sentence for the report.
  [[nodiscard]] virtual std::string_view summary() const = 0;
  [[nodiscard]] virtual bool needs_labels() const = 0;
  /// Its thresholds come with the file or with fit(), and no other is chosen for it: nothing is
  /// fitted to folds.
  [[nodiscard]] virtual bool keeps_thresholds() const { return false; }

  /// Forgets what it knew and learns from these rows alone. False, with the reason, if they
  /// do not suffice.
  [[nodiscard]] virtual bool fit(const Dataset& dataset, const TrainingRows& rows,
                                 config::Diagnostics& diagnostics) = 0;

  [[nodiscard]] virtual PassScores score(const Dataset& dataset, const Pass& pass) const = 0;

  /// The threshold that comes with the method, or with the model file, if one does. A
  /// `granularity` past the last means the combined scores.
  [[nodiscard]] virtual std::optional<double> own_threshold(std::size_t granularity) const = 0;
};

/// One granularity's part of a learner that treats each on its own.
class Part {
 public:
  virtual ~Part() = default;
  [[nodiscard]] virtual Description description() const = 0;
  [[nodiscard]] virtual bool fit(const learn::FeatureTable& table,
                                 const std::vector<std::size_t>& benign,
                                 const std::vector<std::size_t>& attacked,
                                 config::Diagnostics& diagnostics) = 0;
  /// `rows` are the windows of one pass in order of time.
  [[nodiscard]] virtual std::vector<double> score(const learn::FeatureTable& table,
                                                  const std::vector<std::size_t>& rows) const = 0;
  [[nodiscard]] virtual std::optional<double> own_threshold() const { return std::nullopt; }
};

/// What names and describes a learner made of parts.
struct PartInfo {
  std::string_view name;
  std::string_view summary;
  bool needs_labels = false;
  std::unique_ptr<Part> (*make)() = nullptr;
};

/// A learner of one part a granularity.
[[nodiscard]] std::unique_ptr<Learner> make_learner(const PartInfo& info);

// The parts, a file each.
[[nodiscard]] PartInfo logistic_l2();
[[nodiscard]] PartInfo logistic_l1();
[[nodiscard]] PartInfo boosted_trees();
[[nodiscard]] PartInfo random_forest();
[[nodiscard]] PartInfo robust_distance();
[[nodiscard]] PartInfo edge_volume();
[[nodiscard]] PartInfo allowed_pairs();
[[nodiscard]] PartInfo http_fingerprints();
[[nodiscard]] PartInfo ide_kashima();
[[nodiscard]] PartInfo ide_kashima_adaptive();
[[nodiscard]] PartInfo odd_ball_nets();

}  // namespace mimir::evaluation
