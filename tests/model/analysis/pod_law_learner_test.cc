// SPDX-License-Identifier: Apache-2.0
#include "model/analysis/pod_law_learner.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/graph/wordpress.h"
#include "tests/random.h"

namespace mimir::analysis {
namespace {

std::vector<entity::Event> web_and_database() {
  return {test::service_event("web", "10.96.0.1", "default", "app", "web"),
          test::service_event("db", "10.96.0.2", "default", "app", "db"),
          test::pod_event("web-0", "10.244.0.1", "default", "app", "web"),
          test::pod_event("web-1", "10.244.0.2", "default", "app", "web"),
          test::pod_event("db-0", "10.244.1.1", "default", "app", "db")};
}

// Both web pods answer 20 bytes for each that they ask the database; what they are asked varies
// by itself. Only in every fiftieth window they speak to the node of unknown addresses.
ReducedWindow window_of(const test::World& world, test::Random& random, TimeNs length_ns) {
  ReducedWindow window{.begin_ns = 0, .end_ns = length_ns, .edges = {}, .bytes = {}, .packets = {}};
  std::vector<graph::Edge> edges;
  for (const std::string name : {"web-0", "web-1"}) {
    const graph::NodeId web = world.pod(name);
    const std::uint64_t queries = 1000 + random.below(4000);
    edges.push_back({web, world.pod("db-0"), {10, 400 + queries}});
    edges.push_back({graph::kOutsideNode, web, {10, 400 + 100 + random.below(3000)}});
    edges.push_back({web, graph::kOutsideNode, {10, 400 + 20 * queries}});
    if (random.below(50) == 0) edges.push_back({web, graph::kUnknownNode, {1, 500}});
  }
  window.edges = graph::EdgeTable::from(std::move(edges));
  return window;
}

TEST(PodLawLearner, LearnsALawAPairAndLength) {
  const test::World world(web_and_database());
  test::Random random(2);
  PodLawLearner learner;
  for (int i = 0; i < 200; ++i) {
    learner.add(window_of(world, random, 10 * kNsPerSecond), world.cluster,
                graph::Observation::kMirror);
  }
  for (int i = 0; i < 100; ++i) {
    learner.add(window_of(world, random, 60 * kNsPerSecond), world.cluster,
                graph::Observation::kMirror);
  }
  const auto laws = learner.fit();
  const auto law_of = [&laws](const std::string& source, const std::string& target,
                              std::uint32_t granularity_s) {
    for (const learn::PodLaw& law : laws) {
      if (law.source == source && law.target == target && law.granularity_s == granularity_s) {
        return law;
      }
    }
    ADD_FAILURE() << source << ">" << target;
    return learn::PodLaw();
  };
  const learn::PodLaw pages = law_of("web", "outside", 10);
  ASSERT_EQ(pages.terms.size(), 2U) << "unknown is too rare to be a term";
  EXPECT_EQ(pages.terms[0].service, "db");
  EXPECT_NEAR(pages.terms[0].slope, 20, 0.2);
  EXPECT_EQ(pages.terms[1].service, "outside");
  EXPECT_NEAR(pages.terms[1].slope, 0, 0.1);
  EXPECT_EQ(law_of("web", "outside", 60).granularity_s, 60U);
  // The database was asked and sent nothing.
  const learn::PodLaw silence = law_of("db", "web", 10);
  EXPECT_NEAR(silence.expected(std::vector<double>(silence.terms.size(), 3000.0)), 0, 1e-6);
  for (const learn::PodLaw& law : laws) EXPECT_NE(law.source, "outside");
}

// What a pod sends grows from window to window: the law must be of the last as of the first.
TEST(PodLawLearner, KeepsPodsOfAllTimes) {
  const test::World world(web_and_database());
  PodLawLearner learner;
  const std::uint64_t count = 5 * kPodSamplesMax;
  for (std::uint64_t i = 0; i < count; ++i) {
    ReducedWindow window{
        .begin_ns = 0, .end_ns = 10 * kNsPerSecond, .edges = {}, .bytes = {}, .packets = {}};
    window.edges = graph::EdgeTable::from({{world.pod("web-0"), graph::kOutsideNode, {1, 40 + i}}});
    learner.add(window, world.cluster, graph::Observation::kMirror);
  }
  const auto laws = learner.fit();
  ASSERT_EQ(laws.size(), 1U);
  EXPECT_TRUE(laws[0].terms.empty());
  // Small sums weigh more, so that the middle is below that of the range, yet far from its ends.
  EXPECT_GT(laws[0].base, 0.2 * static_cast<double>(count));
  EXPECT_LT(laws[0].base, 0.6 * static_cast<double>(count));
}

}  // namespace
}  // namespace mimir::analysis
