// SPDX-License-Identifier: Apache-2.0
#include "model/entity/service_assignment.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::entity {
namespace {

using Labels = std::map<std::string, std::string>;

/// A cluster by enumeration; addresses are dealt out in order.
class Cluster {
 public:
  Cluster& service(std::string name, Labels labels = {}, std::string namespace_name = "shop") {
    add({.kind = Kind::kService,
         .name = std::move(name),
         .namespace_name = std::move(namespace_name),
         .labels = std::move(labels)});
    return *this;
  }
  Cluster& headless(std::string name, Labels labels) {
    service(std::move(name), std::move(labels));
    events_.back().addresses.clear();
    return *this;
  }
  Cluster& pod(std::string name, Labels labels = {}, std::string owner = {},
               std::string namespace_name = "shop") {
    add({.kind = Kind::kPod,
         .name = std::move(name),
         .namespace_name = std::move(namespace_name),
         .labels = std::move(labels),
         .owner = std::move(owner)});
    return *this;
  }
  Cluster& listed_by(std::string service) {
    events_.back().entity.service = std::move(service);
    return *this;
  }
  Cluster& node(std::string name) {
    add({.kind = Kind::kNode, .name = std::move(name)});
    return *this;
  }

  [[nodiscard]] std::map<std::string, std::string> assigned() const {
    const EntityMap map = EntityMap::build(events_);
    const ServiceAssignment services = ServiceAssignment::build(map);
    std::map<std::string, std::string> result;
    for (EntityId id = 0; id < map.size(); ++id) {
      const ServiceId service = services.service_of(id);
      EXPECT_LT(service, services.size());
      EXPECT_EQ(services.find(services.service_name(service)), service);
      const std::string kind = map.entity(id).kind == Kind::kService ? "svc " : "";
      result[kind + map.entity(id).name] = services.service_name(service);
    }
    return result;
  }
  [[nodiscard]] EntityMap map() const { return EntityMap::build(events_); }

