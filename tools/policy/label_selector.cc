// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/label_selector.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mimir::policy {
namespace {

using Operator = LabelRequirement::Operator;

std::string to_text(const LabelRequirement& requirement) {
  const std::string& key = requirement.key;
  switch (requirement.op) {
    case Operator::kExists:
      return key;
    case Operator::kDoesNotExist:
      return "!" + key;
    case Operator::kNotIn:
      return fmt::format("{} not in ({})", key, fmt::join(requirement.values, ", "));
    case Operator::kIn:
      break;
  }
  if (requirement.values.size() == 1) return key + "=" + requirement.values.front();
  return fmt::format("{} in ({})", key, fmt::join(requirement.values, ", "));
}

}  // namespace

bool LabelRequirement::holds(const Labels& labels) const {
  const auto label = labels.find(key);
  const bool is_there = label != labels.end();
  const bool is_listed =
      is_there && std::find(values.begin(), values.end(), label->second) != values.end();
  switch (op) {
    case Operator::kIn:
      return is_listed;
    case Operator::kNotIn:
      return !is_listed;
    case Operator::kExists:
      return is_there;
    case Operator::kDoesNotExist:
      return !is_there;
  }
  return false;
}

bool LabelSelector::matches(const Labels& labels) const {
  return std::all_of(requirements.begin(), requirements.end(),
                     [&labels](const LabelRequirement& one) { return one.holds(labels); });
}

std::string to_text(const LabelSelector& selector) {
  if (selector.requirements.empty()) return "everything";
  std::string text;
  for (const LabelRequirement& requirement : selector.requirements) {
    text += (text.empty() ? "" : ", ") + to_text(requirement);
  }
  return text;
}

}  // namespace mimir::policy
