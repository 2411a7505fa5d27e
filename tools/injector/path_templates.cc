// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/path_templates.h"

#include <algorithm>
#include <utility>

#include "tools/injector/simple_paths.h"

namespace mimir::injector {
namespace {

using Names = std::vector<std::string>;

Stop pod(std::string service) { return {.kind = Stop::Kind::kPod, .service = std::move(service)}; }
Stop vip(std::string service) { return {.kind = Stop::Kind::kVip, .service = std::move(service)}; }
Stop internet() { return {.kind = Stop::Kind::kOutside}; }

// The VIPs that can stand between two pods; an empty name is none.
Names between(const std::string& from, const std::string& to,
              const std::set<ClientVip>& client_vips, const std::set<std::string>& without_vip) {
  Names choices;
  if (client_vips.contains({.client = "", .service = to}) ||
      client_vips.contains({.client = from, .service = to})) {
    choices = {to};
  } else if (client_vips.contains({.client = to, .service = from})) {
    choices = {from};
  } else {
    choices = {from, to, ""};
  }
  std::erase_if(choices, [&](const std::string& name) { return without_vip.contains(name); });
  if (choices.empty()) choices.emplace_back();
  return choices;
}

// The policy as a graph of services in the order of their names, and the internet last, where
// no path goes on.
struct ServiceGraph {
  ServiceGraph(const Policy& policy, const PathOptions& options) {
    for (const auto& [name, destinations] : policy.allowed) {
      if (name != kInternetName) names.push_back(name);
    }
    names.emplace_back(kInternetName);
    next.resize(names.size());
    for (std::size_t source = 0; source < internet(); ++source) {
      const bool is_dns = options.dns_services.contains(names[source]);
      const std::set<std::string>& allowed = policy.allowed.at(names[source]);
      for (std::size_t target = 0; target < internet(); ++target) {
        if (!is_dns && target != source && allowed.contains(names[target])) {
          next[source].push_back(target);
        }
      }
      if (is_dns || allowed.contains(names.back())) next[source].push_back(internet());
    }
  }

  [[nodiscard]] std::size_t internet() const { return names.size() - 1; }

  Names names;
  std::vector<std::vector<std::size_t>> next;
};

}  // namespace

std::string to_text(const TemplatePath& path) {
  std::string text;
  for (const Stop& stop : path) {
    if (!text.empty()) text += " > ";
    text += stop.kind == Stop::Kind::kOutside ? "outside" : stop.service;
    if (stop.kind == Stop::Kind::kVip) text += " (VIP)";
  }
  return text;
}

PathOptions path_options(const graph::Cluster& cluster, graph::Observation observation,
                         std::string sensitive_service) {
  PathOptions options;
  options.sensitive_service = std::move(sensitive_service);
  options.with_vips = observation == graph::Observation::kNodeAny;
  for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
    if (!cluster.is_application(id)) continue;
    if (cluster.is_dns(id)) options.dns_services.insert(cluster.class_name(id));
    if (!cluster.has_vip(id)) options.without_vip.insert(cluster.class_name(id));
  }
  return options;
}

std::vector<TemplatePath> over_vips(const std::vector<std::string>& path,
                                    const std::set<ClientVip>& client_vips,
                                    const std::set<std::string>& without_vip) {
  if (path.empty()) return {};
  std::vector<TemplatePath> variants = {{pod(path.front())}};
  for (std::size_t i = 1; i < path.size(); ++i) {
    const Names choices = between(path[i - 1], path[i], client_vips, without_vip);
    std::vector<TemplatePath> longer;
    longer.reserve(variants.size() * choices.size());
    for (const TemplatePath& variant : variants) {
      for (const std::string& choice : choices) {
        longer.push_back(variant);
        if (!choice.empty()) longer.back().push_back(vip(choice));
        longer.back().push_back(pod(path[i]));
      }
    }
    variants = std::move(longer);
  }
  for (TemplatePath& variant : variants) variant.push_back(internet());
  return variants;
}

std::vector<TemplatePath> enumerate_paths(const Policy& policy, const PathOptions& options) {
  std::vector<TemplatePath> paths;
  if (options.path_count_max == 0) return paths;
  const auto add = [&](const Names& names) {
    std::vector<TemplatePath> variants;
    if (options.with_vips) {
      // One hop has up to three variants, so a long path has more than memory.
      if (names.size() + 1 > options.stop_count_max) return false;
      variants = over_vips(names, policy.client_vips, options.without_vip);
    } else {
      variants.emplace_back();
      for (const std::string& name : names) variants.back().push_back(pod(name));
      variants.back().push_back(internet());
    }
    if (variants.front().size() > options.stop_count_max) return false;
    for (TemplatePath& variant : variants) {
      if (paths.size() == options.path_count_max) return false;
      paths.push_back(std::move(variant));
    }
    return paths.size() < options.path_count_max;
  };
  const ServiceGraph graph(policy, options);
  const auto services_end = graph.names.end() - 1;
  const auto from = std::find(graph.names.begin(), services_end, options.sensitive_service);
  if (from == services_end) return paths;
  SimplePaths search(graph.next, static_cast<std::size_t>(from - graph.names.begin()),
                     graph.internet());
  while (const auto path = search.find_next()) {
    Names names;
    for (const std::size_t node : *path) names.push_back(graph.names[node]);
    names.pop_back();  // the internet is what all of them end in
    if (!add(names)) break;
  }
  return paths;
}

}  // namespace mimir::injector
