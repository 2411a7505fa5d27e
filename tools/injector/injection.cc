// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/injection.h"

#include <algorithm>
#include <utility>

#include "tools/injector/counter_random.h"

namespace mimir::injector {
namespace {

constexpr std::uint64_t kMsPerMinute = 60'000;
constexpr std::uint64_t kBytesMin = 60;
constexpr std::uint64_t kAcknowledgementBytes = 40;
constexpr double kPacketBytesMin = 40;
constexpr double kPacketBytesMax = 1460;

// The last part of a key says what is drawn.
enum Purpose : std::uint64_t { kAmount = 1, kNodes = 2 };

double draw(CounterRandom& random, double mean, double deviation, double low, double high) {
  return std::clamp(mean + deviation * random.normal(), low, high);
}

// Nodes of `window` that are pods of the class, ascending.
std::vector<graph::NodeId> pods_in(const graph::EdgeTable& window, const graph::Cluster& cluster,
                                   graph::ClassId service) {
  std::vector<graph::NodeId> pods;
  for (const graph::Edge& edge : window.edges()) {
    for (const graph::NodeId node : {edge.source, edge.target}) {
      if (cluster.class_of(node) == service && cluster.kind(node) == graph::NodeKind::kPod) {
        pods.push_back(node);
      }
    }
  }
  std::sort(pods.begin(), pods.end());
  pods.erase(std::unique(pods.begin(), pods.end()), pods.end());
  return pods;
}

}  // namespace

std::vector<graph::Counts> amounts(const Rate& rate, const AttackKey& key, std::size_t window_count,
                                   std::uint64_t window_ms) {
  // Where doubles still count in ones.
  constexpr double kRateMax = 0x1.0p53;
  std::vector<graph::Counts> result(window_count);
  std::uint64_t left_over = 0;
  for (std::size_t i = 0; i < window_count; ++i) {
    CounterRandom random({key.seed, key.rate, key.attack, i, kAmount});
    const auto bytes_per_minute = static_cast<std::uint64_t>(
        draw(random, static_cast<double>(rate.bytes_per_minute),
             static_cast<double>(rate.deviation_bytes_per_minute), 0.0, kRateMax));
    const auto packet_bytes = static_cast<std::uint64_t>(draw(
        random, rate.packet_bytes, rate.deviation_packet_bytes, kPacketBytesMin, kPacketBytesMax));
    // Whole minutes apart, so that no product outgrows 64 bits.
    const std::uint64_t bytes =
        bytes_per_minute * (window_ms / kMsPerMinute) +
        bytes_per_minute / kMsPerMinute * (window_ms % kMsPerMinute) +
        bytes_per_minute % kMsPerMinute * (window_ms % kMsPerMinute) / kMsPerMinute + left_over;
    if (bytes < kBytesMin) {
      left_over = bytes;
      continue;
    }
    left_over = 0;
    result[i] = {.packets = bytes / packet_bytes, .bytes = bytes};
  }
  return result;
}

std::optional<std::vector<graph::NodeId>> choose_nodes(const TemplatePath& path,
                                                       const graph::EdgeTable& window,
                                                       const graph::Cluster& cluster,
                                                       const AttackKey& key) {
  std::vector<graph::NodeId> nodes;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i].kind == Stop::Kind::kOutside) {
      nodes.push_back(graph::kOutsideNode);
      continue;
    }
    const auto service = cluster.find_class(path[i].service);
    if (!service) return std::nullopt;
    std::vector<graph::NodeId> choices;
    if (path[i].kind == Stop::Kind::kVip) {
      // Several addresses of one service: the one it was first known by.
      const std::vector<graph::NodeId>& vips = cluster.vips(*service);
      if (!vips.empty()) choices.push_back(vips.front());
    } else {
      choices = pods_in(window, cluster, *service);
      if (choices.empty()) choices = cluster.pods(*service);
    }
    if (choices.empty()) return std::nullopt;
    CounterRandom random({key.seed, key.attack, i, kNodes});
    nodes.push_back(choices[random.below(choices.size())]);
  }
  return nodes;
}

std::vector<Hop> hops(const TemplatePath& path, std::span<const graph::NodeId> nodes,
                      graph::Observation observation) {
  std::vector<Hop> result;
  std::size_t i = 0;
  while (i + 1 < path.size()) {
    if (path[i + 1].kind != Stop::Kind::kVip || i + 2 >= path.size()) {
      result.push_back({.source = nodes[i], .target = nodes[i + 1]});
      i += 1;
      continue;
    }
    const Hop direct{.source = nodes[i], .target = nodes[i + 2]};
    const bool of_target = path[i + 1].service == path[i + 2].service;
    if (observation == graph::Observation::kMirror) {
      result.push_back(direct);
    } else if (of_target) {
      result.push_back({.source = nodes[i], .target = nodes[i + 1]});
      result.push_back(direct);
    } else {
      result.push_back(direct);
      result.push_back({.source = nodes[i + 1], .target = nodes[i + 2]});
    }
    i += 2;
  }
  return result;
}

graph::EdgeTable with_traffic(const graph::EdgeTable& window, std::span<const Hop> hops,
                              const graph::Counts& counts) {
  graph::EdgeTable result = window;
  if (counts.bytes == 0) return result;
  const graph::Counts answer{.packets = counts.packets,
                             .bytes = counts.packets * kAcknowledgementBytes};
  std::vector<graph::Edge> added;
  for (const Hop& hop : hops) {
    added.push_back({.source = hop.source, .target = hop.target, .counts = counts});
    added.push_back({.source = hop.target, .target = hop.source, .counts = answer});
  }
  result.merge(graph::EdgeTable::from(std::move(added)));
  return result;
}

std::optional<InjectedAttack> inject(const TemplatePath& path, const Rate& rate,
                                     const AttackKey& key,
                                     std::span<const graph::EdgeTable> windows,
                                     std::uint64_t window_ms, const graph::Cluster& cluster,
                                     graph::Observation observation) {
  if (windows.empty()) return std::nullopt;
  const auto nodes = choose_nodes(path, windows.front(), cluster, key);
  if (!nodes) return std::nullopt;
  InjectedAttack attack;
  attack.hops = hops(path, *nodes, observation);
  attack.amounts = amounts(rate, key, windows.size(), window_ms);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    attack.windows.push_back(with_traffic(windows[i], attack.hops, attack.amounts[i]));
  }
  return attack;
}

}  // namespace mimir::injector
