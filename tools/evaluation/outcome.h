// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/learn/threshold.h"
#include "tools/evaluation/curve.h"
#include "tools/evaluation/dataset.h"
#include "tools/evaluation/estimate.h"

namespace mimir::evaluation {

/// The scores of one learner over one pass at one granularity. A score that is NaN means
/// that the learner could not judge the window; it never alerts.
struct ScoredPass {
  const Pass* pass = nullptr;
  std::span<const LabelledWindow> windows;
  TimeNs length_ns = 0;        ///< of a window
  std::vector<double> scores;  ///< one a window
};

/// How the windows of one kind fared: those of an attack's path, or the benign ones.
struct WindowCounts {
  learn::Confusion judged;
  std::uint64_t unjudged_attack = 0;  ///< without a score: missed, but no wrong answer
  std::uint64_t unjudged_benign = 0;

  /// Judged and not; the windows at an attack's edge are counted apart.
  [[nodiscard]] std::uint64_t total() const;
  void add(const WindowCounts& other);
};

/// What a threshold brings at one rate.
struct RateOutcome {
  double rate_bytes_per_minute = 0;
  WindowCounts windows;
  std::uint64_t edge_windows = 0;               ///< touched by an attack without counting in it
  std::map<std::string, WindowCounts> by_path;  ///< attack windows alone
  /// Of windows, see bootstrap_f1(). An attack window without a score counts as missed.
  Estimate f1;
  std::uint64_t incidents = 0;
  std::uint64_t detected = 0;
  std::uint64_t unjudged_incidents = 0;  ///< not a window of theirs has a score
  std::optional<Estimate> recall;        ///< of incidents that were judged
  /// From an attack's first byte to the end of the first window that alerts, of the
  /// detected attacks, ascending, in seconds.
  std::vector<double> delays_s;
  std::optional<Curve> curve;
};

/// What the same threshold costs where nothing was injected.
struct BenignOutcome {
  double days = 0;
  std::uint64_t alerts = 0;  ///< windows that alert: each is an alert of the appliance
  std::uint64_t bursts = 0;  ///< of alerting windows that follow each other
  std::uint64_t unjudged = 0;
  Estimate alerts_per_day;
};

/// How what is not a theft fared, such as a scan: neither right nor wrong for a detector of
/// thefts, but worth knowing.
struct ApartOutcome {
  std::string kind;
  std::uint64_t windows = 0;  ///< that it touches and no theft does
  std::uint64_t alerts = 0;
  std::uint64_t unjudged = 0;
  std::uint64_t incidents = 0;
  std::uint64_t detected = 0;

  friend bool operator==(const ApartOutcome&, const ApartOutcome&) = default;
};

/// An alert is `score > threshold`, strictly.
[[nodiscard]] inline bool is_alert(double score, double threshold) { return score > threshold; }

/// The rates of the thefts in the passes, descending.
[[nodiscard]] std::vector<double> rates_of(std::span<const ScoredPass> passes);

/// Of the passes that have an attack at `rate`: the windows of these attacks, and all
/// benign ones.
[[nodiscard]] RateOutcome outcome_at(std::span<const ScoredPass> passes, double rate,
                                     double threshold);

/// Over the passes into which nothing was injected; each benign moment counts once.
[[nodiscard]] BenignOutcome benign_outcome(std::span<const ScoredPass> passes, double threshold);

/// By kind, of all passes.
[[nodiscard]] std::vector<ApartOutcome> apart_outcomes(std::span<const ScoredPass> passes,
                                                       double threshold);

/// Scores with their labels, over passes that have an attack at one of `rates`; windows at
/// an attack's edge and those of other rates are left out.
struct Labelled {
  std::vector<std::uint8_t> attack;
  std::vector<double> scores;
};
[[nodiscard]] Labelled labelled(std::span<const ScoredPass> passes, std::span<const double> rates);

/// Scores of the benign windows of passes into which nothing was injected, without NaN.
[[nodiscard]] std::vector<double> benign_scores(std::span<const ScoredPass> passes);

}  // namespace mimir::evaluation
