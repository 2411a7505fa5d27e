// SPDX-License-Identifier: Apache-2.0
#include "model/entity/service_assignment.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace mimir::entity {
namespace {

constexpr std::string_view kNodes = "(nodes)";  // no name Kubernetes would allow
constexpr std::string_view kDnsService = "kube-dns";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_or_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }
bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

// The random suffix of a pod. Kubernetes draws it from letters that make no words.
bool is_random_suffix(std::string_view text) {
  return text.size() == 5 &&
         text.find_first_not_of("bcdfghjklmnpqrstvwxz2456789") == std::string_view::npos;
}

// The hash of a pod template, a number of 32 bits spelled with digits and letters.
bool is_template_hash(std::string_view text) {
  return text.size() >= 8 && text.size() <= 10 &&
         std::all_of(text.begin(), text.end(), is_lower_or_digit) &&
         std::any_of(text.begin(), text.end(), is_digit);
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('-') + 1); }

// `name` without its last part and the dash before it; whole if nothing would be left.
std::string_view without_last_part(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  return dash == std::string_view::npos || dash == 0 ? name : name.substr(0, dash);
}

std::string_view workload_by_pod_name(std::string_view name) {
  const std::string_view last = last_part(name);
  const std::string_view front = without_last_part(name);
  const bool could_be_random =
      last.size() == 5 && std::all_of(last.begin(), last.end(), is_lower_or_digit);
  if (could_be_random && is_template_hash(last_part(front))) return without_last_part(front);
  if (is_random_suffix(last) || (!last.empty() && all_digits(last))) return front;
  return name;
}

// The labels that can name a service, as "key=value", in order of their say.
std::vector<std::string> naming_labels(const Entity& entity) {
  std::vector<std::string> found;
  for (const std::string_view wanted : {"name", "k8s-app", "app"}) {
    for (const auto& [key, value] : entity.labels) {
      const std::string_view base = std::string_view(key).substr(key.rfind('/') + 1);
      if (base == wanted && !value.empty()) found.push_back(fmt::format("{}={}", base, value));
    }
  }
  return found;
}

bool is_k8s_app(std::string_view label) { return label.starts_with("k8s-app="); }

bool is_dns_entity(const Entity& entity) {
  if (entity.kind == Kind::kNode) return false;
  const auto label = entity.labels.find("k8s-app");
  if (label != entity.labels.end()) return label->second == kDnsService;
  // Logs of the oldest kind have no labels.
  return entity.labels.empty() && entity.namespace_name == "kube-system" &&
         (entity.name.starts_with(kDnsService) || entity.name.starts_with("coredns"));
}

bool is_infrastructure_entity(const Entity& entity) {
  if (entity.kind == Kind::kNode) return false;
  return entity.namespace_name == "kube-system" ||
         (entity.kind == Kind::kService && entity.namespace_name == "default" &&
          entity.name == "kubernetes");
}

}  // namespace

std::string workload_name(const Entity& pod) {
  const std::string_view owner = pod.owner;
  const std::size_t slash = owner.find('/');
  const std::string_view kind = owner.substr(0, slash);
  if (slash != std::string_view::npos && kind != "Node" && slash + 1 < owner.size()) {
    const std::string_view name = owner.substr(slash + 1);
    const std::string_view last = last_part(name);
    const bool is_hashed = kind == "ReplicaSet" && is_template_hash(last);
    // A CronJob appends the scheduled minute to its jobs.
    const bool is_scheduled = kind == "Job" && last.size() >= 8 && all_digits(last);
    return std::string(is_hashed || is_scheduled ? without_last_part(name) : name);
  }
  std::string_view name = pod.name;
  // The kubelet names the pods of its own manifests after the node.
  const std::string_view node =
      kind == "Node" ? owner.substr(slash + 1) : std::string_view(pod.node);
  if (!node.empty() && name.size() > node.size() + 1 && name.ends_with(node) &&
      name[name.size() - node.size() - 1] == '-') {
    return std::string(name.substr(0, name.size() - node.size() - 1));
  }
  return std::string(workload_by_pod_name(name));
}

/// Works out one assignment. Lives for one ServiceAssignment::build().
class ServiceAssigner {
 public:
  ServiceAssigner(const EntityMap& map, const ServiceAssignment* before) : map_(map) {
    if (before == nullptr) return;
    result_.classes_ = before->classes_;
    result_.names_ = before->names_;
    result_.ids_ = before->ids_;
    for (const Name& name : result_.classes_) {
      class_ids_.emplace(name, static_cast<ServiceId>(class_ids_.size()));
    }
  }

