// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/tools/policy/small_cluster.h"
#include "tools/policy/kubernetes_reader.h"
#include "tools/policy/reachability.h"

namespace mimir::policy {
namespace {

using Names = std::set<std::string>;

// The cases are those of docs.cilium.io, "Layer 3 Examples" and "Deny Policies".
class CiliumPolicy : public testing::Test {
 protected:
  CiliumPolicy() : world_(test::small_cluster()) {}

  Connections under(const std::string& text) {
    const auto set = read_kubernetes_policies(text, "c.yaml", diagnostics_);
    EXPECT_TRUE(set) << diagnostics_.render();
    if (!set) return {};
    return reachable(*set, world_.cluster, graph::propose_cidrs({}, world_.entities), diagnostics_);
  }
  static std::string of_db(const std::string& rules) {
    return "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
           "metadata: {name: c, namespace: shop}\nspec:\n"
           "  endpointSelector: {matchLabels: {app: db}}\n" +
           rules;
  }
  // Who may connect to db, and whom db may connect to.
  Names clients(const std::string& rules) {
    Names names;
    for (const Connection& c : under(of_db(rules))) {
      if (c.server == "db") names.insert(c.client);
    }
    return names;
  }
  Names servers(const std::string& rules) {
    Names names;
    for (const Connection& c : under(of_db(rules))) {
      if (c.client == "db") names.insert(c.server);
    }
    return names;
  }

