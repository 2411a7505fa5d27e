// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include "tests/tools/policy/small_cluster.h"
#include "tools/policy/kubernetes_reader.h"
#include "tools/policy/reachability.h"

namespace mimir::policy {
namespace {

// What the policies leave of everything(): the cases and what they mean are those of
// kubernetes.io/docs/concepts/services-networking/network-policies.
class KubernetesPolicy : public testing::Test {
 protected:
  KubernetesPolicy() : world_(test::small_cluster()) {}

  Connections under(const std::string& text) {
    const auto set = read_kubernetes_policies(text, "p.yaml", diagnostics_);
    EXPECT_TRUE(set) << diagnostics_.render();
    if (!set) return {};
    return reachable(*set, world_.cluster, graph::propose_cidrs({}, world_.entities), diagnostics_);
  }
  // A policy of the namespace shop.
  Connections under_spec(const std::string& spec) {
    return under(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata: {name: p, namespace: shop}\nspec:\n" +
        spec);
  }
  static Connections without(Connections all, const auto& is_gone) {
    std::erase_if(all, is_gone);
    return all;
  }
  static bool is_of_shop(const std::string& name) {
    return name == "web" || name == "db" || name == "batch";
  }

  test::World world_;
  config::Diagnostics diagnostics_;
};

TEST_F(KubernetesPolicy, WithoutPoliciesEverythingGoes) {
  EXPECT_EQ(under(""), test::everything());
}

TEST_F(KubernetesPolicy, DefaultDenyAllIngress) {
  EXPECT_EQ(under_spec("  podSelector: {}\n  policyTypes: [Ingress]\n"),
            without(test::everything(), [](const Connection& c) { return is_of_shop(c.server); }));
}

TEST_F(KubernetesPolicy, AllowAllIngress) {
  Connections expected = test::everything();
  // It isolates, and lets everyone in: the outside too.
  for (const char* server : {"web", "db", "batch"}) expected.insert({"internet", server});
  EXPECT_EQ(under_spec("  podSelector: {}\n  ingress:\n  - {}\n  policyTypes: [Ingress]\n"),
            expected);
  // What one allows no other forbids.
  EXPECT_EQ(under("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
                  "metadata: {name: none, namespace: shop}\n"
                  "spec: {podSelector: {}, policyTypes: [Ingress]}\n---\n"
                  "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
                  "metadata: {name: all, namespace: shop}\n"
                  "spec: {podSelector: {}, ingress: [{}]}\n"),
            expected);
}

TEST_F(KubernetesPolicy, DefaultDenyAllEgress) {
  EXPECT_EQ(under_spec("  podSelector: {}\n  policyTypes: [Egress]\n"),
            without(test::everything(), [](const Connection& c) { return is_of_shop(c.client); }));
}

TEST_F(KubernetesPolicy, AllowAllEgress) {
  EXPECT_EQ(under_spec("  podSelector: {}\n  egress:\n  - {}\n  policyTypes: [Egress]\n"),
            test::everything());
}

TEST_F(KubernetesPolicy, DefaultDenyAll) {
  EXPECT_EQ(under_spec("  podSelector: {}\n  policyTypes: [Ingress, Egress]\n"),
            without(test::everything(), [](const Connection& c) {
              return is_of_shop(c.server) || is_of_shop(c.client);
            }));
}

TEST_F(KubernetesPolicy, WithoutTypesIngressIsMeantAndEgressIfItHasRules) {
  const auto no_ingress = [](const Connection& c) { return is_of_shop(c.server); };
  EXPECT_EQ(under_spec("  podSelector: {}\n"), without(test::everything(), no_ingress));
  EXPECT_EQ(under_spec("  podSelector: {}\n  egress: []\n"),
            without(test::everything(), no_ingress));
  EXPECT_EQ(under_spec("  podSelector: {}\n  egress: [{to: [{podSelector: {}}]}]\n"),
            without(test::everything(), [](const Connection& c) {
              return is_of_shop(c.server) || is_of_shop(c.client);
            }));
}

// The page's own example, with this cluster's labels.
TEST_F(KubernetesPolicy, TheExampleOfTheDocumentation) {
  const Connections actual = under(R"(apiVersion: v1
kind: Namespace
metadata: {name: audit, labels: {project: myproject}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: test-network-policy
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: db
  policyTypes:
  - Ingress
  - Egress
  ingress:
  - from:
    - ipBlock:
        cidr: 172.17.0.0/16
        except:
        - 172.17.1.0/24
    - namespaceSelector:
        matchLabels:
          project: myproject
    - podSelector:
        matchLabels:
          app: web
    ports:
    - protocol: TCP
      port: 6379
  egress:
  - to:
    - ipBlock:
        cidr: 10.0.0.0/24
    ports:
    - protocol: TCP
      port: 5978
)");
  EXPECT_EQ(actual, without(test::everything(), [](const Connection& c) {
              return c.client == "db" ||
                     (c.server == "db" && c.client != "web" && c.client != "probe");
            }));
}

TEST_F(KubernetesPolicy, OneElementIsBothSelectorsTwoAreEither) {
  const std::string both =
      "  podSelector: {matchLabels: {app: db}}\n  ingress:\n  - from:\n"
      "    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: audit}}\n"
      "      podSelector: {matchLabels: {tier: front}}\n";
  const auto only = [](std::set<std::string> clients) {
    return without(test::everything(), [clients](const Connection& c) {
      return c.server == "db" && !clients.contains(c.client);
    });
  };
  EXPECT_EQ(under_spec(both), only({"probe"}));
  const std::string either =
      "  podSelector: {matchLabels: {app: db}}\n  ingress:\n  - from:\n"
      "    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}\n"
      "    - podSelector: {matchLabels: {tier: front}}\n";
  EXPECT_EQ(under_spec(either), only({"kube-dns", "web"})) << "web is the front of this namespace";
}

TEST_F(KubernetesPolicy, BothEndsMustAgreeOnAPort) {
  const std::string policies = R"(apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [{ports: [{protocol: TCP, port: 32000, endPort: 32768}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: in, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{ports: [{protocol: PROTOCOL, port: PORT}]}]
)";
  const auto with = [&policies](const std::string& protocol, const std::string& port) {
    std::string text = policies;
    text.replace(text.find("PROTOCOL"), 8, protocol);
    text.replace(text.find("PORT}"), 4, port);
    return text;
  };
  const Connection connection{"web", "db"};
  EXPECT_TRUE(under(with("TCP", "32768")).contains(connection));
  EXPECT_FALSE(under(with("TCP", "32769")).contains(connection));
  EXPECT_FALSE(under(with("UDP", "32768")).contains(connection));
  EXPECT_TRUE(diagnostics_.all().empty()) << diagnostics_.render();
  EXPECT_TRUE(under(with("TCP", "redis")).contains(connection));
  EXPECT_NE(diagnostics_.render().find("`redis` is taken for all ports"), std::string::npos);
}

TEST_F(KubernetesPolicy, ABlockHoldsPodsByTheirAddress) {
  const Connections actual = under_spec(
      "  podSelector: {matchLabels: {app: db}}\n  ingress:\n  - from:\n"
      "    - ipBlock: {cidr: 10.1.0.0/16, except: [10.1.0.0/24]}\n");
  EXPECT_EQ(actual, without(test::everything(), [](const Connection& c) {
              return c.server == "db" && c.client == "web";
            }));
}

TEST_F(KubernetesPolicy, EgressToTheInternetIsWhatABlockOfItAllows) {
  const auto reaches = [this](const std::string& cidr) {
    return under_spec(
               "  podSelector: {matchLabels: {app: db}}\n  policyTypes: [Egress]\n"
               "  egress: [{to: [{ipBlock: {cidr: " +
               cidr + "}}]}]\n")
        .contains({"db", "internet"});
  };
  EXPECT_TRUE(reaches("0.0.0.0/0"));
  EXPECT_TRUE(reaches("198.51.100.7/32"));
  EXPECT_FALSE(reaches("10.0.0.0/8"));
  EXPECT_FALSE(reaches("172.16.0.0/12"));
}

TEST_F(KubernetesPolicy, ExpressionsSelectAsKubernetesHasIt) {
  const auto lets_in = [this](const std::string& expression) {
    std::set<std::string> clients;
    const Connections actual = under_spec(
        "  podSelector: {matchLabels: {app: db}}\n  ingress: [{from: [{namespaceSelector: {}, "
        "podSelector: {matchExpressions: [" +
        expression + "]}}]}]\n");
    for (const Connection& c : actual) {
      if (c.server == "db") clients.insert(c.client);
    }
    return clients;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(lets_in("{key: tier, operator: In, values: [front, x]}"), (Names{"web", "probe"}));
  EXPECT_EQ(lets_in("{key: tier, operator: NotIn, values: [front]}"), (Names{"batch", "kube-dns"}));
  EXPECT_EQ(lets_in("{key: tier, operator: Exists}"), (Names{"web", "probe"}));
  EXPECT_EQ(lets_in("{key: tier, operator: DoesNotExist}"), (Names{"batch", "kube-dns"}));
  EXPECT_EQ(lets_in("{key: tier, operator: Exists}, {key: app, operator: NotIn, values: [web]}"),
            (Names{"probe"}));
}

TEST_F(KubernetesPolicy, SaysWhatItDoesNotKnow) {
  (void)under_spec(
      "  podSelector: {matchLabels: {app: dbs}}\n"
      "  ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}]}]\n");
  const std::string said = diagnostics_.render();
  EXPECT_NE(said.find("NetworkPolicy shop/p selects no pod"), std::string::npos) << said;
  EXPECT_NE(said.find("labels of namespace audit are not known: team"), std::string::npos) << said;
  EXPECT_EQ(diagnostics_.error_count(), 0U);
}

TEST_F(KubernetesPolicy, ReadsListsAsKubectlWritesThem) {
  const Connections actual = under(
      R"({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "networking.k8s.io/v1",
      "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "shop", "uid": "1"},
      "spec": {"podSelector": {}, "policyTypes": ["Egress"]}, "status": {}}]})");
  EXPECT_FALSE(actual.contains({"web", "db"}));
  EXPECT_TRUE(diagnostics_.all().empty()) << diagnostics_.render();
}

