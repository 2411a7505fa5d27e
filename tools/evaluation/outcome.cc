// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/outcome.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace mimir::evaluation {

namespace {

constexpr std::uint64_t kBootstrapSeed = 0x6d696d6972;

double seconds(TimeNs time_ns) { return static_cast<double>(time_ns) / 1e9; }

bool has_rate(const Pass& pass, double rate) {
  return std::any_of(pass.incidents.begin(), pass.incidents.end(),
                     [rate](const Incident& incident) {
                       return incident.kind == kTheft && incident.rate_bytes_per_minute == rate;
                     });
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
  if (label.label == Label::kEdge || label.label == Label::kApart) return std::nullopt;
  if (scored.pass->incidents[label.incident].rate_bytes_per_minute != rate) return std::nullopt;
  return true;
}

/// The units of the bootstrap: stretches of a run's time, each with what all passes over the
/// run were judged in it. Passes of several seeds look at the same benign traffic, so that they
/// must be drawn together: five seeds are not five runs.
class Units {
 public:
  Units(std::span<const ScoredPass> passes, double rate) : length_ns_(length_of(passes, rate)) {}

  /// An attack's windows stay together, in the stretch in which it begins.
  learn::Confusion& at(const ScoredPass& scored, std::size_t i, bool attack) {
    TimeNs time_ns = scored.windows[i].begin_ns;
    if (attack) {
      time_ns = scored.pass->incidents[scored.windows[i].label.incident].time.begin_ns;
    }
    return units_[{scored.pass->run, window_of(time_ns, length_ns_)}];
  }

  [[nodiscard]] std::vector<learn::Confusion> all() const {
    std::vector<learn::Confusion> all;
    for (const auto& [place, unit] : units_) all.push_back(unit);
    return all;
  }

 private:
  static constexpr TimeNs kAttacksLong = 5;  ///< a stretch, if that leaves enough of them
  static constexpr TimeNs kCountMin = 20;

  /// A multiple of the longest attack.
  static TimeNs length_of(std::span<const ScoredPass> passes, double rate) {
    TimeNs longest_ns = 1;
    std::map<std::size_t, TimeNs> runs;
    for (const ScoredPass& scored : passes) {
      if (!has_rate(*scored.pass, rate) || scored.windows.empty()) continue;
      longest_ns = std::max(longest_ns, scored.length_ns);
      for (const Incident& incident : scored.pass->incidents) {
        if (incident.rate_bytes_per_minute != rate) continue;
        longest_ns = std::max(longest_ns, incident.time.end_ns - incident.time.begin_ns);
      }
      runs[scored.pass->run] =
          scored.windows.back().begin_ns + scored.length_ns - scored.windows.front().begin_ns;
    }
    TimeNs total_ns = 0;
    for (const auto& [run, length_ns] : runs) total_ns += length_ns;
    const TimeNs multiple = total_ns / kCountMin / longest_ns;
    return longest_ns * std::clamp<TimeNs>(multiple, 1, kAttacksLong);
  }