  ServiceAssignment assign() {
    for (EntityId id = 0; id < map_.size(); ++id) {
      const Entity& entity = map_.entity(id);
      if (entity.kind == Kind::kService) learn_labels(id);
      if (entity.kind == Kind::kPod && !entity.service.empty()) {
        with_endpoints_.emplace(entity.namespace_name, entity.service);
      }
    }
    result_.service_of_.resize(map_.size());
    result_.is_dns_.resize(map_.size());
    result_.is_infrastructure_.resize(map_.size());
    for (const bool services_first : {true, false}) {
      for (EntityId id = 0; id < map_.size(); ++id) {
        if ((map_.entity(id).kind == Kind::kService) == services_first) assign_one(id);
      }
    }
    name_all();
    return std::move(result_);
  }

 private:
  using Name = ServiceAssignment::Name;

  // Of services with one label, the least wins.
  [[nodiscard]] std::tuple<bool, std::size_t, EntityId> rank(EntityId service,
                                                             std::string_view label) const {
    const bool is_headless = !map_.had_address(service);
    // Counting ids downwards makes the last one seen the least.
    if (is_k8s_app(label)) return {is_headless, 0, static_cast<EntityId>(map_.size()) - service};
    return {is_headless, map_.entity(service).name.size(), service};
  }

  void learn_labels(EntityId service) {
    const Entity& entity = map_.entity(service);
    for (const std::string& label : naming_labels(entity)) {
      const auto [at, is_new] = labelled_.try_emplace({entity.namespace_name, label}, service);
      if (!is_new && rank(service, label) < rank(at->second, label)) at->second = service;
    }
  }

  void assign_one(EntityId id) {
    const Entity& entity = map_.entity(id);
    const bool is_dns = is_dns_entity(entity);
    result_.is_dns_[id] = is_dns;
    result_.is_infrastructure_[id] = !is_dns && is_infrastructure_entity(entity);
    Name name{entity.namespace_name, entity.name};
    if (entity.kind == Kind::kNode) {
      name = {"", std::string(kNodes)};
    } else if (entity.kind == Kind::kService) {
      name.second = map_.entity(head_of(id)).name;
    } else if (const std::optional<EntityId> service = service_of_pod(entity)) {
      name.second = map_.entity(head_of(*service)).name;
    } else {
      name.second = workload_name(entity);
    }
    const auto next = static_cast<ServiceId>(result_.classes_.size());
    const auto [at, is_new] = class_ids_.try_emplace(name, next);
    if (is_new) result_.classes_.push_back(name);
    result_.service_of_[id] = at->second;
  }

  // Ends: each step goes to a service of lesser rank.
  [[nodiscard]] EntityId head_of(EntityId service) const {
    const Entity& entity = map_.entity(service);
    if (with_endpoints_.contains({entity.namespace_name, entity.name})) return service;
    const std::vector<std::string> labels = naming_labels(entity);
    // Services that share k8s-app are parts of an add-on, none of them the main one.
    if (labels.empty() || is_k8s_app(labels.front())) return service;
    const EntityId winner = labelled_.at({entity.namespace_name, labels.front()});
    return winner == service ? service : head_of(winner);
  }

  [[nodiscard]] std::optional<EntityId> service_of_pod(const Entity& pod) const {
    const auto named = [this, &pod](std::string_view name) {
      return map_.find(Kind::kService, pod.namespace_name, name);
    };
    if (!pod.service.empty()) {
      if (const auto listed = named(pod.service)) return listed;
    }
    for (const std::string& label : naming_labels(pod)) {
      const auto at = labelled_.find({pod.namespace_name, label});
      if (at != labelled_.end()) return at->second;
    }
    const std::string_view owner = pod.owner;
    if (const auto owned = named(owner.substr(owner.find('/') + 1))) return owned;
    const std::string workload = workload_name(pod);
    return named(workload == "coredns" ? kDnsService : std::string_view(workload));
  }

  void name_all() {
    std::map<std::string, std::size_t> namesakes;
    for (const Name& name : result_.classes_) ++namesakes[name.second];
    for (std::size_t id = result_.names_.size(); id < result_.classes_.size(); ++id) {
      const Name& name = result_.classes_[id];
      const bool is_unique = namesakes[name.second] == 1;
      result_.names_.push_back(is_unique ? name.second
                                         : fmt::format("{}/{}", name.first, name.second));
      result_.ids_.emplace(result_.names_.back(), static_cast<ServiceId>(id));
    }
  }

  const EntityMap& map_;
  ServiceAssignment result_;
  std::map<Name, EntityId> labelled_;  // (namespace, "key=value") -> service
  std::set<Name> with_endpoints_;
  std::map<Name, ServiceId> class_ids_;
};

ServiceAssignment ServiceAssignment::build(const EntityMap& map, const ServiceAssignment* before) {
  return ServiceAssigner(map, before).assign();
}

std::optional<ServiceId> ServiceAssignment::find(std::string_view service_name) const {
  const auto at = ids_.find(service_name);
  if (at == ids_.end()) return std::nullopt;
  return at->second;
}

}  // namespace mimir::entity
