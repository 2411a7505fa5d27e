// SPDX-License-Identifier: Apache-2.0
#include "tools/model_comparison.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "controlplane/alert/alert.h"
#include "model/learn/robust_scaler.h"
#include "tools/evaluation/labels.h"

namespace mimir::tools {

namespace {

using config::Json;
using controlplane::Agreement;
using controlplane::JudgedTwice;
using controlplane::Judgement;

constexpr double kShownQuantile = 0.99;

/// The distances that a share `p` of the windows keeps below; 0 of none.
double quantile_of(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return learn::quantile(values, p);
}

Json judgement_json(const Judgement& judgement) {
  Json json = Json::object()
                  .set("score", judgement.score)
                  .set("threshold", judgement.threshold)
                  .set("has_data", judgement.has_data)
                  .set("alert", judgement.is_alarm);
  if (judgement.is_alarm) {
    json.set("where", judgement.where)
        .set("invariant", judgement.invariant)
        .set("contribution", judgement.contribution);
  }
  return json;
}

std::string disagreement_text(const JudgedTwice& window, const std::string& first,
                              const std::string& second) {
  const bool is_first = window.agreement() == Agreement::kFirst;
  const Judgement& loud = is_first ? window.first : window.second;
  const Judgement& quiet = is_first ? window.second : window.first;
  return fmt::format(
      "{}  {:>3} s  {} alone: {}, {:+.3f} of {}; {:+.3f} above its threshold, {} {:+.3f}{}\n",
      controlplane::to_timestamp(window.begin_ns).substr(0, 19), window.granularity_s,
      is_first ? first : second, loud.where.empty() ? "no edge above its habit" : loud.where,
      loud.contribution, loud.invariant, loud.margin(), is_first ? second : first, quiet.margin(),
      window.is_partial ? "  partial" : "");
}

}  // namespace

std::uint64_t ModelComparison::Level::sum() const {
  return std::accumulate(windows.begin(), windows.end(), std::uint64_t{0});
}

void ModelComparison::add(const JudgedTwice& window) {
  Level& level = levels_[window.granularity_s];
  const Agreement agreement = window.agreement();
  ++level.windows[static_cast<std::size_t>(agreement)];
  if (agreement == Agreement::kFirst || agreement == Agreement::kSecond) {
    disagreements_.push_back(window);
  }
  if (!window.first.has_data || !window.second.has_data) {
    ++level.without_data;
    return;
  }
  level.distances.push_back(std::abs(window.second.margin() - window.first.margin()));
  const Judgement* const halves[] = {&window.first, &window.second};
  for (std::size_t i = 0; i < level.nearest.size(); ++i) {
    if (halves[i]->is_alarm) continue;
    level.nearest[i] = std::max(level.nearest[i], halves[i]->margin());
  }
  judge_by_truth(window, level);
}

void ModelComparison::add_alone(std::uint32_t granularity_s) { ++levels_[granularity_s].alone; }

// A window that an attack only touches, or in which something else happened, says of neither
// whether it was right.
void ModelComparison::judge_by_truth(const JudgedTwice& window, Level& level) const {
  if (truth_ == nullptr) return;
  std::vector<evaluation::Interval> thefts;
  for (const evaluation::Incident& incident : *truth_) {
    const bool touches =
        incident.time.begin_ns < window.end_ns && incident.time.end_ns > window.begin_ns;
    if (incident.kind == evaluation::kTheft) {
      thefts.push_back(incident.time);
    } else if (touches) {
      return;
    }
  }
  const auto label =
      evaluation::label_of(window.begin_ns, window.end_ns - window.begin_ns, thefts).label;
  if (label != evaluation::Label::kAttack && label != evaluation::Label::kBenign) return;
  const bool is_attack = label == evaluation::Label::kAttack;
  level.truth[0].add(is_attack, window.first.is_alarm);
  level.truth[1].add(is_attack, window.second.is_alarm);
}

std::string ModelComparison::level_text(std::uint32_t granularity_s, const Level& level) const {
  std::string text =
      fmt::format("{:>4} s {:>9} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9.3f} {:>9.3f}", granularity_s,
                  level.sum(), level.of(Agreement::kBoth), level.of(Agreement::kFirst),
                  level.of(Agreement::kSecond), level.of(Agreement::kNeither), level.without_data,
                  quantile_of(level.distances, 0.5), quantile_of(level.distances, kShownQuantile));
  if (truth_ != nullptr) {
    text += fmt::format(" {:>7.3f} {:>7.3f}", level.truth[0].f1(), level.truth[1].f1());
  }
  if (level.alone > 0) text += fmt::format("  {} more that one of them judges", level.alone);
  return text + '\n';
}

// Nobody is left with nothing: who agrees in all has come near in some.
std::string ModelComparison::summary(const std::string& first, const std::string& second) const {
  std::uint64_t windows = 0;
  std::uint64_t both = 0;
  std::array<double, 2> nearest{kNever, kNever};
  for (const auto& [granularity_s, level] : levels_) {
    windows += level.sum();
    both += level.of(Agreement::kBoth);
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      nearest[i] = std::max(nearest[i], level.nearest[i]);
    }
  }
  if (windows == 0) return "there is no window that both of them judge\n";
  std::string text =
      disagreements_.empty()
          ? fmt::format("they agree in all {} windows: {} alarms", windows, both)
          : fmt::format("they disagree in {} of {} windows", disagreements_.size(), windows);
  const std::string* const names[] = {&first, &second};
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    if (nearest[i] == kNever) continue;
    text += fmt::format("; without one {} came to {:+.3f} of its threshold", *names[i], nearest[i]);
  }
  return text + '\n';
}

