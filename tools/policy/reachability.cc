// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/reachability.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mimir::policy {
namespace {

/// Pods that no policy tells apart: of one service and namespace, with equal labels, in the
/// same blocks of addresses.
struct PodKind {
  graph::ClassId service = 0;
  std::string namespace_name;
  Labels labels;
  std::vector<bool> blocks;  ///< which of the set's blocks hold the address of one
  std::size_t count = 0;
};

/// A rule with its peers worked out.
struct Resolved {
  const Rule* rule = nullptr;
  std::vector<bool> kinds{};  ///< by PodKind
  bool outside = false;
};

/// What all policies together say of the pods of a kind in one direction.
struct Leave {
  bool is_isolated = false;
  std::vector<const Resolved*> rules;
};

bool is_excepted(const AddressBlock& block, const Address& address) {
  return std::any_of(block.except.begin(), block.except.end(),
                     [&address](const auto& hole) { return entity::contains(hole, address); });
}

class Evaluation {
 public:
  Evaluation(const PolicySet& set, const graph::Cluster& cluster,
             const graph::ObservationConfig& observation, config::Diagnostics& diagnostics)
      : set_(set), cluster_(cluster), observation_(observation), diagnostics_(diagnostics) {}

  Connections evaluate() {
    collect_blocks();
    collect_kinds();
    for (std::vector<Leave>* leaves : {&ingress_, &egress_}) leaves->resize(kinds_.size());
    resolve_all();
    Connections connections;
    for (std::size_t from = 0; from < kinds_.size(); ++from) {
      const std::string& client = cluster_.class_name(kinds_[from].service);
      for (std::size_t to = 0; to < kinds_.size(); ++to) {
        // A pod's traffic with itself is nobody's business.
        if (from == to && kinds_[from].count == 1) continue;
        PortSet ports = ports_of(egress_[from], to);
        ports &= ports_of(ingress_[to], from);
        if (ports.empty()) continue;
        connections.insert({.client = client, .server = cluster_.class_name(kinds_[to].service)});
      }
      const std::string internet(injector::kInternetName);
      if (!ports_of(egress_[from], std::nullopt).empty()) {
        connections.insert({.client = client, .server = internet});
      }
      if (ingress_[from].is_isolated && !ports_of(ingress_[from], std::nullopt).empty()) {
        connections.insert({.client = internet, .server = client});
      }
    }
    return connections;
  }

 private:
  void collect_blocks() {
    for (const NetworkPolicy& policy : set_.policies) {
      for (const Side* side : {&policy.ingress, &policy.egress}) {
        for (const Rule& rule : side->rules) {
          for (const Peer& peer : rule.peers) {
            if (peer.kind != Peer::Kind::kBlock) continue;
            block_numbers_.emplace(&peer.block, blocks_.size());
            blocks_.push_back(&peer.block);
          }
        }
      }
    }
  }

  void collect_kinds() {
    const entity::EntityMap& entities = cluster_.entities();
    std::map<entity::EntityId, std::vector<bool>> blocks;
    for (const entity::EntityMap::History& history : entities.histories()) {
      for (const entity::EntityMap::Interval& interval : history.intervals) {
        auto& held = blocks[interval.entity];
        held.resize(blocks_.size());
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
          const AddressBlock& block = *blocks_[i];
          if (block.holds_pods && entity::contains(block.cidr, history.address) &&
              !is_excepted(block, history.address)) {
            held[i] = true;
          }
        }
      }
    }
    using Key = std::tuple<graph::ClassId, std::string, Labels, std::vector<bool>>;
    std::map<Key, std::size_t> numbers;
    for (graph::ClassId id = 0; id < cluster_.class_count(); ++id) {
      if (!cluster_.is_application(id)) continue;
      bool has_labels = cluster_.pods(id).empty();
      for (const graph::NodeId node : cluster_.pods(id)) {
        const entity::EntityId pod = node - graph::kFirstEntityNode;
        const entity::Entity& entity = entities.entity(pod);
        has_labels = has_labels || !entity.labels.empty();
        auto& held = blocks[pod];
        held.resize(blocks_.size());
        const auto [at, is_new] =
            numbers.try_emplace(Key(id, entity.namespace_name, entity.labels, held), kinds_.size());
        if (is_new) {
          kinds_.push_back({.service = id,
                            .namespace_name = entity.namespace_name,
                            .labels = entity.labels,
                            .blocks = held});
        }
        ++kinds_[at->second].count;
      }
      if (has_labels) continue;
      diagnostics_.warning({},
                           fmt::format("the pods of {} have no labels: no selector by labels "
                                       "selects them",
                                       cluster_.class_name(id)),
                           "give entities with labels, as kubectl get pods -o json has them");
    }
  }

  [[nodiscard]] bool selects(const PodSelector& selector, const PodKind& kind) {
    if (!selector.namespace_name.empty() && selector.namespace_name != kind.namespace_name) {
      return false;
    }
    return in_namespaces(selector.namespaces, kind.namespace_name) &&
           selector.pods.matches(kind.labels);
  }

  bool in_namespaces(const LabelSelector& selector, const std::string& name) {
    if (selector.requirements.empty()) return true;
    const auto known = set_.namespaces.find(name);
    Labels labels = known == set_.namespaces.end() ? Labels() : known->second;
    labels.insert_or_assign(std::string(kMetadataName), name);
    for (const LabelRequirement& requirement : selector.requirements) {
      if (known == set_.namespaces.end() && requirement.key != kMetadataName) {
        unknown_namespaces_.emplace(name, requirement.key);
      }
    }
    return selector.matches(labels);
  }

