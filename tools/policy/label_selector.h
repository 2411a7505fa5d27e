// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mimir::policy {

using Labels = std::map<std::string, std::string>;

/// The label that every namespace has, by which it is selected by its name.
inline constexpr std::string_view kMetadataName = "kubernetes.io/metadata.name";

/// One condition on labels, as Kubernetes has it (metav1.LabelSelectorRequirement).
struct LabelRequirement {
  enum class Operator : std::uint8_t { kIn, kNotIn, kExists, kDoesNotExist };
  std::string key;
  Operator op = Operator::kIn;
  std::vector<std::string> values{};  ///< of kIn and kNotIn

  /// kNotIn holds where the key is absent, too.
  [[nodiscard]] bool holds(const Labels& labels) const;
};

/// All requirements at once; without any it selects everything. An entry of
/// matchLabels is a kIn of one value.
struct LabelSelector {
  std::vector<LabelRequirement> requirements{};

  [[nodiscard]] bool matches(const Labels& labels) const;
};

/// "app=web, tier in (a, b), !legacy", or "everything".
[[nodiscard]] std::string to_text(const LabelSelector& selector);

}  // namespace mimir::policy
