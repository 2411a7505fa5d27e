// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/record/time.h"
#include "model/learn/contact_habits.h"
#include "model/learn/feature.h"
#include "model/learn/pod_law.h"
#include "model/learn/threshold.h"

namespace mimir::learn {

/// The linear model of one granularity: score = intercept + sum of weight x z.
struct GranularityModel {
  std::uint32_t granularity_s = 0;
  std::vector<Feature> features;  ///< ascending by name, no name twice
  double intercept = 0;
  double threshold = 0;      ///< an alert is a score strictly above it
  double alpha = 0;          ///< the penalty cross-validation chose
  Confusion training;        ///< at the threshold, on the rows it was trained on
  double z_limit = kZLimit;  ///< no feature says more than so many units

  friend bool operator==(const GranularityModel&, const GranularityModel&) = default;
};

/// How the granularities speak with one voice. For each window of the coarsest one
/// the largest score of its windows at each granularity is one input:
/// score = intercept + sum of weight x largest.
struct Combination {
  std::vector<double> weights;  ///< one a granularity, in the order of the model's
  double intercept = 0;
  double threshold = 0;
  double alpha = 0;
  Confusion training;

  friend bool operator==(const Combination&, const Combination&) = default;
};

/// A capture that went into a model. `digest` is the caller's: any text that tells
/// two captures apart.
struct CaptureOrigin {
  std::string name;
  std::string digest;
  /// A fingerprint of each of its windows, 12 hexadecimal digits, one behind the other: a part
  /// of the capture is known again by them.
  std::string windows{};

  friend bool operator==(const CaptureOrigin&, const CaptureOrigin&) = default;
};

/// Where a model comes from.
struct Provenance {
  std::vector<CaptureOrigin> captures;
  std::vector<std::string> runs;
  std::uint64_t window_count = 0;
  std::uint64_t seed = 0;  ///< of the synthetic attacks
  std::vector<double> rates_bytes_per_minute;

  friend bool operator==(const Provenance&, const Provenance&) = default;
};

/// What one service sent to another in benign windows.
struct EdgeBaseline {
  std::string source;
  std::string destination;
  std::uint32_t granularity_s = 0;
  double median_bytes = 0;
  double p99_bytes = 0;
  std::uint64_t window_count = 0;  ///< in which the edge was seen

  friend bool operator==(const EdgeBaseline&, const EdgeBaseline&) = default;
};

/// Median and 99th percentile of `bytes`, one value a window in which the edge was
/// seen. REQUIRES: at least one, none NaN.
[[nodiscard]] EdgeBaseline edge_baseline(std::string source, std::string destination,
                                         std::uint32_t granularity_s, std::vector<double> bytes);

/// The networks outside that a service opened connections to in benign windows, as text
/// ("192.0.2.0/24"), ascending.
struct ServiceNetworks {
  std::string service;
  std::vector<std::string> networks;

  friend bool operator==(const ServiceNetworks&, const ServiceNetworks&) = default;
};

/// What a model knows of the cluster and of its own origin, beside what it learned.
struct ModelContext {
  std::string name;
  Provenance created_from;
  std::string observation;  ///< where the packets were seen: "mirror", "node-any"
  TimeNs base_window_ns = 0;
  std::string sensitive_service;
  bool is_prototype = false;  ///< columns as the published prototype had them, see invariant::Form
  std::vector<std::string> services;
  std::vector<EdgeBaseline> edges;
  ContactHabits contacts;
  std::vector<ServiceNetworks> destinations;  ///< ascending by service
  std::vector<PodLaw> pod_laws;               ///< ascending by source, target and granularity

  friend bool operator==(const ModelContext&, const ModelContext&) = default;
};

inline constexpr std::uint32_t kModelFormatVersion = 4;

/// All that judging a window needs. Made by train() or read_model(); then const.
/// Invariants: at least one granularity, ascending; every number finite; every
/// spread's iqr > 0; a combination exactly if there are several granularities.
struct Model {
  ModelContext context;
  std::vector<GranularityModel> granularities;
  std::optional<Combination> combination;

  [[nodiscard]] const GranularityModel* find(std::uint32_t granularity_s) const;

  friend bool operator==(const Model&, const Model&) = default;
};

/// The part one feature has in a score.
struct Contribution {
  std::string feature;
  std::uint32_t granularity_s = 0;
  double observed = 0;  ///< NaN when missing
  double expected = 0;  ///< the median of benign training windows
  double spread = 1;    ///< their IQR
  double z = 0;
  double weight = 0;        ///< in a combined score, times that of its granularity
  double contribution = 0;  ///< weight x z
};

/// The judgement of a window.
///
/// Invariant: intercept + the sum of contributions + other == value (to 1e-12).
struct Score {
  double value = 0;
  double threshold = 0;
  double intercept = 0;
  /// Not one feature of the model was defined: an empty window. Never an alert.
  bool no_data = false;
  std::size_t missing_count = 0;    ///< features of the model taken as expected for want of a value
  std::vector<std::string> unseen;  ///< features with a value that the model does not know
  /// Of every feature with a weight, by |contribution| descending, then by name.
  std::vector<Contribution> contributions;
  double other = 0;  ///< the sum of those that keep_largest() left out

  [[nodiscard]] bool alert() const { return !no_data && value > threshold; }
  /// What is shown, or kept for long: not more than the `count` largest contributions.
  void keep_largest(std::size_t count);
};

/// One window's features; names and values side by side, NaN when not defined.
struct FeatureRow {
  std::span<const std::string> names;
  std::span<const double> values;
};

/// None when the model has no such granularity. REQUIRES: no name twice.
[[nodiscard]] std::optional<Score> score(const Model& model, std::uint32_t granularity_s,
                                         const FeatureRow& row);

/// The scores of one granularity within one coarse window, in the order of time.
struct ScoresWithin {
  std::uint32_t granularity_s = 0;
  std::span<const Score> scores;
};

/// Which window spoke for its granularity.
struct Loudest {
  std::uint32_t granularity_s = 0;
  std::size_t index = 0;  ///< into ScoresWithin::scores; the first of equals
  double value = 0;
};

struct CombinedScore {
  Score score;
  std::vector<Loudest> loudest;  ///< of the granularities that had data
};

/// The judgement of one window of the coarsest granularity. The contributions are
/// those of the loudest windows. A granularity without data speaks as if all its
/// features were as expected; without any data the score has none either.
///
/// A model of one granularity combines to the loudest of its scores as it is.
/// None when `within` names a granularity twice, or one the model does not have.
[[nodiscard]] std::optional<CombinedScore> combine(const Model& model,
                                                   std::span<const ScoresWithin> within);

}  // namespace mimir::learn
