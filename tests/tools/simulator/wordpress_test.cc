// SPDX-License-Identifier: Apache-2.0
// The simulated WordPress beside two recorded windows of a real one: what a node saw
// in ten seconds with 85 users, packets and bytes between services and the invariants
// in the prototype's form. A row is like the real one if both recorded windows lie
// within three standard deviations of the mean of 20 simulated ones.
#include "tests/model/graph/wordpress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/analysis/pod_law_learner.h"
#include "model/entity/entities.h"
#include "model/graph/pod_graph.h"
#include "model/graph/reduction.h"
#include "model/graph/service_graph.h"
#include "model/invariant/registry.h"
#include "tools/simulator/simulator.h"

namespace mimir::simulator {
namespace {

using graph::Conversation;
using Row = std::map<std::string, double>;

constexpr std::size_t kWindows = 20;
constexpr std::size_t kSkippedWindows = 2;  // pools open, users come
constexpr std::uint32_t kCookedHeaderBytes = 16;

/// Rows in which the simulation is known to differ, and why.
const std::map<std::string, std::string>& explained() {
  static const std::map<std::string, std::string> kExplained{
      {"vip_deviation",
       "above 0 only where the two copies of a packet lie on both sides of a window's edge: one "
       "packet in 884, none in most windows"},
  };
  return kExplained;
}

/// Every figure of one window.
Row figures(const std::vector<Conversation>& conversations, const test::World& world) {
  graph::NodeTable nodes(world.entities.size());
  const auto reduced = graph::reduce(graph::edges_of(conversations, world.entities, nodes), nodes,
                                     world.cluster, test::wordpress_observation());
  const graph::PodGraph pods(reduced.edges, world.cluster);
  const graph::ServiceGraph services(pods);
  Row row;
  for (const Conversation& each : conversations) {
    row["all packets"] += static_cast<double>(each.first_to_second.packets);
    row["all packets"] += static_cast<double>(each.second_to_first.packets);
    row["all bytes"] += static_cast<double>(each.first_to_second.bytes);
    row["all bytes"] += static_cast<double>(each.second_to_first.bytes);
  }
  const std::vector<std::string> names{"kube-dns", "my-release-pxc", "outside", "wwwppp-wordpress"};
  for (const std::string& from : names) {
    for (const std::string& to : names) {
      const graph::Counts counts = services.counts(world.class_named(from), world.class_named(to));
      if (counts.packets == 0) continue;
      row[from + " > " + to + " packets"] = static_cast<double>(counts.packets);
      row[from + " > " + to + " bytes"] = static_cast<double>(counts.bytes);
    }
  }
  config::Diagnostics diagnostics;
  auto registry = invariant::Registry::build(
      world.cluster, {graph::Observation::kNodeAny, invariant::Form::kPrototype, "my-release-pxc"},
      diagnostics);
  for (const invariant::Feature& feature : registry->compute({pods, services})) {
    if (!std::isnan(feature.value)) row[feature.name] = feature.value;
  }
  return row;
}

std::uint32_t big_at(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

std::uint32_t little_at(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[3]) << 24 | static_cast<std::uint32_t>(bytes[2]) << 16 |
         static_cast<std::uint32_t>(bytes[1]) << 8 | bytes[0];
}

/// Conversations of each ten seconds, frames as long as the recorded ones: with a cooked
/// header before what IP says of itself.
std::vector<std::vector<Conversation>> windows_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(24);
  std::vector<std::map<std::pair<std::uint32_t, std::uint32_t>, Conversation>> windows;
  std::int64_t first_s = -1;
  std::vector<unsigned char> frame;
  unsigned char head[16];
  while (file.read(reinterpret_cast<char*>(head), sizeof head)) {  // NOLINT: bytes of a file
    frame.resize(little_at(head + 8));
    file.read(reinterpret_cast<char*>(frame.data()),  // NOLINT: bytes of a file
              static_cast<std::streamsize>(frame.size()));
    const std::int64_t second = little_at(head);
    if (first_s < 0) first_s = second;
    const auto index = static_cast<std::size_t>((second - first_s) / 10);
    if (index >= windows.size()) windows.resize(index + 1);
    const std::uint32_t source = big_at(&frame[26]);
    const std::uint32_t destination = big_at(&frame[30]);
    Conversation& conversation = windows[index][std::minmax(source, destination)];
    conversation.first = Address::from_ipv4(std::min(source, destination));
    conversation.second = Address::from_ipv4(std::max(source, destination));
    (source < destination ? conversation.first_to_second : conversation.second_to_first) +=
        {1, frame[16] * 256U + frame[17] + kCookedHeaderBytes};
  }
  std::vector<std::vector<Conversation>> lists;
  for (const auto& window : windows) {
    auto& list = lists.emplace_back();
    for (const auto& [ends, conversation] : window) list.push_back(conversation);
  }
  return lists;
}

/// The prototype knew no machines: what has the node's address is outside to it.
std::vector<entity::Event> without_machines(std::vector<entity::Event> events) {
  std::vector<Address> machines;
  for (const entity::Event& each : events) {
    if (each.entity.kind == entity::Kind::kNode) {
      machines.insert(machines.end(), each.addresses.begin(), each.addresses.end());
    }
  }
  std::erase_if(events, [&](const entity::Event& each) {
    return std::any_of(each.addresses.begin(), each.addresses.end(), [&](const Address& address) {
      return std::find(machines.begin(), machines.end(), address) != machines.end();
    });
  });
  return events;
}

/// A simulated run as conversations of ten seconds, and who is who in it.
struct SimulatedRun {
  std::vector<std::vector<Conversation>> windows;
  std::vector<entity::Event> entities;
};

SimulatedRun simulated_run() {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("mimir-wordpress-" + std::to_string(::getpid()));
  Options options;
  options.app = "wordpress";
  options.users_max = 85;
  options.load = "steady";
  options.observation = Observation::kNodeAny;
  options.duration_ns = 10 * kNsPerSecond * static_cast<TimeNs>(kWindows + kSkippedWindows);
  options.seed = 85;
  options.snap_bytes = 54;
  config::Diagnostics diagnostics;
  EXPECT_TRUE(simulate(options, folder, diagnostics)) << diagnostics.render();
  std::ifstream file(folder / "entities.jsonl");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  SimulatedRun run{.windows = windows_of(folder / "capture.pcap"),
                   .entities = without_machines(entity::read_entities(
                       text, "entities.jsonl", options.start_ns, diagnostics))};
  std::filesystem::remove_all(folder);
  run.windows.erase(run.windows.begin(), run.windows.begin() + kSkippedWindows);
  for (auto& window : run.windows) {
    for (Conversation& each : window) each.time_ns = options.start_ns + 100 * kNsPerSecond;
  }
  return run;
}

std::vector<Row> simulated_rows() {
  const SimulatedRun run = simulated_run();
  const test::World world(run.entities);
  std::vector<Row> rows;
  for (const auto& window : run.windows) rows.push_back(figures(window, world));
  return rows;
}

/// Mean and deviation of a figure over rows.
struct Moments {
  double mean = 0;
  double deviation = 0;
};

Moments moments_of(const std::vector<Row>& rows, const std::string& name) {
  double sum = 0;
  double squares = 0;
  for (const Row& row : rows) {
    sum += row.at(name);
    squares += row.at(name) * row.at(name);
  }
  const auto n = static_cast<double>(rows.size());
  return {.mean = sum / n, .deviation = std::sqrt(std::max(0.0, squares / n - sum * sum / n / n))};
}

/// The window as the appliance counts it: without the cooked headers.
analysis::ReducedWindow reduced(std::vector<Conversation> conversations, const test::World& world) {
  for (Conversation& each : conversations) {
    for (graph::Counts* counts : {&each.first_to_second, &each.second_to_first}) {
      counts->bytes -= kCookedHeaderBytes * counts->packets;
    }
  }
  graph::NodeTable nodes(world.entities.size());
  analysis::ReducedWindow window{
      .begin_ns = 0, .end_ns = 10 * kNsPerSecond, .edges = {}, .bytes = {}, .packets = {}};
  window.edges = graph::reduce(graph::edges_of(conversations, world.entities, nodes), nodes,
                               world.cluster, test::wordpress_observation())
                     .edges;
  return window;
}

/// What a model of WordPress looks at most, of one window.
Row model_figures(const analysis::ReducedWindow& window, const test::World& world,
                  const std::vector<learn::PodLaw>& laws) {
  config::Diagnostics diagnostics;
  auto registry = invariant::Registry::build(world.cluster,
                                             {.observation = graph::Observation::kNodeAny,
                                              .sensitive_service = "my-release-pxc",
                                              .pod_laws = laws},
                                             diagnostics);
  const graph::PodGraph pods(window.edges, world.cluster);
  const graph::ServiceGraph services(pods);
  Row row;
  for (const invariant::Feature& feature :
       registry->compute({.pods = pods, .services = services, .granularity_s = 10})) {
    row[feature.name] = feature.value;
  }
  return row;
}

TEST(Wordpress, StandsBesideTheRecordedWindows) {
  const test::World world(test::wordpress_events());
  std::vector<Row> real;
  for (const int window : {883, 884}) {
    const auto conversations = test::wordpress_conversations(window);
    if (!conversations) GTEST_SKIP() << "the recorded conversations are not there";
    real.push_back(figures(*conversations, world));
  }
  const std::vector<Row> simulated = simulated_rows();
  ASSERT_EQ(simulated.size(), kWindows);
  std::printf("%-52s %12s %12s | %12s %12s %12s %12s\n", "", "883", "884", "mean", "deviation",
              "least", "most");
  for (const auto& [name, first] : real.front()) {
    double mean = 0;
    double squares = 0;
    double least = HUGE_VAL;
    double most = -HUGE_VAL;
    for (const Row& row : simulated) {
      const auto found = row.find(name);
      ASSERT_NE(found, row.end()) << name << " is not in every simulated window";
      mean += found->second / kWindows;
      squares += found->second * found->second / kWindows;
      least = std::min(least, found->second);
      most = std::max(most, found->second);
    }
    const double deviation = std::sqrt(std::max(0.0, squares - mean * mean));
    const double second = real.back().at(name);
    const auto is_like = [&](double value) {
      return std::abs(value - mean) <= 3 * deviation + 1e-9 * std::abs(mean);
    };
    const bool is_known = explained().contains(name);
    const bool is_alike = is_like(first) && is_like(second);
    std::printf("%-52s %12.6g %12.6g | %12.6g %12.6g %12.6g %12.6g %s\n", name.c_str(), first,
                second, mean, deviation, least, most,
                is_alike ? "" : (is_known ? explained().at(name).c_str() : "DIFFERS"));
    EXPECT_TRUE(is_alike || is_known) << name;
  }
}

// What a model of the simulated WordPress looks at most (`mimir inspect`), in the recorded
// windows: laws of pods are learned from half of the simulated ones, the rest is judged by them.
// What is moved away by more than the deviations of simulation speaks of the simulator, not of a
// theft; the bounds are those within which each of these holds.
TEST(Wordpress, HasTheModelsFiguresInTheRecordedWindows) {
  const SimulatedRun run = simulated_run();
  const test::World simulated_world(run.entities);
  const test::World world(test::wordpress_events());
  analysis::PodLawLearner learner;
  for (std::size_t i = 0; i < kWindows / 2; ++i) {
    learner.add(reduced(run.windows[i], simulated_world), simulated_world.cluster,
                graph::Observation::kNodeAny);
  }
  const std::vector<learn::PodLaw> laws = learner.fit();
  std::vector<Row> simulated;
  for (std::size_t i = kWindows / 2; i < kWindows; ++i) {
    simulated.push_back(
        model_figures(reduced(run.windows[i], simulated_world), simulated_world, laws));
  }
  std::vector<Row> real;
  for (const int window : {883, 884}) {
    const auto conversations = test::wordpress_conversations(window);
    if (!conversations) GTEST_SKIP() << "the recorded conversations are not there";
    real.push_back(model_figures(reduced(*conversations, world), world, laws));
  }
  for (const std::string name :
       {"pod_excess(wwwppp-wordpress>outside)", "pod_excess(my-release-pxc>wwwppp-wordpress)",
        "reciprocity(outside,wwwppp-wordpress)", "reciprocity(my-release-pxc,wwwppp-wordpress)",
        "external_share(wwwppp-wordpress)", "external_share(kube-dns)"}) {
    const auto [mean, deviation] = moments_of(simulated, name);
    std::printf("%-48s %12.6g %12.6g | %12.6g %12.6g\n", name.c_str(), real[0].at(name),
                real[1].at(name), mean, deviation);
    for (const Row& row : real) {
      EXPECT_LE(std::abs(row.at(name) - mean), 3 * deviation + 1e-9) << name;
    }
  }
}

}  // namespace
}  // namespace mimir::simulator