TEST_F(KubernetesPolicy, RefusesWhatItDoesNotUnderstandAtItsPlace) {
  EXPECT_FALSE(read_kubernetes_policies(R"(apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec:
  podSelector: {matchLabel: {app: db}}
  policyTypes: [Ingres]
  ingress:
  - from:
    - {}
    - ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}
      podSelector: {}
    ports:
    - {protocol: tcp, port: 70000}
    - {port: 80, endPort: 79}
    form: []
  - from: {podSelector: {}}
  - from: [{podSelector: {matchExpressions: [{key: a, operator: Within}, {key: b, operator: In}]}}]
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: a}
)",
                                        "p.yaml", diagnostics_));
  struct Expected {
    std::uint32_t line;
    std::uint32_t column;
    std::string message;
  };
  const std::vector<Expected> expected = {
      {5, 17, "spec.podSelector.matchLabel is not known"},
      {9, 7, "spec.ingress[0].from[0] selects nobody"},
      {10, 16, "spec.ingress[0].from[1].ipBlock excludes selectors beside it"},
      {13, 18, "spec.ingress[0].ports[0].protocol: `tcp` is no protocol"},
      {13, 29, "spec.ingress[0].ports[0].port: `70000` is no number of a port"},
      {14, 27, "spec.ingress[0].ports[1].endPort: `79` is no number of a port"},
      {15, 5, "spec.ingress[0].form is not known"},
      {16, 11, "spec.ingress[1].from: a list is expected, here is a section"},
      {17, 65,
       "spec.ingress[2].from[0].podSelector.matchExpressions[0].operator: `Within` is no operator"},
      {17, 74, "spec.ingress[2].from[0].podSelector.matchExpressions[1]: In needs values"},
      {6, 17, "spec.policyTypes: `Ingres` is no type"},
      {20, 7, "AdminNetworkPolicy of policy.networking.k8s.io/v1alpha1 is not supported"},
  };
  ASSERT_EQ(diagnostics_.all().size(), expected.size()) << diagnostics_.render();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const config::Diagnostic& actual = diagnostics_.all()[i];
    EXPECT_EQ(actual.message, expected[i].message);
    EXPECT_EQ(actual.place.line, expected[i].line) << actual.message;
    EXPECT_EQ(actual.place.column, expected[i].column) << actual.message;
    EXPECT_FALSE(actual.source_line.empty());
  }
}

}  // namespace
}  // namespace mimir::policy
