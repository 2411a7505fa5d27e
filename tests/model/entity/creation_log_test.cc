// SPDX-License-Identifier: Apache-2.0
#include "model/entity/creation_log.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/entity/address_text.h"
#include "model/entity/entity_map.h"
#include "model/entity/service_assignment.h"
#include "tests/model/entity/pickle_log.h"

namespace mimir::entity {
namespace {

constexpr TimeNs kStart = 1'600'000'000 * kNsPerSecond;

TimeNs second(TimeNs number) { return kStart + number * kNsPerSecond; }

std::vector<Event> read(const std::string& text) {
  config::Diagnostics diagnostics;
  std::vector<Event> events = read_creation_log(text, "log", kStart, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  return events;
}

std::string who(const EntityMap& map, std::string_view ip, TimeNs time_ns) {
  const std::optional<EntityId> id = map.resolve(*parse_address(ip), time_ns);
  return id ? map.entity(*id).name : "-";
}

PickleLog::Tuple pod(std::string ip, std::string status = "Running") {
  return {std::move(ip), "+", "default", "pod", "app=web,tier=front", std::move(status)};
}

TEST(CreationLog, AnEntryIsAnEventOfItsSecond) {
  const std::vector<Event> events =
      read(PickleLog()
               .step(0, {{"web-1", pod("172.17.0.2")}})
               .step(7, {{"web", {"10.96.0.5", "+", "default", "svc", "<none>", "10.96.0.5"}}})
               .text());
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].time_ns, kStart);
  EXPECT_EQ(events[0].entity.kind, Kind::kPod);
  EXPECT_EQ(events[0].entity.name, "web-1");
  EXPECT_EQ(events[0].entity.namespace_name, "default");
  EXPECT_EQ(events[0].entity.labels,
            (std::map<std::string, std::string>{{"app", "web"}, {"tier", "front"}}));
  EXPECT_EQ(events[0].addresses, std::vector{*parse_address("172.17.0.2")});
  EXPECT_EQ(events[1].time_ns, second(7));
  EXPECT_EQ(events[1].entity.kind, Kind::kService);
  EXPECT_TRUE(events[1].entity.labels.empty());
  EXPECT_EQ(events[1].op, Event::Op::kAdd);
}

TEST(CreationLog, TheOldestLogsHaveNoLabelsAndStatus) {
  const std::vector<Event> events =
      read(PickleLog().step(3, {{"web-1", {"172.17.0.2", "+", "default", "pod"}}}).text());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].entity.labels.empty());
  EXPECT_EQ(events[0].addresses.size(), 1U);
}

TEST(CreationLog, AHeadlessServiceHasNoAddress) {
  const std::vector<Event> events =
      read(PickleLog().step(0, {{"db", {"None", "+", "default", "svc", "app=db", "None"}}}).text());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].addresses.empty());
}

TEST(CreationLog, AMinusIsADeletion) {
  const EntityMap map = EntityMap::build(
      read(PickleLog()
               .step(0, {{"web-1", pod("172.17.0.2")}})
               .step(9, {{"web-1", {"172.17.0.2", "-", "default", "pod", "<none>", "Running"}}})
               .text()));
  EXPECT_EQ(who(map, "172.17.0.2", second(8)), "web-1");
  EXPECT_EQ(who(map, "172.17.0.2", second(9)), "-");
}

TEST(CreationLog, APodThatTerminatesKeepsItsAddressUntilAnotherTakesIt) {
  for (const std::string status : {"Terminating", "Completed", "Evicted"}) {
    const EntityMap map = EntityMap::build(read(PickleLog()
                                                    .step(0, {{"old", pod("172.17.0.2")}})
                                                    .step(5, {{"old", pod("172.17.0.2", status)}})
                                                    .step(9, {{"new", pod("172.17.0.2")}})
                                                    .text()));
    EXPECT_EQ(who(map, "172.17.0.2", second(8)), "old") << status;
    EXPECT_EQ(who(map, "172.17.0.2", second(9)), "new") << status;
    EXPECT_TRUE(map.conflicts().empty()) << "it was expected to go";
  }
}

TEST(CreationLog, APodThatOnlyEverTerminatesClaimsNothing) {
  EXPECT_TRUE(
      read(PickleLog().step(5, {{"old", pod("172.17.0.2", "Terminating")}}).text()).empty());
}

TEST(CreationLog, APodThatDidNotTerminateIsInConflictWithItsSuccessor) {
  const EntityMap map =
      EntityMap::build(read(PickleLog()
                                .step(0, {{"old", pod("172.17.0.2")}})
                                .step(5, {{"old", pod("172.17.0.2", "Terminating")}})
                                .step(6, {{"old", pod("172.17.0.3")}})
                                .step(7, {{"new", pod("172.17.0.2")}})
                                .step(9, {{"new", pod("172.17.0.3")}})
                                .text()));
  EXPECT_EQ(who(map, "172.17.0.3", second(8)), "old") << "it came back elsewhere";
  EXPECT_EQ(map.conflicts().size(), 1U);
}

