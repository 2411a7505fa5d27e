// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/policy_writer.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config/json.h"
#include "tools/policy/service_labels.h"

namespace mimir::policy {
namespace {

/// A service, and whom its policy is to let in and out.
struct ServiceRules {
  const ServiceLabels* own = nullptr;
  std::vector<const ServiceLabels*> clients;
  std::vector<const ServiceLabels*> servers;
  bool from_outside = false;
  bool to_outside = false;
};

// A service without pods cannot be selected, and has nobody who would connect.
std::map<std::string, ServiceRules> rules_of(const Connections& connections,
                                             const std::map<std::string, ServiceLabels>& labels,
                                             config::Diagnostics& diagnostics) {
  std::map<std::string, ServiceRules> rules;
  for (const auto& [name, own] : labels) rules[name].own = &own;
  for (const auto& [client, server] : connections) {
    const auto from = rules.find(client);
    const auto to = rules.find(server);
    if (from != rules.end() && to != rules.end()) {
      from->second.servers.push_back(to->second.own);
      to->second.clients.push_back(from->second.own);
    } else if (from != rules.end() && server == injector::kInternetName) {
      from->second.to_outside = true;
    } else if (to != rules.end() && client == injector::kInternetName) {
      to->second.from_outside = true;
    } else {
      diagnostics.warning(
          {}, fmt::format("{} to {} is in no policy: one of them has no pods", client, server));
    }
  }
  return rules;
}

// Double-quoted YAML is a superset of a JSON string (YAML 1.2.2 §1.3), and never a number.
std::string quoted(const std::string& text) { return config::to_text(config::Json(text)); }

std::string labels_text(const Labels& labels, std::string_view indent) {
  std::string text;
  for (const auto& [key, value] : labels) {
    text += fmt::format("{}{}: {}\n", indent, key, quoted(value));
  }
  return text;
}

// "shop/user-db" where two namespaces have one; the namespace is said anyway.
std::string object_name(const std::string& service) {
  return service.substr(service.find('/') + 1);
}

std::string heading(std::string_view version, std::string_view kind, const std::string& service,
                    const ServiceRules& rules) {
  return fmt::format(
      "---\napiVersion: {}\nkind: {}\nmetadata:\n  name: {}\n  namespace: {}\nspec:\n", version,
      kind, quoted(object_name(service)), quoted(rules.own->namespace_name));
}

std::string block_text(const entity::Cidr& cidr, const std::vector<entity::Cidr>& except) {
  std::string text = fmt::format("        - ipBlock:\n            cidr: {}\n", to_text(cidr));
  std::string holes;
  for (const entity::Cidr& hole : except) {
    if (hole.prefix_bits > cidr.prefix_bits && entity::contains(cidr, hole.base)) {
      holes += fmt::format("              - {}\n", to_text(hole));
    }
  }
  return holes.empty() ? text : text + "            except:\n" + holes;
}

/// What is outside, as peers of a NetworkPolicy: all addresses but those that stay inside,
/// and private ones that are said to be outside.
std::string outside_text(const graph::ObservationConfig& observation) {
  std::vector<entity::Cidr> inside;
  for (const char* text : {"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12",
                           "192.168.0.0/16", "fc00::/7", "fe80::/10"}) {
    inside.push_back(*entity::parse_cidr(text));
  }
  for (const auto* list :
       {&observation.pod_cidrs, &observation.service_cidrs, &observation.node_cidrs}) {
    for (const entity::Cidr& cidr : *list) {
      const bool is_known = std::any_of(inside.begin(), inside.end(), [&cidr](const auto& known) {
        return known.prefix_bits <= cidr.prefix_bits && entity::contains(known, cidr.base);
      });
      if (!is_known) inside.push_back(cidr);
    }
  }
  std::string text = block_text(*entity::parse_cidr("0.0.0.0/0"), inside) +
                     block_text(*entity::parse_cidr("::/0"), inside);
  for (const entity::Cidr& cidr : observation.outside_cidrs) text += block_text(cidr, {});
  return text;
}

std::string peers_text(std::string_view direction, std::string_view to_or_from,
                       const std::vector<const ServiceLabels*>& services, bool has_outside,
                       const std::string& outside) {
  if (services.empty() && !has_outside) return fmt::format("  {}: []\n", direction);
  std::string text = fmt::format("  {}:\n    - {}:\n", direction, to_or_from);
  for (const ServiceLabels* service : services) {
    text += fmt::format(
        "        - namespaceSelector:\n            matchLabels:\n"
        "              kubernetes.io/metadata.name: {}\n          podSelector:\n"
        "            matchLabels:\n{}",
        quoted(service->namespace_name), labels_text(service->labels, "              "));
  }
  return has_outside ? text + outside : text;
}

// A rule without anything allows nothing, and isolates.
std::string rules_text(std::string_view direction, std::string_view to_or_from,
                       const std::vector<const ServiceLabels*>& services, bool has_outside) {
  std::string text = fmt::format("  {}:\n", direction);
  if (services.empty() && !has_outside) return text + "    - {}\n";
  if (!services.empty()) text += fmt::format("    - {}Endpoints:\n", to_or_from);
  for (const ServiceLabels* service : services) {
    text +=
        fmt::format("        - matchLabels:\n            k8s:io.kubernetes.pod.namespace: {}\n{}",
                    quoted(service->namespace_name), labels_text(service->labels, "            "));
  }
  if (has_outside) text += fmt::format("    - {}Entities: [world]\n", to_or_from);
  return text;
}

}  // namespace

std::optional<std::string> to_network_policies(const Connections& connections,
                                               const graph::Cluster& cluster,
                                               const graph::ObservationConfig& observation,
                                               config::Diagnostics& diagnostics) {
  const auto labels = service_labels(cluster, diagnostics);
  if (!labels) return std::nullopt;
  const std::string outside = outside_text(observation);
  std::string text;
  for (const auto& [service, rules] : rules_of(connections, *labels, diagnostics)) {
    text += heading("networking.k8s.io/v1", "NetworkPolicy", service, rules);
    text += "  podSelector:\n    matchLabels:\n" + labels_text(rules.own->labels, "      ");
    text += "  policyTypes: [Ingress, Egress]\n";
    text += peers_text("ingress", "from", rules.clients, rules.from_outside, outside);
    text += peers_text("egress", "to", rules.servers, rules.to_outside, outside);
  }
  return text;
}

std::optional<std::string> to_cilium_policies(const Connections& connections,
                                              const graph::Cluster& cluster,
                                              config::Diagnostics& diagnostics) {
  const auto labels = service_labels(cluster, diagnostics);
  if (!labels) return std::nullopt;
  std::string text;
  for (const auto& [service, rules] : rules_of(connections, *labels, diagnostics)) {
    text += heading("cilium.io/v2", "CiliumNetworkPolicy", service, rules);
    text += "  endpointSelector:\n    matchLabels:\n" + labels_text(rules.own->labels, "      ");
    text += rules_text("ingress", "from", rules.clients, rules.from_outside);
    text += rules_text("egress", "to", rules.servers, rules.to_outside);
  }
  return text;
}

}  // namespace mimir::policy
