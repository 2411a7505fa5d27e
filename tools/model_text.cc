// SPDX-License-Identifier: Apache-2.0
#include "tools/model_text.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "config/json_member.h"

namespace mimir::tools {

namespace {

using config::Json;
using learn::FeatureChange;
using learn::GranularityDifference;
using learn::NameChange;
using learn::SettingChange;

std::string value_text(const Json& value) {
  if (value.is_null()) return "none";
  if (const std::string* const text = value.string()) return *text;
  if (!value.integer() && !value.count()) {
    if (const auto number = value.number()) return fmt::format("{:.6g}", *number);
  }
  return config::to_text(value);
}

std::string settings_text(const std::vector<SettingChange>& settings) {
  std::string text;
  for (const SettingChange& each : settings) {
    text += fmt::format("  {:<28} {} -> {}\n", each.name, value_text(each.before),
                        value_text(each.after));
  }
  return text;
}

std::string list_text(char mark, const std::vector<std::string>& names, std::size_t top) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), top); ++i) {
    text += fmt::format("    {} {}\n", mark, names[i]);
  }
  if (names.size() > top) text += fmt::format("    {} and {} more\n", mark, names.size() - top);
  return text;
}

std::string names_text(const NameChange& names, std::size_t top) {
  const std::size_t both = names.same_count + names.changed.size();
  std::string text = fmt::format("  {:<28} {} gone, {} added, {} in both", names.what,
                                 names.gone.size(), names.added.size(), both);
  if (!names.changed.empty()) {
    text += fmt::format(", {} of them with other figures", names.changed.size());
  }
  return text + '\n' + list_text('-', names.gone, top) + list_text('+', names.added, top);
}

std::string baselines_text(const std::vector<learn::BaselineChange>& baselines, std::size_t top) {
  if (baselines.empty()) return {};
  std::string text =
      "\nedges with other figures: 99th percentile, median of the bytes, in windows of\n";
  for (std::size_t i = 0; i < std::min(baselines.size(), top); ++i) {
    const auto& [before, after] = baselines[i];
    text +=
        fmt::format("  {:<44} {:>9.4g} -> {:>9.4g}, {:>9.4g} -> {:>9.4g}, {} s\n",
                    before.source + " -> " + before.destination, before.p99_bytes, after.p99_bytes,
                    before.median_bytes, after.median_bytes, before.granularity_s);
  }
  if (baselines.size() > top) text += fmt::format("  and {} more\n", baselines.size() - top);
  return text;
}

std::string weight_text(const std::optional<learn::Feature>& feature) {
  return feature ? fmt::format("{:+.4f}", feature->weight) : "unknown";
}

std::string median_text(const std::optional<learn::Feature>& feature) {
  return feature ? fmt::format("{:.4g}", feature->spread.median) : "unknown";
}

std::string features_text(const std::vector<FeatureChange>& features, std::size_t top) {
  std::vector<const FeatureChange*> heard;  // with a weight in one of them
  for (const FeatureChange& each : features) {
    const bool has_weight =
        (each.before && each.before->weight != 0) || (each.after && each.after->weight != 0);
    if (has_weight) heard.push_back(&each);
  }
  if (heard.empty()) return {};
  std::string text = fmt::format("  {:<52}{:>24}{:>26}\n", "invariant", "weight", "median");
  for (std::size_t i = 0; i < std::min(heard.size(), top); ++i) {
    const FeatureChange& each = *heard[i];
    text += fmt::format("  {:<52}{:>24}{:>26}\n", each.name,
                        fmt::format("{} -> {}", weight_text(each.before), weight_text(each.after)),
                        fmt::format("{} -> {}", median_text(each.before), median_text(each.after)));
  }
  if (heard.size() > top) text += fmt::format("  and {} more\n", heard.size() - top);
  return text;
}

std::string granularity_text(const GranularityDifference& each, std::size_t top) {
  std::string text = fmt::format("\nwindows of {} s", each.granularity_s);
  if (!each.is_in_after) return text + ": judged by the first alone\n";
  if (!each.is_in_before) return text + ": judged by the second alone\n";
  std::size_t gone = 0;
  std::size_t added = 0;
  for (const FeatureChange& change : each.features) {
    gone += std::size_t{!change.after};
    added += std::size_t{!change.before};
  }
  const std::size_t moved = each.features.size() - gone - added;
  text += fmt::format(": {} invariants gone, {} added, {} in both, {} of them with other figures\n",
                      gone, added, each.same_feature_count + moved, moved);
  return text + settings_text(each.settings) + features_text(each.features, top);
}

}  // namespace

std::string difference_text(const learn::ModelDifference& difference, std::size_t top) {
  if (difference.is_none()) {
    return "they are equal: learned from the same, they judge every window alike\n";
  }
  std::string text = settings_text(difference.settings);
  for (const NameChange& each : difference.names) text += names_text(each, top);
  text += baselines_text(difference.baselines, top);
  for (const GranularityDifference& each : difference.granularities) {
    text += granularity_text(each, top);
  }
  return text;
}

std::string model_status_text(const Json& status) {
  constexpr std::size_t kDigestShown = 16;
  const auto line = [](const char* role, const Json& model, const std::string& more) {
    return fmt::format("{:<9}  {:<16}  sha256 {}  {}\n", role, text_of(model, "name"),
                       text_of(model, "sha256").substr(0, kDigestShown), more);
  };
  const Json& in_force = member(status, "in_force");
  std::string text = line("in force", in_force, text_of(in_force, "file"));
  const Json& candidate = member(status, "candidate");
  if (candidate.is_null()) {
    text += "candidate  none\n";
  } else {
    const std::string& since = text_of(candidate, "since");
    text += line("candidate", candidate,
                 since.empty() ? "has judged no window yet" : "judges since " + since);
    for (const Json& totals : list_of(candidate, "windows")) {
      text += fmt::format(
          "{:>7} s  alarms of both {}, of the model alone {}, of the candidate alone {}, of "
          "neither {}; its last score {:+.3f}, threshold {:.3f}\n",
          count_of(totals, "granularity_s"), count_of(totals, "alarms_both"),
          count_of(totals, "alarms_active_only"), count_of(totals, "alarms_candidate_only"),
          count_of(totals, "alarms_neither"), number_of(totals, "score"),
          number_of(totals, "threshold"));
    }
  }
  const Json& former = member(status, "former");
  return text +
         (former.is_null() ? "former     none\n" : line("former", former, text_of(former, "file")));
}

}  // namespace mimir::tools
