// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/outcome.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace mimir::evaluation {

namespace {

constexpr double kSecondsPerDay = 86400;
constexpr std::uint64_t kBootstrapSeed = 0x6d696d6972;

double seconds(TimeNs time_ns) { return static_cast<double>(time_ns) / 1e9; }

bool has_rate(const Pass& pass, double rate) {
  return std::any_of(
      pass.incidents.begin(), pass.incidents.end(),
      [rate](const Incident& incident) { return incident.rate_bytes_per_minute == rate; });
}

void count(WindowCounts& counts, bool attack, double score, double threshold) {
  if (std::isnan(score)) {
    ++(attack ? counts.unjudged_attack : counts.unjudged_benign);
  } else {
    counts.judged.add(attack, is_alert(score, threshold));
  }
}

/// Whether the window takes part at `rate`, and as what.
std::optional<bool> attack_at(const ScoredPass& scored, std::size_t i, double rate) {
  const WindowLabel& label = scored.windows[i].label;
  if (label.label == Label::kBenign) return false;
  if (label.label == Label::kEdge) return std::nullopt;
  if (scored.pass->incidents[label.incident].rate_bytes_per_minute != rate) return std::nullopt;
  return true;
}

/// Counts the windows of one pass and cuts them into the units of the bootstrap.
void count_windows(const ScoredPass& scored, double rate, double threshold, RateOutcome& outcome,
                   std::vector<learn::Confusion>& units) {
  std::uint32_t unit_incident = kNoIncident;
  bool unit_is_open = false;
  for (std::size_t i = 0; i < scored.windows.size(); ++i) {
    const WindowLabel& label = scored.windows[i].label;
    const std::optional<bool> attack = attack_at(scored, i, rate);
    if (!attack) {
      if (label.label == Label::kEdge) ++outcome.edge_windows;
      unit_is_open = false;
      continue;
    }
    WindowCounts counts;
    count(counts, *attack, scored.scores[i], threshold);
    outcome.windows.add(counts);
    if (*attack) outcome.by_path[scored.pass->incidents[label.incident].path].add(counts);
    if (!unit_is_open || label.incident != unit_incident) units.emplace_back();
    unit_is_open = true;
    unit_incident = label.incident;
    if (!std::isnan(scored.scores[i])) {
      units.back().add(*attack, is_alert(scored.scores[i], threshold));
    } else if (*attack) {
      ++units.back().false_negative;
    }
  }
}

void count_incidents(const ScoredPass& scored, double rate, double threshold,
                     RateOutcome& outcome) {
  std::vector<double> first_s(scored.pass->incidents.size(), -1);
  for (std::size_t i = 0; i < scored.windows.size(); ++i) {
    const WindowLabel& label = scored.windows[i].label;
    if (label.label == Label::kBenign || !is_alert(scored.scores[i], threshold)) continue;
    double& first = first_s[label.incident];
    if (first >= 0) continue;
    first = seconds(scored.windows[i].begin_ns + scored.length_ns -
                    scored.pass->incidents[label.incident].time.begin_ns);
  }
  for (std::size_t i = 0; i < first_s.size(); ++i) {
    if (scored.pass->incidents[i].rate_bytes_per_minute != rate) continue;
    ++outcome.incidents;
    if (first_s[i] < 0) continue;
    ++outcome.detected;
    outcome.delays_s.push_back(first_s[i]);
  }
}

}  // namespace

std::uint64_t WindowCounts::total() const {
  return judged.true_negative + judged.false_positive + judged.false_negative +
         judged.true_positive + unjudged_attack + unjudged_benign;
}

void WindowCounts::add(const WindowCounts& other) {
  judged.true_negative += other.judged.true_negative;
  judged.false_positive += other.judged.false_positive;
  judged.false_negative += other.judged.false_negative;
  judged.true_positive += other.judged.true_positive;
  unjudged_attack += other.unjudged_attack;
  unjudged_benign += other.unjudged_benign;
}

std::vector<double> rates_of(std::span<const ScoredPass> passes) {
  std::set<double, std::greater<>> rates;
  for (const ScoredPass& scored : passes) {
    for (const Incident& incident : scored.pass->incidents) {
      rates.insert(incident.rate_bytes_per_minute);
    }
  }
  return {rates.begin(), rates.end()};
}

RateOutcome outcome_at(std::span<const ScoredPass> passes, double rate, double threshold) {
  RateOutcome outcome;
  outcome.rate_bytes_per_minute = rate;
  std::vector<learn::Confusion> units;
  for (const ScoredPass& scored : passes) {
    if (!has_rate(*scored.pass, rate)) continue;
    count_windows(scored, rate, threshold, outcome, units);
    count_incidents(scored, rate, threshold, outcome);
  }
  std::sort(outcome.delays_s.begin(), outcome.delays_s.end());
  outcome.f1 = bootstrap_f1(units, kBootstrapSeed);
  outcome.recall = binomial_share(outcome.detected, outcome.incidents);
  const Labelled all = labelled(passes, std::span(&rate, 1));
  outcome.curve = curve_of(all.attack, all.scores);
  return outcome;
}

BenignOutcome benign_outcome(std::span<const ScoredPass> passes, double threshold) {
  BenignOutcome outcome;
  for (const ScoredPass& scored : passes) {
    if (scored.pass->is_injected()) continue;
    TimeNs last_alert_end_ns = -1;
    for (std::size_t i = 0; i < scored.windows.size(); ++i) {
      const LabelledWindow& window = scored.windows[i];
      if (window.label.label != Label::kBenign) continue;
      outcome.days += seconds(scored.length_ns) / kSecondsPerDay;
      if (std::isnan(scored.scores[i])) ++outcome.unjudged;
      if (!is_alert(scored.scores[i], threshold)) continue;
      ++outcome.alerts;
      if (window.begin_ns != last_alert_end_ns) ++outcome.bursts;
      last_alert_end_ns = window.begin_ns + scored.length_ns;
    }
  }
  if (outcome.days > 0) outcome.alerts_per_day = poisson_rate(outcome.alerts, outcome.days);
  return outcome;
}

Labelled labelled(std::span<const ScoredPass> passes, std::span<const double> rates) {
  Labelled all;
  for (const double rate : rates) {
    for (const ScoredPass& scored : passes) {
      if (!has_rate(*scored.pass, rate)) continue;
      for (std::size_t i = 0; i < scored.windows.size(); ++i) {
        const std::optional<bool> attack = attack_at(scored, i, rate);
        if (!attack) continue;
        all.attack.push_back(*attack ? 1 : 0);
        all.scores.push_back(scored.scores[i]);
      }
    }
  }
  return all;
}

std::vector<double> benign_scores(std::span<const ScoredPass> passes) {
  std::vector<double> scores;
  for (const ScoredPass& scored : passes) {
    if (scored.pass->is_injected()) continue;
    for (std::size_t i = 0; i < scored.windows.size(); ++i) {
      if (scored.windows[i].label.label == Label::kBenign && !std::isnan(scored.scores[i])) {
        scores.push_back(scored.scores[i]);
      }
    }
  }
  return scores;
}

}  // namespace mimir::evaluation
