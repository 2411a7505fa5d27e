// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.h"
#include "model/learn/model.h"

namespace mimir::learn {

/// A setting that is another in each of two models; null where one has none.
struct SettingChange {
  std::string_view name;
  config::Json before;
  config::Json after;
};

/// What two models know by name: services, edges, captures, ...
struct NameChange {
  std::string_view what;
  std::vector<std::string> gone;     ///< known to the first alone
  std::vector<std::string> added;    ///< known to the second alone
  std::vector<std::string> changed;  ///< known to both, with other figures
  std::size_t same_count = 0;

  [[nodiscard]] bool is_none() const { return gone.empty() && added.empty() && changed.empty(); }
};

/// An edge that both know, with other figures.
struct BaselineChange {
  EdgeBaseline before;
  EdgeBaseline after;
};

/// An invariant that is not in both alike.
struct FeatureChange {
  std::string name;
  std::optional<Feature> before;
  std::optional<Feature> after;

  /// How much more one unit of it says in the second; where it is not known it says nothing.
  [[nodiscard]] double weight_change() const;
};

struct GranularityDifference {
  std::uint32_t granularity_s = 0;
  bool is_in_before = false;
  bool is_in_after = false;
  std::vector<SettingChange> settings;
  std::vector<FeatureChange> features;  ///< the largest change of weight first, then by name
  std::size_t same_feature_count = 0;
};

/// What two models differ in.
///
/// Invariant: is_none() exactly if the models are equal.
struct ModelDifference {
  std::vector<SettingChange> settings;
  std::vector<NameChange> names;  ///< every kind of them, in one order, changed or not
  /// The largest change of the 99th percentile first, as a ratio.
  std::vector<BaselineChange> baselines;
  std::vector<GranularityDifference> granularities;  ///< of either, ascending

  [[nodiscard]] bool is_none() const;
};

/// Cost: n log n in what they know.
[[nodiscard]] ModelDifference difference(const Model& before, const Model& after);

[[nodiscard]] config::Json to_json(const ModelDifference& difference);

}  // namespace mimir::learn
