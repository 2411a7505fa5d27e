// SPDX-License-Identifier: Apache-2.0
#include "model/analysis/window_stack.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::analysis {
namespace {

ReducedWindow base_window(WindowIndex index, test::Random& random) {
  ReducedWindow window{.begin_ns = index * 10 * kNsPerSecond,
                       .end_ns = (index + 1) * 10 * kNsPerSecond,
                       .edges = {},
                       .bytes = {},
                       .packets = {}};
  std::vector<graph::Edge> edges;
  for (std::uint64_t i = random.below(5); i > 0; --i) {
    edges.push_back({.source = static_cast<graph::NodeId>(random.below(4)),
                     .target = static_cast<graph::NodeId>(random.below(4)),
                     .counts = {.packets = 1, .bytes = random.below(100)}});
  }
  window.edges = graph::EdgeTable::from(edges);
  window.bytes.kept = random.below(1000);
  window.bytes.duplicate = random.below(1000);
  window.packets.received = random.below(100);
  window.packets.dropped[3] = random.below(100);
  window.records_lost = random.below(3);
  window.packets_lost = random.below(9);
  window.lost_at_ports = random.below(7);
  window.shed_level = static_cast<std::uint8_t>(random.below(4));
  window.is_partial = random.below(8) == 0;
  return window;
}

// Everything a window says, as one comparable value.
auto all_of(const ReducedWindow& w) {
  std::vector<std::tuple<graph::NodeId, graph::NodeId, std::uint64_t, std::uint64_t>> edges;
  for (const graph::Edge& edge : w.edges.edges()) {
    edges.emplace_back(edge.source, edge.target, edge.counts.packets, edge.counts.bytes);
  }
  return std::tuple(w.end_ns, w.begin_ns, edges, w.bytes.kept, w.bytes.duplicate,
                    w.packets.received, w.packets.dropped[3], w.records_lost, w.packets_lost,
                    w.lost_at_ports, w.shed_level, w.is_partial);
}
using All = decltype(all_of(std::declval<const ReducedWindow&>()));

// Groups everything at once, by a map of the numbers it is about.
std::vector<All> grouped(const std::vector<ReducedWindow>& bases,
                         const std::vector<std::uint32_t>& granularities_s) {
  std::vector<std::tuple<TimeNs, std::uint32_t, All>> all;
  for (const ReducedWindow& base : bases) {
    all.emplace_back(base.end_ns, granularities_s[0], all_of(base));
  }
  for (std::size_t g = 1; g < granularities_s.size(); ++g) {
    const TimeNs length_ns = granularities_s[g] * kNsPerSecond;
    std::map<WindowIndex, std::vector<const ReducedWindow*>> groups;
    for (const ReducedWindow& base : bases) {
      groups[window_of(base.begin_ns, length_ns)].push_back(&base);
    }
    for (const auto& group : groups) {
      ReducedWindow sum{.begin_ns = group.first * length_ns,
                        .end_ns = (group.first + 1) * length_ns,
                        .edges = {},
                        .bytes = {},
                        .packets = {}};
      std::vector<graph::Edge> edges;
      for (const ReducedWindow* base : group.second) {
        edges.insert(edges.end(), base->edges.edges().begin(), base->edges.edges().end());
        sum.bytes.kept += base->bytes.kept;
        sum.bytes.duplicate += base->bytes.duplicate;
        sum.packets.received += base->packets.received;
        sum.packets.dropped[3] += base->packets.dropped[3];
        sum.records_lost += base->records_lost;
        sum.packets_lost += base->packets_lost;
        sum.lost_at_ports += base->lost_at_ports;
        if (base->shed_level > sum.shed_level) sum.shed_level = base->shed_level;
        sum.is_partial = sum.is_partial || base->is_partial;
      }
      sum.edges = graph::EdgeTable::from(edges);
      if (sum.begin_ns < bases.front().begin_ns || sum.end_ns > bases.back().end_ns) {
        sum.is_partial = true;
      }
      all.emplace_back(sum.end_ns, granularities_s[g], all_of(sum));
    }
  }
  std::sort(all.begin(), all.end());
  std::vector<All> ordered;
  for (auto& [end_ns, granularity_s, window] : all) ordered.push_back(std::move(window));
  return ordered;
}

TEST(WindowStack, SaysWhatANaiveGroupingSaysInTheOrderOfTheEnds) {
  test::Random random(4);
  const std::vector<std::vector<std::uint32_t>> sets{{10}, {10, 60}, {10, 20, 60}};
  for (int run = 0; run < 600; ++run) {
    const auto& granularities_s = sets[static_cast<std::size_t>(run) % sets.size()];
    std::vector<ReducedWindow> bases;
    WindowIndex index = static_cast<WindowIndex>(random.below(30)) - 15;
    for (std::uint64_t count = 1 + random.below(20); count > 0; --count) {
      bases.push_back(base_window(index, random));
      index += 1 + (random.below(4) == 0 ? static_cast<WindowIndex>(random.below(20)) : 0);
    }
    std::vector<All> said;
    WindowStack stack(granularities_s,
                      [&said](const ReducedWindow& window) { said.push_back(all_of(window)); });
    for (std::size_t i = 0; i < bases.size(); ++i) {
      stack.add(bases[i]);
      // Told as early as can be what the next base window tells anyway, it says the same.
      if (i + 1 < bases.size() && random.below(2) == 0) stack.close_until(bases[i + 1].begin_ns);
    }
    stack.flush();
    ASSERT_EQ(said, grouped(bases, granularities_s)) << "run " << run;
    const std::size_t count = said.size();
    stack.flush();
    ASSERT_EQ(said.size(), count) << "a second flush has nothing to say";
  }
}

TEST(WindowStack, DoesNotWaitForAWindowBehindACompleteOne) {
  test::Random random(5);
  std::vector<std::uint32_t> said;
  WindowStack stack({10, 20, 60},
                    [&said](const ReducedWindow& w) { said.push_back(w.granularity_s()); });
  for (WindowIndex index = 6; index < 12; ++index) stack.add(base_window(index, random));
  EXPECT_EQ(said, (std::vector<std::uint32_t>{10, 10, 20, 10, 10, 20, 10, 10, 20, 60}));
}

TEST(WindowStack, ClosesOnAQuietLinkWhatTimeHasPassed) {
  test::Random random(6);
  std::vector<std::uint32_t> said;
  WindowStack stack({10, 60},
                    [&said](const ReducedWindow& w) { said.push_back(w.granularity_s()); });
  stack.add(base_window(6, random));
  stack.close_until(119 * kNsPerSecond);
  EXPECT_EQ(said, (std::vector<std::uint32_t>{10}));
  stack.close_until(120 * kNsPerSecond);
  EXPECT_EQ(said, (std::vector<std::uint32_t>{10, 60}));
}

TEST(WindowStack, SaysNothingWithoutWindows) {
  WindowStack stack({10, 60}, [](const ReducedWindow&) { FAIL(); });
  stack.flush();
}

TEST(ReducedWindow, MergesInAnyOrderToTheSame) {
  test::Random random(6);
  for (int run = 0; run < 100; ++run) {
    std::vector<ReducedWindow> windows;
    for (WindowIndex i = 0; i < 4; ++i) windows.push_back(base_window(i, random));
    ReducedWindow forward{.edges = {}, .bytes = {}, .packets = {}};
    ReducedWindow backward{.edges = {}, .bytes = {}, .packets = {}};
    for (std::size_t i = 0; i < 4; ++i) {
      merge(forward, windows[i]);
      merge(backward, windows[3 - i]);
    }
    ASSERT_EQ(all_of(forward), all_of(backward));
    ASSERT_EQ(forward.end_ns, 0) << "times stay as they are";
  }
}

}  // namespace
}  // namespace mimir::analysis