std::string ModelComparison::to_text(const std::string& first, const std::string& second,
                                     std::size_t top) const {
  std::string text =
      fmt::format("{:>6} {:>9} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9}{}\n", "length", "windows",
                  "both", "first", "second", "neither", "no data", "distance", "99th",
                  truth_ == nullptr ? "" : fmt::format(" {:>7} {:>7}", "F1 1st", "F1 2nd"));
  for (const auto& [granularity_s, level] : levels_) text += level_text(granularity_s, level);
  text += '\n' + summary(first, second);
  for (std::size_t i = 0; i < std::min(disagreements_.size(), top); ++i) {
    text += disagreement_text(disagreements_[i], first, second);
  }
  if (disagreements_.size() > top) {
    text += fmt::format("and in {} more\n", disagreements_.size() - top);
  }
  return text;
}

Json ModelComparison::level_json(std::uint32_t granularity_s, const Level& level) const {
  const auto nearest = [&](std::size_t i) {
    return level.nearest[i] == kNever ? Json() : Json(level.nearest[i]);
  };
  Json json = Json::object()
                  .set("granularity_s", granularity_s)
                  .set("windows", level.sum())
                  .set("alarms_both", level.of(Agreement::kBoth))
                  .set("alarms_first_only", level.of(Agreement::kFirst))
                  .set("alarms_second_only", level.of(Agreement::kSecond))
                  .set("alarms_neither", level.of(Agreement::kNeither))
                  .set("without_data", level.without_data)
                  .set("judged_by_one", level.alone)
                  .set("distance_median", quantile_of(level.distances, 0.5))
                  .set("distance_p99", quantile_of(level.distances, kShownQuantile))
                  .set("nearest_first", nearest(0))
                  .set("nearest_second", nearest(1));
  if (truth_ != nullptr) {
    json.set("f1_first", level.truth[0].f1()).set("f1_second", level.truth[1].f1());
  }
  return json;
}

Json ModelComparison::to_json() const {
  Json levels = Json::array();
  for (const auto& [granularity_s, level] : levels_) levels.push(level_json(granularity_s, level));
  Json disagreements = Json::array();
  for (const JudgedTwice& window : disagreements_) {
    disagreements.push(Json::object()
                           .set("begin", controlplane::to_timestamp(window.begin_ns))
                           .set("granularity_s", window.granularity_s)
                           .set("partial", window.is_partial)
                           .set("first", judgement_json(window.first))
                           .set("second", judgement_json(window.second)));
  }
  return Json::object()
      .set("windows", std::move(levels))
      .set("disagreements", std::move(disagreements));
}

}  // namespace mimir::tools
