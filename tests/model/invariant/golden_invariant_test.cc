// SPDX-License-Identifier: Apache-2.0
// The five families on real traffic, against the figures that an independent
// implementation of the prototype's definitions gave.
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/graph/pod_graph.h"
#include "model/graph/reduction.h"
#include "model/graph/service_graph.h"
#include "model/invariant/current_flow.h"
#include "model/invariant/registry.h"
#include "model/invariant/vip_deviation.h"
#include "tests/model/graph/wordpress.h"

namespace mimir::invariant {
namespace {

using graph::Counts;
using graph::Edge;
using graph::EdgeTable;
using graph::NodeId;
using test::wordpress_pod;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void expect_close(double actual, double expected, double digits, const std::string& what) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << what << " is " << actual;
  } else {
    EXPECT_NEAR(actual, expected, std::abs(expected) * digits) << what;
  }
}

class WordpressInvariants : public ::testing::Test {
 protected:
  void SetUp() override {
    graph::NodeTable nodes(world_.entities.size());
    for (std::size_t i = 0; i < 2; ++i) {
      const auto conversations = test::wordpress_conversations(883 + static_cast<int>(i));
      if (!conversations) GTEST_SKIP() << "the recorded conversations are not there";
      windows_[i] = graph::reduce(graph::edges_of(*conversations, world_.entities, nodes), nodes,
                                  world_.cluster, test::wordpress_observation())
                        .edges;
    }
  }

  std::map<std::string, double> values(const EdgeTable& window, Form form) const {
    config::Diagnostics diagnostics;
    auto registry = Registry::build(
        world_.cluster, {graph::Observation::kNodeAny, form, "my-release-pxc"}, diagnostics);
    const graph::PodGraph pods(window, world_.cluster);
    const graph::ServiceGraph services(pods);
    std::map<std::string, double> result;
    for (const Feature& feature : registry->compute({pods, services})) {
      result[feature.name] = feature.value;
    }
    return result;
  }

  VipDeviation::Sums vip_sums(const EdgeTable& window, Form form) const {
    const Services services(world_.cluster, graph::Observation::kNodeAny);
    return VipDeviation(services, form).sums(graph::PodGraph(window, world_.cluster));
  }

  const test::World world_{test::wordpress_events()};
  std::array<EdgeTable, 2> windows_;
};

TEST_F(WordpressInvariants, PrototypeFormHasTheTwentyNineColumnsAndTheirValues) {
  const std::map<std::string, std::array<double, 2>> expected = {
      {"vip_deviation", {0, 4.68164145125e-06}},
      {"harmonic_centrality(kube-dns)", {0.000146608343506, 0.000160113621543}},
      {"harmonic_centrality(my-release-pxc)", {0.0547834274748, 0.0552962549114}},
      {"harmonic_centrality(outside)", {0.160255930033, 0.169953379771}},
      {"harmonic_centrality(wwwppp-wordpress)", {0.694374517026, 0.694072011513}},
      {"edge_variation(kube-dns>kube-dns)", {0, 0}},
      {"reciprocity(kube-dns,kube-dns)", {-1, -1}},
      {"edge_variation(kube-dns>my-release-pxc)", {kNan, kNan}},
      {"reciprocity(kube-dns,my-release-pxc)", {-1, -1}},
      {"edge_variation(kube-dns>outside)", {0, 0}},
      {"reciprocity(kube-dns,outside)", {0.310404127257, 0.334745762712}},
      {"edge_variation(kube-dns>wwwppp-wordpress)", {kNan, kNan}},
      {"reciprocity(kube-dns,wwwppp-wordpress)", {-1, -1}},
      {"edge_variation(my-release-pxc>my-release-pxc)", {0, 0}},
      {"reciprocity(my-release-pxc,my-release-pxc)", {0.934219506427, 0.948671534052}},
      {"edge_variation(my-release-pxc>outside)", {kNan, kNan}},
      {"reciprocity(my-release-pxc,outside)", {-1, -1}},
      {"edge_variation(my-release-pxc>wwwppp-wordpress)", {0.600576654182, 0.619176364504}},
      {"reciprocity(my-release-pxc,wwwppp-wordpress)", {0.137059315551, 0.137393310184}},
      {"edge_variation(outside>outside)", {0, 0}},
      {"reciprocity(outside,outside)", {0, 0}},
      {"edge_variation(outside>wwwppp-wordpress)", {0.240004597564, 0.302950111946}},
      {"reciprocity(outside,wwwppp-wordpress)", {0.0976963116025, 0.10256149345}},
      {"current_flow_variation(kube-dns)", {0, 0}},
      {"current_flow_variation(my-release-pxc)", {0.0341087376035, 0.0230928774084}},
      {"current_flow_variation(outside)", {0, 0}},
      {"current_flow_variation(wwwppp-wordpress)", {0.248268772915, 0.371091797071}},
      {"edge_variation(wwwppp-wordpress>wwwppp-wordpress)", {0, 0}},
      {"reciprocity(wwwppp-wordpress,wwwppp-wordpress)", {-1, -1}},
  };
  ASSERT_EQ(expected.size(), 29U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto actual = values(windows_[i], Form::kPrototype);
    EXPECT_EQ(actual.size(), expected.size());
    for (const auto& [name, window] : expected) {
      ASSERT_TRUE(actual.contains(name)) << name;
      expect_close(actual.at(name), window[i], 1e-9, name);
    }
  }
}

