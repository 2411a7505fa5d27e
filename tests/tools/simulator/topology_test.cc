// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "config/yaml_document.h"
#include "tests/tools/simulator/capture.h"
#include "tests/tools/simulator/topologies.h"

namespace mimir::simulator {
namespace {

/// The least that is a topology; `tail` is added to it.
std::string small(const std::string& tail = {}) {
  return R"(name: small
front: web
dns: names
services:
  - {name: web, protocol: http, port: 80}
  - {name: db, protocol: mysql, port: 3306}
  - {name: names, protocol: dns, port: 53}
links:
  - {client: web, server: db}
operations:
  - {name: page, service: web, method: GET, path: /, calls: [{call: query}]}
  - {name: query, service: db, method: SELECT 1}
actions:
  - {name: look, once: [{requests: [{call: page}]}]}
)" + tail;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string complaints(const std::string& text) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(read_topology(text, "t.yaml", diagnostics));
  return diagnostics.render();
}

TEST(Topology, EveryBuiltInOneIsWhole) {
  ASSERT_FALSE(built_in_topologies().empty());
  for (const BuiltInTopology& each : built_in_topologies()) {
    config::Diagnostics diagnostics;
    const auto topology = topology_named(each.name, diagnostics);
    ASSERT_TRUE(topology) << diagnostics.render();
    EXPECT_EQ(topology->name, each.name);
  }
}

TEST(Topology, BuiltInTextsAreTheFiles) {
  const std::filesystem::path folder = std::filesystem::path(MIMIR_SOURCE_DIR) / "config/topology";
  std::set<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".yaml") continue;
    files.insert(file.path().stem());
    EXPECT_EQ(built_in_text(file.path().stem().string()), file_bytes(file.path()));
  }
  EXPECT_EQ(files.size(), built_in_topologies().size());
  EXPECT_EQ(topology_reference(), file_bytes(folder / "reference.md"))
      << "mimir simulate --print-reference > config/topology/reference.md";
}

TEST(Topology, ASmallOneIsReadWithItsDefaults) {
  config::Diagnostics diagnostics;
  const auto topology = read_topology(small("loss: 0.0625\nnodes: 2\n"), "t.yaml", diagnostics);
  ASSERT_TRUE(topology) << diagnostics.render();
  EXPECT_EQ(topology->services.size(), 3U);
  EXPECT_DOUBLE_EQ(topology->loss, 0.0625);
  EXPECT_EQ(topology->nodes, 2U);
  EXPECT_EQ(topology->services[0].pod_port(), 80);
  EXPECT_EQ(topology->wait_low_ns, 2 * kNsPerSecond);
  EXPECT_EQ(topology->links[0].reuse, Reuse::kCall);
}

TEST(Topology, WrongNamesAreShownWhereTheyStand) {
  EXPECT_EQ(complaints(replaced(small(), "call: query", "call: qery")),
            "t.yaml:11:69: error: no operation is called 'qery'\n"
            "  11 |   - {name: page, service: web, method: GET, path: /, calls: [{call: qery}]}\n"
            "     |                                                                     ^\n"
            "  hint: did you mean 'query'?\n");
  EXPECT_NE(complaints(replaced(small(), "server: db", "server: bd"))
                .find("t.yaml:9:27: error: no service is called 'bd'"),
            std::string::npos);
  const std::string without_link =
      complaints(replaced(small(), "client: web, server: db", "client: db, server: web"));
  EXPECT_NE(without_link.find("t.yaml:11:69: error: 'query' is called without a link from web"),
            std::string::npos)
      << without_link;
}

TEST(Topology, WhatCannotBeIsRefused) {
  const std::map<std::string, std::pair<std::string, std::string>> cases{
      {"'query' is not of the front service", {"call: page", "call: query"}},
      {"unknown key `replica`", {"port: 3306", "port: 3306, replica: 3"}},
      {"70000 is out of range", {"port: 3306", "port: 70000"}},
      {"is not one of its words", {"protocol: mysql", "protocol: oracle"}},
      {"a second 'db' in services", {"name: names, protocol: dns", "name: db, protocol: dns"}},
      {"'names' does not speak DNS", {"protocol: dns", "protocol: http"}},
      {"users speak HTTP", {"protocol: http", "protocol: grpc"}},
      {"calling 'page' from here comes back to it",
       {"path: /, calls: [{call: query}]", "path: /, calls: [{call: page}]"}},
      {"is no name of a service", {"name: names", "name: Names"}},
      {"has no replication", {"method: SELECT 1", "method: SELECT 1, write: true"}},
      {"has no heartbeat", {"server: db", "server: db, heartbeat: 1s"}},
      {"`often` is no number", {"{call: query}", "{call: query, probability: often}"}},
      {"1.5 is out of range", {"{call: query}", "{call: query, probability: 1.5}"}},
      {"users have nothing to do", {"name: look", "name: look, weight: 0"}},
  };
  for (const auto& [message, change] : cases) {
    const std::string said = complaints(replaced(small(), change.first, change.second));
    EXPECT_NE(said.find(message), std::string::npos) << message << " is not in\n" << said;
    EXPECT_NE(said.find("t.yaml:"), std::string::npos) << said;
    EXPECT_NE(said.find("hint: "), std::string::npos) << said;
  }
}

TEST(Topology, JobsAndUpdatesAreChecked) {
  const std::string said =
      complaints(small("jobs:\n  - {name: dump, from: database, to: outside}\n  - {name: idle}\n"
                       "updates:\n  - {service: wob, at: 1h}\n"
                       "scrapers:\n  - {service: prometeus}\n"
                       "crashes:\n  - {service: wbe, at: 1h}\n  - {service: names, at: 1h}\n"));
  for (const char* message :
       {"no service is called 'database'", "'dump' has no size", "'idle' moves nothing",
        "no service is called 'wob'", "no service is called 'wbe'",
        "'names' has no connections that could be reset"}) {
    EXPECT_NE(said.find(message), std::string::npos) << message << " is not in\n" << said;
  }
}

TEST(Topology, EveryByteMayBeWrongWithoutHarm) {
  // Cut off anywhere, a document is read or refused, never worse.
  const std::string whole = built_in_text("sock-shop");
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    config::Diagnostics diagnostics;
    const auto topology = read_topology(whole.substr(0, length), "t.yaml", diagnostics);
    EXPECT_NE(topology.has_value(), diagnostics.has_errors()) << length;
  }
}

TEST(Topology, AFileThatIsNotThereIsNamed) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(topology_from("/nowhere/t.yaml", diagnostics));
  EXPECT_NE(diagnostics.render().find("/nowhere/t.yaml: error: cannot read"), std::string::npos);
}

TEST(Topology, TheShopHasTheReplicasAndPortsOfThePaperRuns) {
  const Topology shop = built_in("sock-shop");
  const auto at = [&](const char* name) { return shop.services.at(*shop.find_service(name)); };
  EXPECT_EQ(at("front-end").replicas, 6U);
  EXPECT_EQ(at("front-end").pod_port(), 8079);
  EXPECT_EQ(at("carts").replicas, 4U);
  EXPECT_EQ(at("orders").replicas, 3U);
  EXPECT_EQ(at("user-db").port, 27017);
  EXPECT_EQ(at("rabbitmq").port, 5672);
}

}  // namespace
}  // namespace mimir::simulator
