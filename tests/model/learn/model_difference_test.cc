// SPDX-License-Identifier: Apache-2.0
#include "model/learn/model_difference.h"

#include <functional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/learn/models.h"

namespace mimir::learn {
namespace {

// A small model with every field of its context filled.
Model full_model() {
  Model model = small_model();
  model.context = separable_set(60).context;
  return model;
}

const NameChange& names_of(const ModelDifference& difference, std::string_view what) {
  for (const NameChange& each : difference.names) {
    if (each.what == what) return each;
  }
  ADD_FAILURE() << what;
  return difference.names.front();
}

TEST(ModelDifference, IsNoneOfAModelAndItself) {
  const ModelDifference none = difference(full_model(), full_model());
  EXPECT_TRUE(none.is_none());
  EXPECT_EQ(names_of(none, "services").same_count, 3U);
  ASSERT_EQ(none.granularities.size(), 2U);
  EXPECT_EQ(none.granularities[0].same_feature_count, 3U);
  EXPECT_EQ(*to_json(none).find("same")->boolean(), true);
}

// The oracle is the models' own comparison: whatever is another makes a difference.
TEST(ModelDifference, MissesNoField) {
  using Change = std::function<void(Model&)>;
  const std::vector<Change> changes = {
      [](Model& m) { m.context.name = "x"; },
      [](Model& m) { m.context.observation = "node-any"; },
      [](Model& m) { m.context.base_window_ns += 1; },
      [](Model& m) { m.context.sensitive_service = "x"; },
      [](Model& m) { m.context.is_prototype = true; },
      [](Model& m) { m.context.created_from.captures[0].name = "x"; },
      [](Model& m) { m.context.created_from.captures[0].digest = "x"; },
      [](Model& m) { m.context.created_from.captures[0].windows = "x"; },
      [](Model& m) { m.context.created_from.runs.pop_back(); },
      [](Model& m) { m.context.created_from.window_count += 1; },
      [](Model& m) { m.context.created_from.seed -= 1; },
      [](Model& m) { m.context.created_from.rates_bytes_per_minute[0] = 2; },
      [](Model& m) { m.context.services.pop_back(); },
      [](Model& m) { m.context.edges[0].destination = "x"; },
      [](Model& m) { m.context.edges[0].granularity_s = 60; },
      [](Model& m) { m.context.edges[0].median_bytes += 1; },
      [](Model& m) { m.context.edges[0].p99_bytes += 1e-9; },
      [](Model& m) { m.context.edges[0].window_count += 1; },
      [](Model& m) { m.context.contacts.pairs[0].port = 0; },
      [](Model& m) { m.context.contacts.pairs[0].protocol = 17; },
      [](Model& m) { m.context.contacts.pairs[0].contact_count += 1; },
      [](Model& m) { m.context.contacts.priors[0].failed_count += 1; },
      [](Model& m) { m.context.contacts.habits[0].target.clear(); },
      [](Model& m) { m.context.destinations[0].networks.clear(); },
      [](Model& m) { m.context.destinations.clear(); },
      [](Model& m) { m.context.pod_laws[0].base = 1; },
      [](Model& m) { m.context.pod_laws[0].terms[0].slope = 1; },
      [](Model& m) { m.context.pod_laws[0].noise = 1; },
      [](Model& m) { m.granularities[0].threshold = 9; },
      [](Model& m) { m.granularities[0].intercept = 9; },
      [](Model& m) { m.granularities[0].alpha = 9; },
      [](Model& m) { m.granularities[0].z_limit = 9; },
      [](Model& m) { m.granularities[0].training.true_positive = 9; },
      [](Model& m) { m.granularities[1].features[2].weight = 1e-12; },
      [](Model& m) { m.granularities[1].features[2].spread.median = 9; },
      [](Model& m) { m.granularities[1].features[2].law.emplace(); },
      [](Model& m) { m.granularities[1].features.pop_back(); },
      [](Model& m) { m.granularities[1].granularity_s = 120; },
      [](Model& m) { m.combination->threshold = 9; },
      [](Model& m) { m.combination->intercept = 9; },
      [](Model& m) { m.combination->alpha = 9; },
      [](Model& m) { m.combination->weights[1] = 9; },
      [](Model& m) { m.combination->training.false_positive = 9; },
      [](Model& m) { m.combination.reset(); }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Model other = full_model();
    changes[i](other);
    ASSERT_NE(other, full_model()) << i;
    EXPECT_FALSE(difference(full_model(), other).is_none()) << i;
    EXPECT_FALSE(difference(other, full_model()).is_none()) << i;
  }
}

TEST(ModelDifference, SaysWhatIsNewGoneAndMoved) {
  Model after = full_model();
  after.context.services = {"outside", "shop/cart", "shop/user-db"};
  after.granularities[0].threshold = 1.5;
  after.granularities[0].features[0].weight = -1;  // a: 0.5 before
  after.granularities[0].features[1].name = "d";   // b: -0.25 before
  const ModelDifference found = difference(full_model(), after);

  const NameChange& services = names_of(found, "services");
  EXPECT_EQ(services.gone, std::vector<std::string>{"shop/user"});
  EXPECT_EQ(services.added, std::vector<std::string>{"shop/cart"});
  EXPECT_EQ(services.same_count, 2U);

  const GranularityDifference& fine = found.granularities[0];
  ASSERT_EQ(fine.settings.size(), 1U);
  EXPECT_EQ(fine.settings[0].name, "threshold");
  EXPECT_EQ(fine.settings[0].before.number(), 0.75);
  EXPECT_EQ(fine.settings[0].after.number(), 1.5);
  EXPECT_EQ(fine.same_feature_count, 1U);
  ASSERT_EQ(fine.features.size(), 3U);
  EXPECT_EQ(fine.features[0].name, "a");
  EXPECT_DOUBLE_EQ(fine.features[0].weight_change(), -1.5);
  EXPECT_EQ(fine.features[1].name, "b");
  EXPECT_FALSE(fine.features[1].after);
  EXPECT_DOUBLE_EQ(fine.features[1].weight_change(), 0.25);
  EXPECT_EQ(fine.features[2].name, "d");
  EXPECT_FALSE(fine.features[2].before);
  EXPECT_TRUE(found.granularities[1].features.empty());
}

TEST(ModelDifference, ListsTheEdgeThatMovedMostFirst) {
  Model before = full_model();
  before.context.edges = {edge_baseline("a", "b", 10, {99}), edge_baseline("a", "c", 10, {99}),
                          edge_baseline("a", "d", 10, {99}), edge_baseline("a", "e", 10, {99})};
  Model after = before;
  after.context.edges[1].p99_bytes = 199;  // twice
  after.context.edges[3].p99_bytes = 19;   // a fifth
  after.context.edges[2].window_count = 7;
  const ModelDifference found = difference(before, after);
  ASSERT_EQ(found.baselines.size(), 3U);
  EXPECT_EQ(found.baselines[0].after.destination, "e");
  EXPECT_EQ(found.baselines[1].after.destination, "c");
  EXPECT_EQ(found.baselines[2].after.destination, "d");
  EXPECT_EQ(names_of(found, "edges").changed.size(), 3U);
  EXPECT_EQ(names_of(found, "edges").same_count, 1U);
}

}  // namespace
}  // namespace mimir::learn