TEST_F(WordpressInvariants, VipSumsAndKeysAreTheCountedOnes) {
  const VipDeviation::Sums first = vip_sums(windows_[0], Form::kPrototype);
  EXPECT_EQ(first.deviation, 0U);
  EXPECT_EQ(first.pod_bytes, 72605920U);
  EXPECT_EQ(first.vip_keys, 22U);
  EXPECT_EQ(first.pod_keys, 50U);
  const VipDeviation::Sums second = vip_sums(windows_[1], Form::kPrototype);
  EXPECT_EQ(second.deviation, 304U);
  EXPECT_EQ(second.pod_bytes, 64934490U);
  EXPECT_EQ(second.vip_keys, 22U);
  EXPECT_EQ(second.pod_keys, 50U);
}

TEST_F(WordpressInvariants, CurrentsThroughEveryNodeAreTheTabledOnes) {
  const Services services(world_.cluster, graph::Observation::kNodeAny);
  CurrentFlow flow(services, services.slot_of[world_.class_named("my-release-pxc")],
                   Form::kIntended);
  const std::vector<std::pair<NodeId, std::array<double, 2>>> expected = {
      {world_.pod("kube-dns-86f4d74b45-vjpwb", "kube-system"), {0, 0}},
      {world_.pod("my-release-pxc-0"), {0.8374061936, 0.7682148355}},
      {world_.pod("my-release-pxc-1"), {0.7959488771, 0.7979134545}},
      {world_.pod("my-release-pxc-2"), {0.8294959934, 0.7913313782}},
      {world_.pod("my-release-pxc-3"), {0.8174162375, 0.8093057703}},
      {world_.pod("my-release-pxc-4"), {0.8351926151, 0.7768056358}},
      {world_.pod("my-release-pxc-5"), {0.7968730726, 0.7759126903}},
      {world_.pod("my-release-pxc-6"), {0.7666378056, 0.7623993818}},
      {world_.vip("my-release-pxc"), {0.4869564393, 0.4742185246}},
      {graph::kOutsideNode, {3.5, 3.5}},
      {world_.pod(wordpress_pod("24scj")), {0.8713367379, 1.015403935}},
      {world_.pod(wordpress_pod("7bd6l")), {0.5496170887, 0.3883522826}},
      {world_.pod(wordpress_pod("7fq6l")), {0.718364743, 0.8479604553}},
      {world_.pod(wordpress_pod("clhq4")), {0.6792504678, 0.601997415}},
      {world_.pod(wordpress_pod("h5tj2")), {0.6562035374, 0.7727020823}},
      {world_.pod(wordpress_pod("nzwvr")), {0.8231950873, 0.8620210921}},
      {world_.pod(wordpress_pod("qtxkf")), {0.4297511983, 0.3470849943}},
      {world_.pod(wordpress_pod("s8vfp")), {0.4798364284, 0.39457742}},
      {world_.pod(wordpress_pod("sgwls")), {0.8013566013, 0.7846823626}},
      {world_.pod(wordpress_pod("w9h7b")), {0.8558100256, 0.8406842282}},
      {world_.pod(wordpress_pod("xnwx2")), {0.6419933008, 0.6459513389}},
  };
  for (std::size_t i = 0; i < 2; ++i) {
    const graph::PodGraph pods(windows_[i], world_.cluster);
    const auto currents = flow.currents(pods);
    ASSERT_EQ(currents.size(), expected.size());
    for (const auto& [node, raw] : expected) {
      // The table has ten digits.
      EXPECT_NEAR(currents[*pods.find(node)], raw[i], 1e-9) << world_.cluster.node_name(node);
    }
  }
}