  test::World world_;
  config::Diagnostics diagnostics_;
};

const Names kAll{"web", "batch", "probe", "kube-dns"};

TEST_F(CiliumPolicy, AnEmptyRuleIsolatesAndAllowsNothing) {
  EXPECT_EQ(clients("  ingress: [{}]\n"), Names{});
  EXPECT_EQ(clients("  ingress: []\n"), kAll) << "no rule at all does not isolate";
  EXPECT_EQ(clients("  egress: [{}]\n"), kAll) << "the other direction stays as it was";
  EXPECT_EQ(servers("  egress: [{}]\n"), Names{});
  EXPECT_EQ(clients("  ingress: [{fromEndpoints: []}]\n"), Names{});
}

TEST_F(CiliumPolicy, EndpointsAreThoseOfItsNamespaceUnlessTheyNameOne) {
  EXPECT_EQ(clients("  ingress: [{fromEndpoints: [{}]}]\n"), (Names{"web", "batch"}));
  EXPECT_EQ(clients("  ingress: [{fromEndpoints: [{matchLabels: {tier: front}}]}]\n"),
            (Names{"web"}));
  EXPECT_EQ(clients("  ingress:\n  - fromEndpoints:\n    - matchLabels:\n"
                    "        k8s:io.kubernetes.pod.namespace: audit\n        any:tier: front\n"),
            (Names{"probe"}));
  EXPECT_EQ(clients("  ingress:\n  - fromEndpoints:\n    - matchExpressions:\n"
                    "      - {key: io.kubernetes.pod.namespace, operator: Exists}\n"),
            kAll);
}

TEST_F(CiliumPolicy, EntitiesAreTheOutsideAndTheCluster) {
  EXPECT_EQ(servers("  egress: [{toEntities: [world]}]\n"), (Names{"internet"}));
  EXPECT_EQ(servers("  egress: [{toEntities: [cluster]}]\n"), kAll);
  EXPECT_EQ(servers("  egress: [{toEntities: [all]}]\n"),
            (Names{"web", "batch", "probe", "kube-dns", "internet"}));
  EXPECT_EQ(servers("  egress: [{toEntities: [host, kube-apiserver]}]\n"), Names{});
}

TEST_F(CiliumPolicy, CidrsHoldNoPods) {
  EXPECT_EQ(servers("  egress: [{toCIDR: [0.0.0.0/0]}]\n"), (Names{"internet"}));
  EXPECT_EQ(servers("  egress: [{toCIDR: [10.1.0.1, 10.0.0.0/8]}]\n"), Names{});
  EXPECT_EQ(servers("  egress: [{toCIDRSet: [{cidr: 8.0.0.0/8, except: [8.8.0.0/16]}]}]\n"),
            (Names{"internet"}));
}

TEST_F(CiliumPolicy, PortsWithoutPeersAreForEveryone) {
  EXPECT_EQ(servers("  egress: [{toPorts: [{ports: [{port: \"80\", protocol: TCP}]}]}]\n"),
            (Names{"web", "batch", "probe", "kube-dns", "internet"}));
}

TEST_F(CiliumPolicy, ServicesAreThePodsBehindThem) {
  EXPECT_EQ(servers("  egress: [{toServices: [{k8sService: {serviceName: web, namespace: shop}}]}]"
                    "\n"),
            (Names{"web"}));
}

TEST_F(CiliumPolicy, NamesOfTheOutsideAreTheOutsideAndSaidSo) {
  EXPECT_EQ(servers("  egress: [{toFQDNs: [{matchName: example.org}]}]\n"), (Names{"internet"}));
  EXPECT_NE(diagnostics_.render().find("toFQDNs: names are not looked up"), std::string::npos);
}

TEST_F(CiliumPolicy, DenialsOutweighWhatIsAllowed) {
  const std::string allow = "  ingress: [{fromEntities: [all]}]\n";
  EXPECT_EQ(clients(allow + "  ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]\n"),
            (Names{"batch", "probe", "kube-dns", "internet"}));
  EXPECT_EQ(clients("  ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]\n"), Names{})
      << "a denial alone isolates";
  EXPECT_EQ(clients("  enableDefaultDeny: {ingress: false}\n"
                    "  ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]\n"),
            (Names{"batch", "probe", "kube-dns"}));
  // A port denied leaves the others; all of them leave nothing.
  const std::string port = "  ingressDeny: [{toPorts: [{ports: [{port: \"5432\"}]}]}]\n";
  EXPECT_EQ(clients("  ingress: [{fromEntities: [cluster]}]\n" + port), kAll);
  EXPECT_EQ(clients("  ingress: [{fromEntities: [cluster], toPorts: [{ports: [{port: \"5432\", "
                    "protocol: TCP}]}]}]\n" +
                    port),
            Names{});
}

TEST_F(CiliumPolicy, ADenialOfTheWholeOutsideLeavesNothingOfIt) {
  const std::string allow = "  egress: [{toEntities: [world]}]\n";
  EXPECT_EQ(servers(allow + "  egressDeny: [{toCIDR: [8.0.0.0/8]}]\n"), (Names{"internet"}));
  EXPECT_EQ(servers(allow + "  egressDeny: [{toCIDR: [0.0.0.0/0]}]\n"), Names{});
  EXPECT_EQ(
      servers(allow + "  egressDeny: [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [8.0.0.0/8]}]}]\n"),
      (Names{"internet"}));
}

TEST_F(CiliumPolicy, ClusterwideOnesSelectInAllNamespaces) {
  const Connections actual = under(R"(apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: wide}
specs:
- endpointSelector:
    matchExpressions:
    - {key: io.kubernetes.pod.namespace, operator: NotIn, values: [kube-system]}
  egress:
  - toEndpoints:
    - matchLabels: {io.kubernetes.pod.namespace: kube-system, k8s-app: kube-dns}
)");
  Connections expected;
  for (const Connection& c : test::everything()) {
    if (c.client == "kube-dns" || c.server == "kube-dns") expected.insert(c);
  }
  EXPECT_EQ(actual, expected);
}

TEST_F(CiliumPolicy, RefusesWhatItCannotEvaluate) {
  const std::string rules =
      "  egress:\n"
      "  - {toGroups: [{aws: {}}]}\n"
      "  - {toEndpoints: [{}], toCIDR: [8.8.8.8]}\n"
      "  - {toEndpoints: [{matchLabels: {\"reserved:host\": \"\"}}]}\n"
      "  - {toEntities: [worlds]}\n"
      "  - {toCIDRSet: [{cidrGroupRef: partners}]}\n"
      "  - {toWhom: []}\n"
      "  nodeSelector: {}\n";
  EXPECT_FALSE(read_kubernetes_policies(of_db(rules), "c.yaml", diagnostics_));
  const std::vector<std::string> expected = {
      "spec.nodeSelector is not supported: policies for hosts take no part",
      "spec.egress[0].toGroups is not supported: groups of a cloud are not known here",
      "spec.egress[1].toCIDR excludes toEndpoints beside it",
      "spec.egress[2].toEndpoints[0]: labels of `reserved:` are not supported",
      "spec.egress[3].toEntities: `worlds` is no entity",
      "spec.egress[4].toCIDRSet[0].cidrGroupRef is not supported: groups of CIDRs are not known "
      "here",
      "spec.egress[5].toWhom is not known",
  };
  ASSERT_EQ(diagnostics_.all().size(), expected.size()) << diagnostics_.render();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(diagnostics_.all()[i].message, expected[i]);
    EXPECT_GT(diagnostics_.all()[i].place.line, 5U);
  }
}

}  // namespace
}  // namespace mimir::policy