  [[nodiscard]] bool is_peer(const Peer& peer, const PodKind& kind) {
    switch (peer.kind) {
      case Peer::Kind::kPods:
        return selects(peer.pods, kind);
      case Peer::Kind::kBlock:
        return kind.blocks[block_numbers_.at(&peer.block)];
      case Peer::Kind::kService: {
        const entity::EntityMap& entities = cluster_.entities();
        const auto service =
            entities.find(entity::Kind::kService, peer.service_namespace, peer.service_name);
        return service && cluster_.class_of(graph::node_of(*service)) == kind.service;
      }
      case Peer::Kind::kOutside:
        break;
    }
    return false;
  }

  // Whether the peer can be outside; of a denial, whether nothing of the outside is left.
  [[nodiscard]] bool is_outside(const Peer& peer, bool is_denial) const {
    if (peer.kind != Peer::Kind::kBlock) return peer.kind == Peer::Kind::kOutside;
    const AddressBlock& block = peer.block;
    if (!is_denial) return graph::reaches_outside(block.cidr, block.except, observation_);
    const auto reaches = [this](const entity::Cidr& hole) {
      return graph::reaches_outside(hole, {}, observation_);
    };
    const entity::Cidr everything{.base = Address::from_ipv4(0), .prefix_bits = 0};
    return !graph::reaches_outside(everything, {&block.cidr, 1}, observation_) &&
           std::none_of(block.except.begin(), block.except.end(), reaches);
  }

  Resolved resolve(const Rule& rule) {
    Resolved resolved{.rule = &rule};
    resolved.kinds.assign(kinds_.size(), rule.is_for_anyone);
    resolved.outside = rule.is_for_anyone;
    for (const Peer& peer : rule.peers) {
      resolved.outside = resolved.outside || is_outside(peer, rule.is_denial);
      for (std::size_t i = 0; i < kinds_.size(); ++i) {
        if (is_peer(peer, kinds_[i])) resolved.kinds[i] = true;
      }
    }
    return resolved;
  }

  void resolve_all() {
    std::size_t rule_count = 0;
    for (const NetworkPolicy& policy : set_.policies) {
      rule_count += policy.ingress.rules.size() + policy.egress.rules.size();
    }
    resolved_.reserve(rule_count);  // leaves keep pointers into it
    for (const NetworkPolicy& policy : set_.policies) {
      std::vector<std::size_t> subjects;
      for (std::size_t i = 0; i < kinds_.size(); ++i) {
        if (selects(policy.subject, kinds_[i])) subjects.push_back(i);
      }
      if (subjects.empty()) {
        diagnostics_.warning({},
                             fmt::format("{} selects no pod of an application of this cluster "
                                         "({})",
                                         policy.name, to_text(policy.subject.pods)),
                             "do policy and entities belong together?");
      }
      add_side(policy.ingress, subjects, ingress_);
      add_side(policy.egress, subjects, egress_);
    }
    for (const auto& [name, key] : unknown_namespaces_) {
      diagnostics_.warning(
          {},
          fmt::format("the labels of namespace {} are not known: {} is taken as absent", name, key),
          "give the Namespace beside the policies: kubectl get namespaces,networkpolicies -A "
          "-o yaml");
    }
  }

  void add_side(const Side& side, std::span<const std::size_t> subjects,
                std::vector<Leave>& leaves) {
    for (const std::size_t subject : subjects) {
      leaves[subject].is_isolated = leaves[subject].is_isolated || side.isolates;
    }
    for (const Rule& rule : side.rules) {
      resolved_.push_back(resolve(rule));
      for (const std::size_t subject : subjects) {
        leaves[subject].rules.push_back(&resolved_.back());
      }
    }
  }

  // To or from the pods of kind `peer`; none is the outside.
  static PortSet ports_of(const Leave& leave, std::optional<std::size_t> peer) {
    const auto concerns = [peer](const Resolved& resolved) {
      return peer ? resolved.kinds[*peer] : resolved.outside;
    };
    PortSet ports = leave.is_isolated ? PortSet() : PortSet::all();
    for (const Resolved* resolved : leave.rules) {
      if (!resolved->rule->is_denial && concerns(*resolved)) ports |= resolved->rule->ports;
    }
    for (const Resolved* resolved : leave.rules) {
      if (resolved->rule->is_denial && concerns(*resolved)) ports -= resolved->rule->ports;
    }
    return ports;
  }

  const PolicySet& set_;
  const graph::Cluster& cluster_;
  const graph::ObservationConfig& observation_;
  config::Diagnostics& diagnostics_;
  std::vector<PodKind> kinds_;
  std::vector<const AddressBlock*> blocks_;
  std::map<const AddressBlock*, std::size_t> block_numbers_;  // only looked up
  std::vector<Resolved> resolved_;
  std::vector<Leave> ingress_;  // by PodKind, as the next
  std::vector<Leave> egress_;
  std::set<std::pair<std::string, std::string>> unknown_namespaces_;  // and the label asked for
};

}  // namespace

Connections reachable(const PolicySet& set, const graph::Cluster& cluster,
                      const graph::ObservationConfig& observation,
                      config::Diagnostics& diagnostics) {
  return Evaluation(set, cluster, observation, diagnostics).evaluate();
}

}  // namespace mimir::policy