TEST(CreationLog, ABadEntryIsAnErrorAndTheOthersAreRead) {
  config::Diagnostics diagnostics;
  const std::vector<Event> events =
      read_creation_log(PickleLog()
                            .step(0, {{"a", pod("172.17.0.999")},
                                      {"b", {"172.17.0.2", "*", "default", "pod"}},
                                      {"c", {"172.17.0.2", "+", "default", "job"}},
                                      {"d", {"172.17.0.2", "+", "default"}},
                                      {"good", pod("172.17.0.3")}})
                            .step(-1, {{"e", pod("172.17.0.4")}})
                            .text(),
                        "log", kStart, diagnostics);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].entity.name, "good");
  EXPECT_EQ(diagnostics.error_count(), 5U);
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    EXPECT_TRUE(diagnostic.message.starts_with("byte ")) << diagnostic.message;
  }
}

TEST(CreationLog, ThatUnfoldsWithoutEndIsRefused) {
  // One dict of 1,000 entries, used by 20,000 seconds.
  PickleLog::Entries entries;
  for (int i = 0; i < 1000; ++i) entries.emplace_back("pod-" + std::to_string(i), pod("10.0.0.1"));
  std::string text = PickleLog().step(0, entries).text();
  text.pop_back();
  for (int i = 1; i < 20000; ++i) text.append("I").append(std::to_string(i)).append("\ng1\ns");
  config::Diagnostics diagnostics;
  EXPECT_TRUE(read_creation_log(text + ".", "log", kStart, diagnostics).empty());
  ASSERT_EQ(diagnostics.error_count(), 1U);
  EXPECT_NE(diagnostics.all().front().message.find("unfolds"), std::string::npos);
}

// What a map says of some addresses and times, for comparison.
std::string answers(const std::vector<Event>& events) {
  const EntityMap map = EntityMap::build(events);
  std::string text;
  for (const EntityMap::History& history : map.histories()) {
    text += to_text(history.address);
    for (const auto& interval : history.intervals) {
      text += ' ' + std::to_string(interval.from_ns) + map.entity(interval.entity).name;
    }
  }
  return text;
}

std::string small_log() {
  return PickleLog()
      .step(0, {{"web-1", pod("172.17.0.2")},
                {"db", {"None", "+", "default", "svc", "app=db", "None"}},
                {"web", {"10.96.0.5", "+", "default", "svc", "app=web", "10.96.0.5"}}})
      .step(1, {})
      .step(4, {{"web-1", pod("172.17.0.2", "Terminating")}, {"web-2", pod("172.17.0.3")}})
      .text();
}

TEST(CreationLog, EveryTruncationIsAnErrorWithItsByte) {
  const std::string text = small_log();
  for (std::size_t size = 0; size < text.size(); ++size) {
    config::Diagnostics diagnostics;
    EXPECT_TRUE(
        read_creation_log(std::string_view(text).substr(0, size), "log", kStart, diagnostics)
            .empty());
    ASSERT_EQ(diagnostics.error_count(), 1U) << size;
    EXPECT_TRUE(diagnostics.all().front().message.starts_with("byte ")) << size;
  }
}

// A flip inside a text or number, or of the opcode S into its sister V, gives other data,
// which nobody can tell; any other flip must be told or change nothing.
TEST(CreationLog, EveryFlippedByteIsHarmless) {
  const std::string text = small_log();
  const std::string whole = answers(read(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t line_begin = text.rfind('\n', i == 0 ? 0 : i - 1) + 1;
    const std::size_t quote = text.find('\'', line_begin);
    const bool in_text = quote < i && text.find('\n', line_begin) > i;
    for (int bit = 1; bit < 256; ++bit) {
      std::string flipped = text;
      flipped[i] = static_cast<char>(static_cast<unsigned char>(flipped[i]) ^ bit);
      config::Diagnostics diagnostics;
      const std::vector<Event> events = read_creation_log(flipped, "log", kStart, diagnostics);
      for (const config::Diagnostic& diagnostic : diagnostics.all()) {
        ASSERT_TRUE(diagnostic.message.starts_with("byte ")) << diagnostic.message;
      }
      const bool is_digit = text[i] >= '0' && text[i] <= '9';  // of a second or a memo
      const bool is_sister = text[i] == 'S' && flipped[i] == 'V';
      if (!in_text && !is_digit && !is_sister && !diagnostics.has_errors()) {
        EXPECT_EQ(answers(events), whole) << i << " '" << text[i] << "' -> '" << flipped[i] << "'";
      }
    }
  }
}

TEST(CreationLog, IsToldByItsFirstByte) {
  EXPECT_TRUE(is_creation_log(small_log()));
  EXPECT_TRUE(is_creation_log("\x80\x04\x95")) << "to be refused with a hint";
  EXPECT_FALSE(is_creation_log("{\"t\":1}"));
  EXPECT_FALSE(is_creation_log(""));
}

// A real cluster's log: two windows of ten seconds of a WordPress installation on a
// single node. The figures are those an independent implementation gave.
class WordpressLog : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string path =
        MIMIR_SHARED_DIR "/data/wordpress/wordpress_auto_v3_mk5_cluster_creation_log.txt";
    std::ifstream file(path, std::ios::binary);
    if (!file) GTEST_SKIP() << path << " is not here";
    std::string text(std::filesystem::file_size(path), '\0');
    file.read(text.data(), std::ssize(text));
    map_ = EntityMap::build(read(text));
    services_ = ServiceAssignment::build(map_);
  }

  EntityMap map_;
  ServiceAssignment services_;
};

