// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/reachability.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"
#include "tests/tools/policy/small_cluster.h"

namespace mimir::policy {
namespace {

// Packet by packet: one client, one server, one port at a time, straight from the rules.
class Naive {
 public:
  struct End {
    std::string service;
    std::string namespace_name{};
    Labels labels{};
    Address address;
    bool is_outside = false;
  };

  explicit Naive(const PolicySet& set) : set_(set) {}

  [[nodiscard]] bool goes(const End& client, const End& server, Protocol protocol,
                          std::uint16_t port) const {
    return allows(client, server, &NetworkPolicy::egress, protocol, port) &&
           allows(server, client, &NetworkPolicy::ingress, protocol, port);
  }
  [[nodiscard]] bool is_isolated(const End& end) const {
    return std::any_of(set_.policies.begin(), set_.policies.end(), [&](const auto& policy) {
      return selects(policy.subject, end) && policy.ingress.isolates;
    });
  }

 private:
  [[nodiscard]] bool allows(const End& end, const End& peer, Side NetworkPolicy::*side,
                            Protocol protocol, std::uint16_t port) const {
    if (end.is_outside) return true;
    bool is_isolated = false;
    bool is_allowed = false;
    for (const NetworkPolicy& policy : set_.policies) {
      if (!selects(policy.subject, end)) continue;
      is_isolated |= (policy.*side).isolates;
      for (const Rule& rule : (policy.*side).rules) {
        const bool is_meant =
            rule.ports.contains(protocol, port) &&
            (rule.is_for_anyone || std::any_of(rule.peers.begin(), rule.peers.end(),
                                               [&](const Peer& one) { return is(one, peer); }));
        if (is_meant && rule.is_denial) return false;
        is_allowed |= is_meant;
      }
    }
    return is_allowed || !is_isolated;
  }

  static bool is(const Peer& peer, const End& end) {
    if (peer.kind == Peer::Kind::kOutside) return end.is_outside;
    if (peer.kind == Peer::Kind::kPods) return selects(peer.pods, end);
    if (!end.is_outside && !peer.block.holds_pods) return false;
    return entity::contains(peer.block.cidr, end.address) &&
           std::none_of(peer.block.except.begin(), peer.block.except.end(),
                        [&](const auto& hole) { return entity::contains(hole, end.address); });
  }

  static bool selects(const PodSelector& selector, const End& end) {
    if (end.is_outside) return false;
    if (!selector.namespace_name.empty() && selector.namespace_name != end.namespace_name) {
      return false;
    }
    return selector.namespaces.matches({{"kubernetes.io/metadata.name", end.namespace_name}}) &&
           selector.pods.matches(end.labels);
  }

  const PolicySet& set_;
};

class RandomPolicies {
 public:
  explicit RandomPolicies(std::uint64_t seed) : random_(seed) {}

  PolicySet draw() {
    PolicySet set;
    const std::uint64_t count = random_.below(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      NetworkPolicy policy;
      policy.name = "p";
      policy.subject = selector();
      policy.ingress = side();
      policy.egress = side();
      set.policies.push_back(std::move(policy));
    }
    return set;
  }

 private:
  bool sometimes(std::uint64_t one_in) { return random_.below(one_in) == 0; }

  Side side() {
    Side result{.isolates = !sometimes(3)};
    const std::uint64_t count = random_.below(3);
    for (std::uint64_t i = 0; i < count; ++i) result.rules.push_back(rule());
    return result;
  }

  Rule rule() {
    Rule rule;
    rule.is_denial = sometimes(4);
    rule.is_for_anyone = sometimes(5);
    const std::uint64_t count = rule.is_for_anyone ? 0 : random_.below(3);
    for (std::uint64_t i = 0; i < count; ++i) rule.peers.push_back(peer(rule.is_denial));
    if (sometimes(2)) {
      rule.ports = PortSet::all();
    } else {
      constexpr PortSet::Range kRanges[] = {{80, 80}, {80, 90}, {85, 100}};
      rule.ports.add(sometimes(2) ? Protocol::kTcp : Protocol::kUdp, kRanges[random_.below(3)]);
    }
    return rule;
  }

  // A denial of a part of the outside is not told from one of nothing, by the contract.
  Peer peer(bool is_denial) {
    Peer peer;
    const std::uint64_t which = random_.below(is_denial ? 4 : 6);
    if (which == 0) {
      peer.kind = Peer::Kind::kOutside;
    } else if (which > 3) {
      peer.kind = Peer::Kind::kBlock;
      const auto cidr = [](const char* text) { return entity::parse_cidr(text).value(); };
      switch (random_.below(3)) {
        case 0:
          peer.block = {.cidr = cidr("10.1.0.0/16"), .except = {cidr("10.1.0.0/31")}};
          break;
        case 1:
          peer.block = {.cidr = cidr("0.0.0.0/0"), .except = {cidr("8.0.0.0/8")}};
          break;
        default:
          peer.block = {.cidr = cidr("8.8.0.0/16"), .except = {}, .holds_pods = false};
      }
    } else {
      peer.pods = selector();
    }
    return peer;
  }

