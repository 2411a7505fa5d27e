// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/path_templates.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

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

// Walks the simple paths of one length at a time, so that short ones come first.
class Search {
 public:
  /// False to end the search.
  using Visit = std::function<bool(const Names&)>;

  Search(const Policy& policy, const PathOptions& options) {
    for (const auto& [source, destinations] : policy.allowed) {
      if (source == kInternetName) continue;
      auto& next = next_[source];
      if (options.dns_services.contains(source)) {
        next.emplace_back(kInternetName);
      } else {
        next.assign(destinations.begin(), destinations.end());
        std::erase(next, source);
      }
    }
    measure();
  }

  void run(const std::string& from, const Visit& visit) {
    if (!hops_.contains(from)) return;
    visit_ = &visit;
    for (std::size_t hops = hops_.at(from); hops <= next_.size() && !ended_; ++hops) {
      path_.assign(1, from);
      walk(hops);
    }
  }

 private:
  // Hops to the internet, breadth first and backwards.
  void measure() {
    hops_[std::string(kInternetName)] = 0;
    for (std::size_t hops = 1; hops <= next_.size(); ++hops) {
      for (const auto& [source, destinations] : next_) {
        if (hops_.contains(source)) continue;
        for (const std::string& destination : destinations) {
          const auto known = hops_.find(destination);
          if (known != hops_.end() && known->second == hops - 1) {
            hops_.emplace(source, hops);
            break;
          }
        }
      }
    }
  }

  void walk(std::size_t hops_left) {
    const auto here = next_.find(path_.back());
    if (here == next_.end()) return;
    for (const std::string& destination : here->second) {
      if (ended_) return;
      if (destination == kInternetName) {
        if (hops_left == 1) ended_ = !(*visit_)(path_);
        continue;
      }
      const auto known = hops_.find(destination);
      if (known == hops_.end() || known->second >= hops_left ||
          std::find(path_.begin(), path_.end(), destination) != path_.end()) {
        continue;
      }
      path_.push_back(destination);
      walk(hops_left - 1);
      path_.pop_back();
    }
  }

  std::map<std::string, Names, std::less<>> next_;
  std::map<std::string, std::size_t, std::less<>> hops_;
  const Visit* visit_ = nullptr;
  Names path_;
  bool ended_ = false;
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
  Search(policy, options).run(options.sensitive_service, add);
  return paths;
}

}  // namespace mimir::injector