  TimeNs length_ns_;
  std::map<std::pair<std::size_t, WindowIndex>, learn::Confusion> units_;
};

/// Counts the windows of one pass, and adds them to the units of the bootstrap.
void count_windows(const ScoredPass& scored, double rate, double threshold, RateOutcome& outcome,
                   Units& units) {
  for (std::size_t i = 0; i < scored.windows.size(); ++i) {
    const WindowLabel& label = scored.windows[i].label;
    const std::optional<bool> attack = attack_at(scored, i, rate);
    if (!attack) {
      if (label.label == Label::kEdge) ++outcome.edge_windows;
      continue;
    }
    WindowCounts counts;
    count(counts, *attack, scored.scores[i], threshold);
    outcome.windows.add(counts);
    if (*attack) outcome.by_path[scored.pass->incidents[label.incident].path].add(counts);
    learn::Confusion& unit = units.at(scored, i, *attack);
    if (!std::isnan(scored.scores[i])) {
      unit.add(*attack, is_alert(scored.scores[i], threshold));
    } else if (*attack) {
      ++unit.false_negative;
    }
  }
}

/// What became of each incident of a pass.
struct Fate {
  bool is_judged = false;
  std::optional<double> first_alert_s;  ///< from its begin to the end of the window that alerts
};

std::vector<Fate> fates_of(const ScoredPass& scored, double threshold) {
  std::vector<Fate> fates(scored.pass->incidents.size());
  for (std::size_t i = 0; i < scored.windows.size(); ++i) {
    const WindowLabel& label = scored.windows[i].label;
    if (label.label == Label::kBenign || std::isnan(scored.scores[i])) continue;
    Fate& fate = fates[label.incident];
    fate.is_judged = true;
    if (fate.first_alert_s || !is_alert(scored.scores[i], threshold)) continue;
    fate.first_alert_s = seconds(scored.windows[i].begin_ns + scored.length_ns -
                                 scored.pass->incidents[label.incident].time.begin_ns);
  }
  return fates;
}

void count_incidents(const ScoredPass& scored, double rate, double threshold,
                     RateOutcome& outcome) {
  const std::vector<Fate> fates = fates_of(scored, threshold);
  for (std::size_t i = 0; i < fates.size(); ++i) {
    const Incident& incident = scored.pass->incidents[i];
    if (incident.kind != kTheft || incident.rate_bytes_per_minute != rate) continue;
    ++outcome.incidents;
    if (!fates[i].is_judged) ++outcome.unjudged_incidents;
    if (!fates[i].first_alert_s) continue;
    ++outcome.detected;
    outcome.delays_s.push_back(*fates[i].first_alert_s);
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
      if (incident.kind == kTheft) rates.insert(incident.rate_bytes_per_minute);
    }
  }
  return {rates.begin(), rates.end()};
}

RateOutcome outcome_at(std::span<const ScoredPass> passes, double rate, double threshold) {
  RateOutcome outcome;
  outcome.rate_bytes_per_minute = rate;
  Units units(passes, rate);
  for (const ScoredPass& scored : passes) {
    if (!has_rate(*scored.pass, rate)) continue;
    count_windows(scored, rate, threshold, outcome, units);
    count_incidents(scored, rate, threshold, outcome);
  }
  std::sort(outcome.delays_s.begin(), outcome.delays_s.end());
  outcome.f1 = bootstrap_f1(units.all(), kBootstrapSeed);
  outcome.recall = binomial_share(outcome.detected, outcome.incidents - outcome.unjudged_incidents);
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
      outcome.days += seconds(scored.length_ns) / seconds(kNsPerDay);
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

std::vector<ApartOutcome> apart_outcomes(std::span<const ScoredPass> passes, double threshold) {
  std::map<std::string, ApartOutcome> kinds;
  for (const ScoredPass& scored : passes) {
    const std::vector<Fate> fates = fates_of(scored, threshold);
    for (std::size_t i = 0; i < fates.size(); ++i) {
      const std::string& kind = scored.pass->incidents[i].kind;
      if (kind == kTheft) continue;
      ++kinds[kind].incidents;
      if (fates[i].first_alert_s) ++kinds[kind].detected;
    }
    for (std::size_t i = 0; i < scored.windows.size(); ++i) {
      const WindowLabel& label = scored.windows[i].label;
      if (label.label != Label::kApart) continue;
      ApartOutcome& kind = kinds[scored.pass->incidents[label.incident].kind];
      ++kind.windows;
      if (std::isnan(scored.scores[i])) ++kind.unjudged;
      if (is_alert(scored.scores[i], threshold)) ++kind.alerts;
    }
  }
  std::vector<ApartOutcome> all;
  for (auto& [name, kind] : kinds) {
    kind.kind = name;
    all.push_back(std::move(kind));
  }
  return all;
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