  PodSelector selector() {
    PodSelector selector;
    if (sometimes(2)) selector.namespace_name = sometimes(3) ? "audit" : "shop";
    if (sometimes(6)) selector.namespaces.requirements.push_back(requirement_of_namespace());
    const std::uint64_t count = random_.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
      LabelRequirement requirement;
      requirement.op = static_cast<LabelRequirement::Operator>(random_.below(4));
      requirement.key = sometimes(2) ? "tier" : "app";
      requirement.values = {requirement.key == "tier" ? "front" : "web"};
      selector.pods.requirements.push_back(std::move(requirement));
    }
    return selector;
  }

  LabelRequirement requirement_of_namespace() {
    return {
        .key = "kubernetes.io/metadata.name",
        .op = sometimes(2) ? LabelRequirement::Operator::kIn : LabelRequirement::Operator::kNotIn,
        .values = {"shop"}};
  }

  test::Random random_;
};

std::vector<Naive::End> ends_of(const test::World& world) {
  std::vector<Naive::End> ends;
  for (const auto& history : world.entities.histories()) {
    const entity::EntityId id = history.intervals.front().entity;
    const entity::Entity& entity = world.entities.entity(id);
    if (entity.kind != entity::Kind::kPod) continue;
    ends.push_back({.service = world.cluster.class_name(world.cluster.class_of(graph::node_of(id))),
                    .namespace_name = entity.namespace_name,
                    .labels = entity.labels,
                    .address = history.address});
  }
  for (const char* address : {"8.8.8.8", "8.9.9.9", "1.1.1.1"}) {
    ends.push_back({.service = "internet",
                    .address = entity::parse_address(address).value(),
                    .is_outside = true});
  }
  return ends;
}

TEST(Reachability, IsWhatTryingEveryPortOfEveryPairFinds) {
  const test::World world(test::small_cluster());
  const graph::ObservationConfig observation = graph::propose_cidrs({}, world.entities);
  const std::vector<Naive::End> ends = ends_of(world);
  RandomPolicies policies(23);
  std::size_t allowed = 0;
  std::size_t forbidden = 0;
  constexpr std::uint16_t kPorts[] = {80, 83, 88, 95, 443};  // one of each part of the ranges
  for (int round = 0; round < 1000; ++round) {
    const PolicySet set = policies.draw();
    const Naive naive(set);
    Connections expected;
    for (const Naive::End& client : ends) {
      for (const Naive::End& server : ends) {
        if (&client == &server || (client.is_outside && server.is_outside)) continue;
        if (client.is_outside && !naive.is_isolated(server)) continue;
        bool goes = false;
        for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp, Protocol::kIcmp}) {
          for (const std::uint16_t port : kPorts) {
            goes |= naive.goes(client, server, protocol, port);
          }
        }
        (goes ? allowed : forbidden) += 1;
        if (goes) expected.insert({client.service, server.service});
      }
    }
    config::Diagnostics diagnostics;
    ASSERT_EQ(reachable(set, world.cluster, observation, diagnostics), expected) << round;
  }
  EXPECT_GT(allowed, 5000U);
  EXPECT_GT(forbidden, 5000U);
}

TEST(Reachability, SaysWhosePodsHaveNoLabels) {
  const test::World world({test::labelled_pod("web-0", "10.1.0.1", "shop", {}),
                           test::labelled_pod("db-0", "10.1.0.2", "shop", {{"app", "db"}})});
  config::Diagnostics diagnostics;
  (void)reachable({}, world.cluster, {}, diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1U);
  EXPECT_EQ(diagnostics.all()[0].message,
            "the pods of web have no labels: no selector by labels selects them");
}

TEST(Connections, BecomePermissionsForRequestsAndAnswers) {
  const test::World world(test::small_cluster());
  const injector::Policy policy = policy_of({{"web", "db"},
                                             {"batch", "probe"},
                                             {"web", "batch"},
                                             {"batch", "web"},
                                             {"web", "web"},
                                             {"db", "internet"},
                                             {"internet", "web"}},
                                            world.cluster);
  using Names = std::set<std::string>;
  EXPECT_EQ(policy.allowed.at("web"), (Names{"batch", "db", "internet"}));
  EXPECT_EQ(policy.allowed.at("db"), (Names{"internet", "web"}));
  EXPECT_EQ(policy.allowed.at("batch"), (Names{"probe", "web"}));
  EXPECT_EQ(policy.allowed.at("probe"), (Names{"batch"}));
  EXPECT_EQ(policy.allowed.at("internet"), Names{});
  // probe and batch have no VIP; who of web and batch called is open.
  EXPECT_EQ(policy.client_vips, (std::set<injector::ClientVip>{{"web", "db"}}));
}

}  // namespace
}  // namespace mimir::policy