TEST_F(WordpressLog, GivesTheAddressesInForceInTheWindows) {
  const std::vector<std::pair<std::string_view, std::string_view>> expected{
      {"10.96.0.1", "kubernetes"},
      {"10.96.0.10", "kube-dns"},
      {"10.96.82.28", "monitoring-grafana"},
      {"10.99.255.138", "kubernetes-dashboard"},
      {"10.102.10.157", "heapster"},
      {"10.102.172.162", "wwwppp-wordpress"},
      {"10.105.16.206", "my-release-pxc"},
      {"10.106.56.90", "monitoring-influxdb"},
      {"10.109.5.116", "metrics-server"},
      {"10.111.200.108", "tiller-deploy"},
      {"172.17.0.2", "kube-dns-86f4d74b45-vjpwb"},
      {"172.17.0.3", "metrics-server-85c979995f-cmzgm"},
      {"172.17.0.4", "kubernetes-dashboard-5498ccf677-m4l8h"},
      {"172.17.0.5", "heapster-zsfs9"},
      {"172.17.0.6", "influxdb-grafana-22c8h"},
      {"172.17.0.7", "tiller-deploy-78c6868dd6-gbqfk"},
      {"172.17.0.8", "my-release-pxc-0"},
      {"172.17.0.9", "my-release-pxc-1"},
      {"172.17.0.10", "my-release-pxc-2"},
      {"172.17.0.11", "my-release-pxc-3"},
      {"172.17.0.12", "my-release-pxc-4"},
      {"172.17.0.13", "my-release-pxc-5"},
      {"172.17.0.14", "my-release-pxc-6"},
      {"172.17.0.15", "wwwppp-wordpress-65d5d74697-7bd6l"},
      {"172.17.0.16", "wwwppp-wordpress-65d5d74697-s8vfp"},
      {"172.17.0.17", "wwwppp-wordpress-65d5d74697-nzwvr"},
      {"172.17.0.18", "wwwppp-wordpress-65d5d74697-24scj"},
      {"172.17.0.19", "wwwppp-wordpress-65d5d74697-7fq6l"},
      {"172.17.0.20", "wwwppp-wordpress-65d5d74697-w9h7b"},
      {"172.17.0.21", "wwwppp-wordpress-65d5d74697-sgwls"},
      {"172.17.0.22", "wwwppp-wordpress-65d5d74697-qtxkf"},
      {"172.17.0.23", "wwwppp-wordpress-65d5d74697-h5tj2"},
      {"172.17.0.24", "wwwppp-wordpress-65d5d74697-clhq4"},
      {"172.17.0.26", "wwwppp-wordpress-65d5d74697-xnwx2"},
  };
  for (const TimeNs time_ns : {second(8830), second(8839), second(8840), second(8849)}) {
    for (const auto& [ip, name] : expected) EXPECT_EQ(who(map_, ip, time_ns), name);
    const auto host = map_.resolve(*parse_address("10.0.2.15"), time_ns);
    ASSERT_TRUE(host);
    EXPECT_TRUE(services_.is_infrastructure(*host));
    EXPECT_EQ(who(map_, "172.17.0.25", time_ns), "-");
    for (const char* outside : {"127.0.0.1", "172.17.0.1", "192.168.99.1", "192.168.99.100"}) {
      EXPECT_EQ(who(map_, outside, time_ns), "-");
    }
    std::size_t held = 0;
    for (const auto& history : map_.histories()) {
      if (map_.resolve(history.address, time_ns)) ++held;
    }
    EXPECT_EQ(held, 35U);
  }
  EXPECT_TRUE(map_.conflicts().empty());
}

