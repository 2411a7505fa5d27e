// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/selector_reader.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace mimir::policy {
namespace {

using config::Node;
using Operator = LabelRequirement::Operator;

constexpr std::string_view kNamespaceName = "io.kubernetes.pod.namespace";
constexpr std::string_view kNamespaceLabel = "io.cilium.k8s.namespace.labels.";

struct OperatorName {
  std::string_view name;
  Operator op;
};
constexpr std::array<OperatorName, 4> kOperators{{{"In", Operator::kIn},
                                                  {"NotIn", Operator::kNotIn},
                                                  {"Exists", Operator::kExists},
                                                  {"DoesNotExist", Operator::kDoesNotExist}}};

void read_match_labels(ObjectReader& reader, LabelSelector& selector) {
  const Node* const labels = reader.find("matchLabels");
  if (labels == nullptr) return;
  const ObjectReader checked(*labels, reader.path_of("matchLabels"), reader.diagnostics());
  for (const auto& [key, value] : labels->members) {
    // An empty value is a value: `app:` of YAML is null, which the API server refuses.
    if (value.kind != Node::Kind::kScalar) {
      reader.error(value, fmt::format("{}.{}: a value is expected, here is {}", checked.path(),
                                      key.name, name(value.kind)));
      continue;
    }
    selector.requirements.push_back({.key = key.name, .values = {value.scalar}});
  }
}

void read_expression(ObjectReader& reader, LabelSelector& selector) {
  LabelRequirement requirement;
  requirement.key = reader.required_text("key");
  const std::string op = reader.required_text("operator");
  for (const Node& value : reader.list("values")) {
    if (value.kind != Node::Kind::kScalar) {
      reader.error(value, fmt::format("{}: a value is expected, here is {}",
                                      reader.path_of("values"), name(value.kind)));
    }
    requirement.values.push_back(value.scalar);
  }
  bool is_known = false;
  for (const OperatorName& row : kOperators) {
    if (row.name != op) continue;
    requirement.op = row.op;
    is_known = true;
  }
  if (!is_known && !op.empty()) {
    reader.error(*reader.find("operator"),
                 fmt::format("{}: `{}` is no operator", reader.path_of("operator"), op),
                 "give In, NotIn, Exists or DoesNotExist");
  }
  const bool wants_values = requirement.op == Operator::kIn || requirement.op == Operator::kNotIn;
  if (is_known && wants_values == requirement.values.empty()) {
    reader.error(reader.node(),
                 fmt::format("{}: {} {}", reader.path(), op,
                             wants_values ? "needs values" : "takes no values"),
                 wants_values ? "write `values: [a, b]`" : "leave `values` out");
  }
  selector.requirements.push_back(std::move(requirement));
}

}  // namespace

LabelSelector read_label_selector(const Node& node, const std::string& path,
                                  config::Diagnostics& diagnostics) {
  LabelSelector selector;
  ObjectReader reader(node, path, diagnostics);
  read_match_labels(reader, selector);
  reader.each("matchExpressions",
              [&selector](ObjectReader& inner) { read_expression(inner, selector); });
  reader.finish();
  return selector;
}

PodSelector read_endpoint_selector(const Node& node, const std::string& path,
                                   const std::string& own_namespace,
                                   config::Diagnostics& diagnostics) {
  PodSelector result;
  bool names_namespace = false;
  for (LabelRequirement& requirement : read_label_selector(node, path, diagnostics).requirements) {
    std::string key = requirement.key;
    if (const std::size_t colon = key.find(':'); colon != std::string::npos) {
      const std::string source = key.substr(0, colon);
      if (source != "k8s" && source != "any") {
        ObjectReader(node, path, diagnostics)
            .error(node, fmt::format("{}: labels of `{}:` are not supported", path, source),
                   "pods are known by their labels of Kubernetes; for others there are entities");
        continue;
      }
      key.erase(0, colon + 1);
    }
    if (key == kNamespaceName) {
      key = kMetadataName;
      names_namespace = true;
    } else if (key.starts_with(kNamespaceLabel)) {
      key.erase(0, kNamespaceLabel.size());
      names_namespace = true;
    } else if (key.starts_with("io.cilium.k8s.policy.")) {
      ObjectReader(node, path, diagnostics)
          .error(node, fmt::format("{}: `{}` is not supported", path, key),
                 "entities know no service accounts and clusters; select by labels");
      continue;
    } else {
      requirement.key = key;
      result.pods.requirements.push_back(std::move(requirement));
      continue;
    }
    requirement.key = key;
    result.namespaces.requirements.push_back(std::move(requirement));
  }
  if (!names_namespace) result.namespace_name = own_namespace;
  return result;
}

}  // namespace mimir::policy