TEST_F(WordpressInvariants, IntendedFormTakesTheVariationOfTheCurrentsThemselves) {
  const auto first = values(windows_[0], Form::kIntended);
  const auto second = values(windows_[1], Form::kIntended);
  expect_close(first.at("current_flow_variation(my-release-pxc)"), 0.02968315506, 1e-9, "pxc");
  expect_close(second.at("current_flow_variation(my-release-pxc)"), 0.01998887027, 1e-9, "pxc");
  expect_close(first.at("current_flow_variation(wwwppp-wordpress)"), 0.2099738467, 1e-9, "wp");
  expect_close(second.at("current_flow_variation(wwwppp-wordpress)"), 0.3138112587, 1e-9, "wp");
}

TEST_F(WordpressInvariants, IntendedFormMendsWhatThePrototypeGotWrong) {
  const auto of = values(windows_[0], Form::kIntended);
  // 9 + 12 + 4 + 4 + 3 + 12 + 1 columns for four services.
  EXPECT_EQ(of.size(), 45U);
  EXPECT_TRUE(std::isnan(of.at("reciprocity(kube-dns,my-release-pxc)")));
  EXPECT_FALSE(of.contains("reciprocity(outside,outside)"));
  EXPECT_FALSE(of.contains("edge_variation(outside>outside)"));
  EXPECT_GT(of.at("edge_variation(wwwppp-wordpress>my-release-pxc)"), 0.0);
  EXPECT_DOUBLE_EQ(of.at("vip_deviation"), 0.0);
  EXPECT_DOUBLE_EQ(of.at("external_share(wwwppp-wordpress)"), 6813464.0 / (6813464 + 722));
  EXPECT_DOUBLE_EQ(of.at("external_share(my-release-pxc)"), 0.0);
  // Between services with a VIP, each byte once.
  const VipDeviation::Sums sums = vip_sums(windows_[0], Form::kIntended);
  EXPECT_EQ(sums.deviation, 0U);
  EXPECT_EQ(2 * sums.pod_bytes + 2 * 6529048, 72605920U);
}

// The injected hops of the five cases and what they did to the features. The amounts
// are those of 1 MB a minute in 10 s: 166666 bytes, 333 packets, answers of 40.
struct InjectedCase {
  const char* what;
  std::vector<std::pair<NodeId, NodeId>> hops;
  std::uint64_t bytes;
  std::size_t nodes;
  std::size_t edges;
  std::uint64_t deviation;
  std::uint64_t pod_bytes;
  std::uint32_t vip_keys;
  std::map<std::string, double> changed;
};

