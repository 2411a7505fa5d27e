// SPDX-License-Identifier: Apache-2.0
#include "tests/tools/evaluation/small_shop.h"

#include <string>
#include <utility>

#include "tests/random.h"

namespace mimir::test {

namespace {

std::vector<entity::Event> events() {
  std::vector<entity::Event> events;
  int service = 0;
  for (const std::string name : {"app", "db", "web"}) {
    ++service;
    const std::string last = std::to_string(service);
    events.push_back(service_event(name, "10.96.0." + last, "default", "app", name));
    for (const std::string pod : {"0", "1"}) {
      events.push_back(
          pod_event(name + "-" + pod, "10.244." + pod + "." + last, "default", "app", name));
    }
  }
  return events;
}

}  // namespace

SmallShop::SmallShop() : world(events()) {
  using injector::Stop;
  const Stop db{Stop::Kind::kPod, "db"};
  const Stop app{Stop::Kind::kPod, "app"};
  const Stop outside{Stop::Kind::kOutside};
  paths = {{db, app, outside}, {db, outside}};
}

std::vector<analysis::ReducedWindow> SmallShop::windows(std::size_t count, std::uint64_t seed,
                                                        WindowIndex first) const {
  Random random(seed);
  std::vector<analysis::ReducedWindow> windows;
  for (std::size_t i = 0; i < count; ++i) {
    const TimeNs begin_ns = (first + static_cast<WindowIndex>(i)) * 10 * kNsPerSecond;
    windows.push_back({.begin_ns = begin_ns,
                       .end_ns = begin_ns + 10 * kNsPerSecond,
                       .edges = {},
                       .bytes = {},
                       .packets = {}});
    std::vector<graph::Edge> edges;
    const auto talk = [&](graph::NodeId a, graph::NodeId b, std::uint64_t there,
                          std::uint64_t back) {
      edges.push_back({a, b, {10, there + random.below(there / 20)}});
      edges.push_back({b, a, {10, back + random.below(back / 20)}});
    };
    for (const std::string client : {"0", "1"}) {
      talk(graph::kOutsideNode, world.pod("web-" + client), 20'000, 400'000);
      for (const std::string server : {"0", "1"}) {
        talk(world.pod("web-" + client), world.pod("app-" + server), 10'000, 100'000);
        talk(world.pod("app-" + client), world.pod("db-" + server), 5'000, 50'000);
      }
    }
    windows.back().edges = graph::EdgeTable::from(std::move(edges));
  }
  return windows;
}

evaluation::RunInput SmallShop::run(std::string name,
                                    const std::vector<analysis::ReducedWindow>& windows) const {
  return {.name = std::move(name),
          .cluster = world.cluster,
          .invariants = {.observation = graph::Observation::kMirror, .sensitive_service = "db"},
          .windows = windows,
          .paths = paths,
          .with_prototype = true};
}

evaluation::Dataset empty_dataset() {
  evaluation::Dataset dataset;
  dataset.granularities_s = {10, 60};
  return dataset;
}

}  // namespace mimir::test
