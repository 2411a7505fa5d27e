// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/policy_writer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"
#include "tests/tools/policy/small_cluster.h"
#include "tools/policy/kubernetes_reader.h"
#include "tools/policy/policy_file.h"
#include "tools/policy/reachability.h"

namespace mimir::policy {
namespace {

Connections draw(test::Random& random) {
  const std::vector<std::string> names = {"web", "db", "batch", "probe", "kube-dns", "internet"};
  Connections connections;
  for (const std::string& client : names) {
    for (const std::string& server : names) {
      const bool is_pair = client != server || client == "web";
      if (is_pair && random.below(3) == 0) connections.insert({client, server});
    }
  }
  return connections;
}

class Written : public testing::Test {
 protected:
  Written()
      : world_(test::small_cluster()), observation_(graph::propose_cidrs({}, world_.entities)) {}

  Connections read(const std::string& text) {
    const auto set = read_kubernetes_policies(text, "w.yaml", diagnostics_);
    EXPECT_TRUE(set) << diagnostics_.render() << text;
    if (!set) return {};
    return reachable(*set, world_.cluster, observation_, diagnostics_);
  }

  test::World world_;
  graph::ObservationConfig observation_;
  config::Diagnostics diagnostics_;
};

TEST_F(Written, NetworkPoliciesSayTheSameWhenReadBack) {
  test::Random random(5);
  for (int round = 0; round < 100; ++round) {
    const Connections connections = draw(random);
    const auto text = to_network_policies(connections, world_.cluster, observation_, diagnostics_);
    ASSERT_TRUE(text);
    ASSERT_EQ(read(*text), connections) << *text;
  }
  EXPECT_TRUE(diagnostics_.all().empty()) << diagnostics_.render();
}

TEST_F(Written, CiliumPoliciesSayTheSameWhenReadBack) {
  test::Random random(6);
  for (int round = 0; round < 100; ++round) {
    const Connections connections = draw(random);
    const auto text = to_cilium_policies(connections, world_.cluster, diagnostics_);
    ASSERT_TRUE(text);
    ASSERT_EQ(read(*text), connections) << *text;
  }
  EXPECT_TRUE(diagnostics_.all().empty()) << diagnostics_.render();
}

TEST_F(Written, AllFormatsMakeTheSamePolicy) {
  const Connections connections = {
      {"web", "db"}, {"db", "web"}, {"batch", "db"}, {"db", "internet"}, {"internet", "web"}};
  const injector::Policy expected = policy_of(connections, world_.cluster);
  for (const std::string& text :
       {to_network_policies(connections, world_.cluster, observation_, diagnostics_).value(),
        to_cilium_policies(connections, world_.cluster, diagnostics_).value(),
        injector::to_text(expected)}) {
    const auto file = PolicyFile::parse(text, "p", diagnostics_);
    ASSERT_TRUE(file) << diagnostics_.render();
    EXPECT_EQ(file->policy_of(world_.cluster, observation_, diagnostics_), expected) << text;
  }
}

TEST_F(Written, LookLikePoliciesOfKubernetes) {
  const auto text = to_network_policies({{"web", "db"}, {"db", "internet"}}, world_.cluster,
                                        observation_, diagnostics_);
  ASSERT_TRUE(text);
  const std::string expected = R"(---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: "db"
  namespace: "shop"
spec:
  podSelector:
    matchLabels:
      app: "db"
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: "shop"
          podSelector:
            matchLabels:
              app: "web"
  egress:
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except:
              - 10.0.0.0/8
              - 100.64.0.0/10
              - 169.254.0.0/16
              - 172.16.0.0/12
              - 192.168.0.0/16
        - ipBlock:
            cidr: ::/0
            except:
              - fc00::/7
              - fe80::/10
)";
  EXPECT_NE(text->find(expected), std::string::npos) << *text;
}

TEST_F(Written, RefusesWhatLabelsDoNotTell) {
  const test::World same({test::labelled_pod("web-0", "10.1.0.1", "shop", {{"tier", "x"}}),
                          test::labelled_pod("db-0", "10.1.0.2", "shop", {{"tier", "x"}}),
                          test::labelled_pod("db-0", "10.1.0.3", "audit", {{"tier", "x"}})});
  EXPECT_FALSE(to_cilium_policies({}, same.cluster, diagnostics_));
  EXPECT_EQ(diagnostics_.error_count(), 2U) << "that of audit is alone there";
  // Labels that every pod has anew do not make a service's.
  config::Diagnostics none;
  const test::World hashed(
      {test::labelled_pod("web-0", "10.1.0.1", "shop",
                          {{"pod-template-hash", "1"}, {"tier", "x"}, {"part", "w"}}),
       test::labelled_pod("db-0", "10.1.0.2", "shop",
                          {{"pod-template-hash", "2"}, {"tier", "x"}})});
  EXPECT_FALSE(to_cilium_policies({}, hashed.cluster, none));
  ASSERT_EQ(none.error_count(), 1U) << none.render();
  EXPECT_NE(none.render().find("the pods of db"), std::string::npos);
}

TEST_F(Written, SaysWhatHasNobodyToSelect) {
  std::vector<entity::Event> events = test::small_cluster();
  events.push_back(test::service_event("legacy", "10.96.0.9", "shop", "app", "legacy"));
  const test::World world(events);
  ASSERT_TRUE(to_cilium_policies({{"web", "legacy"}}, world.cluster, diagnostics_));
  ASSERT_EQ(diagnostics_.all().size(), 1U);
  EXPECT_EQ(diagnostics_.all()[0].message,
            "web to legacy is in no policy: one of them has no pods");
}

}  // namespace
}  // namespace mimir::policy