TEST_F(WordpressInvariants, InjectedWindowsHaveTheTabledFeatures) {
  const NodeId pxc0 = world_.pod("my-release-pxc-0");
  const NodeId pxc_vip = world_.vip("my-release-pxc");
  const NodeId web = world_.pod(wordpress_pod("24scj"));
  const NodeId web_vip = world_.vip("wwwppp-wordpress");
  const NodeId dns = world_.pod("kube-dns-86f4d74b45-vjpwb", "kube-system");
  const NodeId dns_vip = world_.vip("kube-dns", "kube-system");
  constexpr NodeId kOutside = graph::kOutsideNode;
  const std::vector<InjectedCase> cases = {
      {"a",
       {{pxc0, web}, {pxc_vip, web}, {web, kOutside}},
       80925498,
       21,
       241,
       0,
       72965892,
       22,
       {{"vip_deviation", 0},
        {"harmonic_centrality(kube-dns)", 0.0001456314874},
        {"harmonic_centrality(my-release-pxc)", 0.05488848118},
        {"harmonic_centrality(outside)", 0.1629265167},
        {"harmonic_centrality(wwwppp-wordpress)", 0.6940250472},
        {"edge_variation(my-release-pxc>wwwppp-wordpress)", 0.6032510424},
        {"reciprocity(my-release-pxc,wwwppp-wordpress)", 0.1371251248},
        {"edge_variation(outside>wwwppp-wordpress)", 0.2932364032},
        {"reciprocity(outside,wwwppp-wordpress)", 0.09892953751},
        {"current_flow_variation(my-release-pxc)", 0.03454430671},
        {"current_flow_variation(wwwppp-wordpress)", 0.2762204348}}},
      {"b",
       {{pxc0, web}, {web, kOutside}},
       80745512,
       21,
       241,
       179986,
       72965892,
       22,
       {{"vip_deviation", 0.002466714174},
        {"harmonic_centrality(kube-dns)", 0.0001459560974},
        {"harmonic_centrality(my-release-pxc)", 0.05484477552},
        {"harmonic_centrality(outside)", 0.163264105},
        {"harmonic_centrality(wwwppp-wordpress)", 0.6935079756},
        {"edge_variation(my-release-pxc>wwwppp-wordpress)", 0.6032510424},
        {"reciprocity(my-release-pxc,wwwppp-wordpress)", 0.1370923193},
        {"edge_variation(outside>wwwppp-wordpress)", 0.2932364032},
        {"reciprocity(outside,wwwppp-wordpress)", 0.09892953751},
        {"current_flow_variation(my-release-pxc)", 0.03457257351},
        {"current_flow_variation(wwwppp-wordpress)", 0.2759010002}}},
      {"c",
       {{pxc0, web_vip}, {pxc0, web}, {web, kOutside}},
       80925498,
       22,
       243,
       5727089,
       72965892,
       24,
       {{"vip_deviation", 0.07848994706},
        {"edge_variation(my-release-pxc>wwwppp-wordpress)", 0.6068034972},
        {"reciprocity(my-release-pxc,wwwppp-wordpress)", 0.1371251248},
        {"current_flow_variation(my-release-pxc)", 0.03431652738},
        {"current_flow_variation(wwwppp-wordpress)", 0.2734076222}}},
      {"d",
       {{pxc0, kOutside}},
       80565526,
       21,
       243,
       0,
       72605920,
       22,
       {{"vip_deviation", 0},
        {"harmonic_centrality(kube-dns)", 0.0001462808157},
        {"harmonic_centrality(my-release-pxc)", 0.05466103952},
        {"harmonic_centrality(outside)", 0.1598979131},
        {"harmonic_centrality(wwwppp-wordpress)", 0.6928232618},
        {"edge_variation(my-release-pxc>outside)", 0},
        {"reciprocity(my-release-pxc,outside)", 0.148011512},
        {"current_flow_variation(my-release-pxc)", 0.04834987341},
        {"current_flow_variation(wwwppp-wordpress)", 0.2477330607}}},
      {"e",
       {{pxc0, dns_vip}, {pxc0, dns}, {dns, kOutside}},
       80925498,
       22,
       245,
       0,
       72605920,
       22,
       {{"harmonic_centrality(kube-dns)", 0.009951742024},
        {"harmonic_centrality(my-release-pxc)", 0.05577035176},
        {"harmonic_centrality(outside)", 0.161246156},
        {"harmonic_centrality(wwwppp-wordpress)", 0.6911316777},
        {"edge_variation(kube-dns>my-release-pxc)", 0},
        {"reciprocity(kube-dns,my-release-pxc)", 0.148011512},
        {"reciprocity(kube-dns,outside)", 0.1868521106},
        {"current_flow_variation(my-release-pxc)", 0.0398404277},
        {"current_flow_variation(wwwppp-wordpress)", 0.2456339842}}},
  };
  for (const InjectedCase& injected : cases) {
    std::vector<Edge> added;
    for (const auto& hop : injected.hops) {
      added.push_back({.source = hop.first, .target = hop.second, .counts = {333, 166666}});
      added.push_back({.source = hop.second, .target = hop.first, .counts = {333, 13320}});
    }
    EdgeTable window = windows_[0];
    window.merge(EdgeTable::from(added));
    const graph::PodGraph pods(window, world_.cluster);
    EXPECT_EQ(pods.total().bytes, injected.bytes) << injected.what;
    EXPECT_EQ(pods.nodes().size(), injected.nodes) << injected.what;
    EXPECT_EQ(pods.edges().size(), injected.edges) << injected.what;
    const VipDeviation::Sums sums = vip_sums(window, Form::kPrototype);
    EXPECT_EQ(sums.deviation, injected.deviation) << injected.what;
    EXPECT_EQ(sums.pod_bytes, injected.pod_bytes) << injected.what;
    EXPECT_EQ(sums.vip_keys, injected.vip_keys) << injected.what;
    EXPECT_EQ(sums.pod_keys, 50U) << injected.what;
    const auto actual = values(window, Form::kPrototype);
    for (const auto& [name, value] : injected.changed) {
      expect_close(actual.at(name), value, 1e-9, std::string(injected.what) + ": " + name);
    }
  }
}

TEST_F(WordpressInvariants, TheLowestUnitOfTrafficDoesNotMatter) {
  std::vector<Edge> edges(windows_[0].edges().begin(), windows_[0].edges().end());
  for (Edge& edge : edges) edge.counts.bytes *= 7;
  const auto one = values(windows_[0], Form::kIntended);
  for (const auto& [name, value] : values(EdgeTable::from(edges), Form::kIntended)) {
    const bool is_amount = name.starts_with("bytes(");
    expect_close(value, (is_amount ? 7 : 1) * one.at(name), 1e-11, name);
  }
}

}  // namespace
}  // namespace mimir::invariant