 private:
  void add(Entity entity) {
    Event event;
    event.entity = std::move(entity);
    event.addresses.push_back(Address::from_ipv4(next_address_++));
    events_.push_back(std::move(event));
  }
  std::vector<Event> events_;
  std::uint32_t next_address_ = 0x0a000001;
};

TEST(ServiceAssignment, ALabelSharedWithAServiceOfTheNamespaceDecides) {
  const auto assigned = Cluster()
                            .service("cart", {{"app", "cart-api"}})
                            .service("cart", {{"app", "other"}}, "elsewhere")
                            .pod("x-1", {{"app", "cart-api"}})
                            .pod("x-2", {{"app", "other"}})
                            .assigned();
  EXPECT_EQ(assigned.at("x-1"), "shop/cart");
  EXPECT_EQ(assigned.at("x-2"), "x") << "that service is of another namespace";
}

TEST(ServiceAssignment, NameGoesBeforeK8sAppBeforeApp) {
  const auto assigned = Cluster()
                            .service("by-app", {{"app", "a"}})
                            .service("by-k8s-app", {{"k8s-app", "a"}})
                            .service("by-name", {{"name", "a"}})
                            .pod("p1", {{"app", "a"}, {"k8s-app", "a"}, {"name", "a"}})
                            .pod("p2", {{"app", "a"}, {"k8s-app", "a"}})
                            .pod("p3", {{"app", "a"}, {"k8s-app", "nobody's"}})
                            .assigned();
  EXPECT_EQ(assigned.at("p1"), "by-name");
  EXPECT_EQ(assigned.at("p2"), "by-k8s-app");
  EXPECT_EQ(assigned.at("p3"), "by-app");
}

TEST(ServiceAssignment, APrefixedLabelCountsAsItsLastPart) {
  const auto assigned = Cluster()
                            .service("db", {{"app.kubernetes.io/name", "mysql"}})
                            .pod("p", {{"name", "mysql"}})
                            .pod("q", {{"pod-name", "mysql"}})
                            .assigned();
  EXPECT_EQ(assigned.at("p"), "db");
  EXPECT_EQ(assigned.at("q"), "q");
}

TEST(ServiceAssignment, TheShorterNameWinsASharedLabelAndItsSatelliteJoins) {
  for (const bool satellite_first : {true, false}) {
    Cluster cluster;
    if (satellite_first) cluster.service("x-repl", {{"app", "x"}});
    cluster.service("x", {{"app", "x"}});
    if (!satellite_first) cluster.service("x-repl", {{"app", "x"}});
    const auto assigned = cluster.pod("x-0", {{"app", "x"}}).assigned();
    EXPECT_EQ(assigned.at("x-0"), "x");
    EXPECT_EQ(assigned.at("svc x-repl"), "x");
    EXPECT_EQ(assigned.at("svc x"), "x");
  }
}

TEST(ServiceAssignment, TheLastOneWinsASharedK8sAppLabel) {
  const auto assigned = Cluster()
                            .service("grafana", {{"k8s-app", "monitoring"}})
                            .service("influxdb", {{"k8s-app", "monitoring"}})
                            .pod("heapster", {{"k8s-app", "monitoring"}})
                            .assigned();
  EXPECT_EQ(assigned.at("heapster"), "influxdb");
  EXPECT_EQ(assigned.at("svc grafana"), "grafana");
}

TEST(ServiceAssignment, AHeadlessServiceTakesWhatNoOtherDoes) {
  const auto assigned = Cluster()
                            .headless("db", {{"app", "database"}})
                            .service("database-main", {{"app", "database"}})
                            .headless("q", {{"app", "queue"}})
                            .pod("p1", {{"app", "database"}})
                            .pod("p2", {{"app", "queue"}})
                            .assigned();
  EXPECT_EQ(assigned.at("p1"), "database-main");
  EXPECT_EQ(assigned.at("p2"), "q");
}

TEST(ServiceAssignment, EndpointsGoBeforeLabels) {
  const auto assigned = Cluster()
                            .service("web", {{"app", "blog"}})
                            .service("blog-database", {{"app", "blog"}})
                            .pod("p1", {{"app", "blog"}})
                            .pod("p2", {{"app", "blog"}})
                            .listed_by("blog-database")
                            .pod("p3", {{"app", "blog"}})
                            .listed_by("unknown")
                            .assigned();
  EXPECT_EQ(assigned.at("p1"), "web");
  EXPECT_EQ(assigned.at("p2"), "blog-database");
  EXPECT_EQ(assigned.at("p3"), "web");
  EXPECT_EQ(assigned.at("svc blog-database"), "blog-database");
}

TEST(ServiceAssignment, WithoutLabelsTheOwnerAndThenTheNameDecide) {
  const auto assigned = Cluster()
                            .service("user")
                            .service("pxc")
                            .service("front-end")
                            .service("kube-dns")
                            .pod("a", {}, "Deployment/user")
                            .pod("b", {}, "ReplicaSet/user-65d5d74697")
                            .pod("pxc-0")
                            .pod("front-end-6b4f9c7d88-x2z9k")
                            .pod("coredns-6b4f9c7d88-x2z9k")
                            .pod("user-importer-6b4f9c7d88-x2z9k")
                            .assigned();
  EXPECT_EQ(assigned.at("a"), "user");
  EXPECT_EQ(assigned.at("b"), "user");
  EXPECT_EQ(assigned.at("pxc-0"), "pxc");
  EXPECT_EQ(assigned.at("front-end-6b4f9c7d88-x2z9k"), "front-end");
  EXPECT_EQ(assigned.at("coredns-6b4f9c7d88-x2z9k"), "kube-dns");
  EXPECT_EQ(assigned.at("user-importer-6b4f9c7d88-x2z9k"), "user-importer");
}

TEST(ServiceAssignment, OrphansOfOneWorkloadAreOneService) {
  const auto assigned = Cluster()
                            .pod("loader-1", {}, "Job/loader")
                            .pod("loader-2", {}, "Job/loader")
                            .pod("probe-x2z9k")
                            .assigned();
  EXPECT_EQ(assigned.at("loader-1"), "loader");
  EXPECT_EQ(assigned.at("loader-2"), "loader");
  EXPECT_EQ(assigned.at("probe-x2z9k"), "probe");
}

TEST(ServiceAssignment, NamesAreQualifiedWhereTwoNamespacesShareThem) {
  const auto assigned =
      Cluster().service("db").service("web").pod("db-0", {}, "", "staging").pod("web-0").assigned();
  EXPECT_EQ(assigned.at("svc db"), "shop/db");
  EXPECT_EQ(assigned.at("db-0"), "staging/db");
  EXPECT_EQ(assigned.at("web-0"), "web");
}

TEST(ServiceAssignment, AllNodesAreOneService) {
  const auto assigned = Cluster().node("n1").node("n2").pod("n1-0").assigned();
  EXPECT_EQ(assigned.at("n1"), "(nodes)");
  EXPECT_EQ(assigned.at("n2"), "(nodes)");
}

TEST(ServiceAssignment, DnsIsNoInfrastructureWhateverItsPodsAreCalled) {
  const EntityMap map = Cluster()
                            .pod("coredns-7", {{"k8s-app", "kube-dns"}}, "", "kube-system")
                            .pod("kube-dns-1", {}, "", "kube-system")
                            .service("kube-dns", {{"k8s-app", "kube-dns"}}, "kube-system")
                            .pod("kube-proxy-1", {{"k8s-app", "kube-proxy"}}, "", "kube-system")
                            .service("kubernetes", {}, "default")
                            .service("kubernetes", {}, "shop")
                            .node("n1")
                            .map();
  const ServiceAssignment services = ServiceAssignment::build(map);
  const std::vector<bool> is_dns{true, true, true, false, false, false, false};
  const std::vector<bool> is_infrastructure{false, false, false, true, true, false, false};
  ASSERT_EQ(map.size(), is_dns.size());
  for (EntityId id = 0; id < map.size(); ++id) {
    EXPECT_EQ(services.is_dns(id), is_dns[id]) << id;
    EXPECT_EQ(services.is_infrastructure(id), is_infrastructure[id]) << id;
  }
}

TEST(WorkloadName, LeavesOutWhatKubernetesAppends) {
  struct Case {
    std::string pod;
    std::string owner;
    std::string node;
    std::string workload;
  };
  const std::vector<Case> cases{
      {"wwwppp-wordpress-65d5d74697-7bd6l", "", "", "wwwppp-wordpress"},
      {"user-db-4175355519-cmzgm", "", "", "user-db"},
      {"my-release-pxc-0", "", "", "my-release-pxc"},
      {"heapster-zsfs9", "", "", "heapster"},
      {"redis-cache", "", "", "redis-cache"},
      {"kube-proxy", "", "", "kube-proxy"},
      {"front-end", "", "", "front-end"},
      {"x", "", "", "x"},
      {"-0", "", "", "-0"},
      {"", "", "", ""},
      {"etcd-node-7", "", "node-7", "etcd"},
      {"etcd-minikube", "Node/minikube", "", "etcd"},
      {"any", "Deployment/shop-6b4f9c7d88", "", "shop-6b4f9c7d88"},
      {"any", "ReplicaSet/shop-6b4f9c7d88", "", "shop"},
      {"any", "ReplicaSet/shop", "", "shop"},
      {"any", "Job/backup-28001234", "", "backup"},
      {"any", "Job/backup-2", "", "backup-2"},
      {"any", "StatefulSet/pxc", "", "pxc"},
  };
  for (const Case& test : cases) {
    Entity entity;
    entity.name = test.pod;
    entity.owner = test.owner;
    entity.node = test.node;
    EXPECT_EQ(workload_name(entity), test.workload) << test.pod << ' ' << test.owner;
  }
}

}  // namespace
}  // namespace mimir::entity