TEST_F(WordpressLog, TellsInfrastructureFromTheApplication) {
  std::set<std::string> infrastructure;
  for (EntityId id = 0; id < map_.size(); ++id) {
    if (services_.is_infrastructure(id)) infrastructure.insert(map_.entity(id).name);
    EXPECT_EQ(services_.is_dns(id), map_.entity(id).name.starts_with("kube-dns"));
  }
  const std::set<std::string> expected{"etcd-minikube",
                                       "heapster",
                                       "heapster-zsfs9",
                                       "influxdb-grafana-22c8h",
                                       "kube-addon-manager-minikube",
                                       "kube-apiserver-minikube",
                                       "kube-controller-manager-minikube",
                                       "kube-proxy-xmz69",
                                       "kube-scheduler-minikube",
                                       "kubernetes",
                                       "kubernetes-dashboard",
                                       "kubernetes-dashboard-5498ccf677-m4l8h",
                                       "metrics-server",
                                       "metrics-server-85c979995f-cmzgm",
                                       "monitoring-grafana",
                                       "monitoring-influxdb",
                                       "storage-provisioner",
                                       "tiller-deploy",
                                       "tiller-deploy-78c6868dd6-gbqfk"};
  EXPECT_EQ(infrastructure, expected);
}

TEST_F(WordpressLog, HasTenServicesAndAHeadlessOne) {
  std::set<std::string> services;
  for (EntityId id = 0; id < map_.size(); ++id) {
    if (map_.entity(id).kind == Kind::kService && map_.had_address(id)) {
      services.insert(services_.service_name(services_.service_of(id)));
    }
  }
  const std::set<std::string> expected{
      "heapster",       "kube-dns",           "kubernetes",          "kubernetes-dashboard",
      "metrics-server", "monitoring-grafana", "monitoring-influxdb", "my-release-pxc",
      "tiller-deploy",  "wwwppp-wordpress"};
  EXPECT_EQ(services, expected);
  const auto headless = map_.find(Kind::kService, "default", "my-release-pxc-repl");
  ASSERT_TRUE(headless);
  EXPECT_FALSE(map_.had_address(*headless));
  for (int i = 0; i < 7; ++i) {
    const auto id = map_.find(Kind::kPod, "default", "my-release-pxc-" + std::to_string(i));
    ASSERT_TRUE(id);
    EXPECT_EQ(services_.service_name(services_.service_of(*id)), "my-release-pxc");
  }
}

// An excerpt of that cluster, said again, for where the log itself is not.
TEST(CreationLog, AnExcerptOfARealClusterReadsAsItsWindowsSaw) {
  const auto system_pod = [](std::string ip, std::string labels) {
    return PickleLog::Tuple{std::move(ip), "+", "kube-system", "pod", std::move(labels), "Running"};
  };
  const PickleLog::Entries dump{
      {"kube-scheduler-minikube", system_pod("10.0.2.15", "component=kube-scheduler")},
      {"etcd-minikube", system_pod("10.0.2.15", "component=etcd,tier=control-plane")},
      {"kube-dns-86f4d74b45-vjpwb", system_pod("172.17.0.2", "k8s-app=kube-dns")},
      {"my-release-pxc-repl", {"None", "+", "default", "svc", "app=my-release-pxc", "None"}},
      {"my-release-pxc",
       {"10.105.16.206", "+", "default", "svc", "app=my-release-pxc", "10.105.16.206"}},
      {"kubernetes", {"10.96.0.1", "+", "default", "svc", "<none>", "10.96.0.1"}},
      {"my-release-pxc-0",
       {"172.17.0.8", "+", "default", "pod", "app=my-release-pxc,release=my-release", "Running"}}};
  const EntityMap map =
      EntityMap::build(read(PickleLog().step(0, dump).step(1, dump).step(1001, dump).text()));
  const ServiceAssignment services = ServiceAssignment::build(map);
  EXPECT_TRUE(map.conflicts().empty());
  EXPECT_EQ(map.histories().size(), 5U);
  EXPECT_EQ(who(map, "10.0.2.15", second(900)), "kube-scheduler-minikube");
  const auto service_at = [&map, &services](const char* ip) {
    return services.service_name(
        services.service_of(*map.resolve(*parse_address(ip), second(900))));
  };
  EXPECT_EQ(service_at("172.17.0.8"), "my-release-pxc");
  EXPECT_EQ(service_at("10.105.16.206"), "my-release-pxc");
  EXPECT_EQ(service_at("172.17.0.2"), "kube-dns");
  EXPECT_TRUE(services.is_infrastructure(*map.resolve(*parse_address("10.96.0.1"), kStart)));
  EXPECT_FALSE(services.is_infrastructure(*map.resolve(*parse_address("172.17.0.2"), kStart)));
}

}  // namespace
}  // namespace mimir::entity
