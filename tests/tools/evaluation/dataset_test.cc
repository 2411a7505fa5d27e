// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/dataset.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tools/evaluation/small_shop.h"

namespace mimir::evaluation {
namespace {

constexpr TimeNs kMinute = 60 * kNsPerSecond;

std::vector<PassPlan> plans_for(std::size_t span_count, const std::vector<double>& rates) {
  std::vector<PassPlan> plans;
  const std::vector<Stretch> all = {{0, span_count}};
  for (const double rate : rates) {
    plans.push_back({.rate = rate_of(rate),
                     .seed = 4,
                     .attacks = plan_at_random(all, {.share = 0.3, .path_count = 2, .seed = 4})});
  }
  return plans;
}

Dataset built(const test::SmallShop& shop, const std::vector<analysis::ReducedWindow>& windows,
              const std::vector<double>& rates, std::size_t thread_count) {
  Dataset dataset = test::empty_dataset();
  config::Diagnostics diagnostics;
  EXPECT_TRUE(add_run(dataset, shop.run("held-out", windows), plans_for(windows.size() / 6, rates),
                      thread_count, diagnostics))
      << diagnostics.render();
  return dataset;
}

double bytes_in(const Dataset& dataset, std::size_t granularity, std::size_t row) {
  double sum = 0;
  for (const double bytes : dataset.table(granularity, Description::kServiceBytes).row(row)) {
    sum += bytes;
  }
  return sum;
}

// The oracle is the traffic itself: a window carries more than it did exactly where an attack
// is said to be.
TEST(Dataset, LabelsTheWindowsThatCarryTheAttack) {
  const test::SmallShop shop;
  const auto windows = shop.windows(120, 1);
  const Dataset dataset = built(shop, windows, {1e6}, 1);
  ASSERT_EQ(dataset.passes.size(), 2U);
  const Pass& benign = dataset.passes[0];
  const Pass& attacked = dataset.passes[1];
  EXPECT_FALSE(benign.is_injected());
  EXPECT_EQ(attacked.incidents.size(), 6U);
  for (std::size_t g = 0; g < 2; ++g) {
    ASSERT_EQ(benign.windows[g].size(), g == 0 ? 120U : 20U);
    ASSERT_EQ(attacked.windows[g].size(), benign.windows[g].size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < benign.windows[g].size(); ++i) {
      const LabelledWindow& window = attacked.windows[g][i];
      EXPECT_EQ(window.begin_ns, benign.windows[g][i].begin_ns);
      const bool carries_more = bytes_in(dataset, g, window.row) >
                                bytes_in(dataset, g, benign.windows[g][i].row) + 10'000;
      EXPECT_EQ(window.label.label == Label::kAttack, carries_more) << g << ", window " << i;
      EXPECT_EQ(dataset.table(g, Description::kInvariants).window(window.row).attack, carries_more);
      count += carries_more ? 1 : 0;
    }
    EXPECT_EQ(count, g == 0 ? 36U : 6U);
  }
}

// The minute is the sum of its six windows, attacked or not, and so much more than the benign
// one as the incident says.
TEST(Dataset, ShowsOneAttackToAllGranularities) {
  const test::SmallShop shop;
  const auto windows = shop.windows(120, 1);
  const Dataset dataset = built(shop, windows, {1e6, 100e3}, 1);
  for (const Pass& pass : dataset.passes) {
    for (const LabelledWindow& minute : pass.windows[1]) {
      double fine = 0;
      for (const LabelledWindow& window : pass.windows[0]) {
        if (window_of(window.begin_ns, kMinute) != window_of(minute.begin_ns, kMinute)) continue;
        fine += bytes_in(dataset, 0, window.row);
      }
      EXPECT_EQ(bytes_in(dataset, 1, minute.row), fine);
    }
  }
  const Pass& benign = dataset.passes[0];
  for (const Pass& pass : dataset.passes) {
    for (std::size_t i = 0; i < pass.windows[1].size(); ++i) {
      const LabelledWindow& minute = pass.windows[1][i];
      if (minute.label.label != Label::kAttack) continue;
      const Incident& incident = pass.incidents[minute.label.incident];
      const double more =
          bytes_in(dataset, 1, minute.row) - bytes_in(dataset, 1, benign.windows[1][i].row);
      const double hops = incident.path == "db > outside" ? 1 : 2;
      const auto bytes = static_cast<double>(incident.bytes);
      EXPECT_GE(more, hops * bytes);
      EXPECT_LE(more, hops * bytes * 1.2) << "40 bytes a packet of about 500 come back";
      EXPECT_NEAR(bytes / incident.rate_bytes_per_minute, 1, 0.4);
    }
  }
}

void expect_equal(const Dataset& a, const Dataset& b) {
  ASSERT_EQ(a.passes.size(), b.passes.size());
  for (std::size_t g = 0; g < 2; ++g) {
    for (std::size_t d = 0; d < kDescriptionCount; ++d) {
      ASSERT_EQ(a.tables[g][d].row_count(), b.tables[g][d].row_count());
      for (std::size_t row = 0; row < a.tables[g][d].row_count(); ++row) {
        EXPECT_EQ(a.tables[g][d].window(row), b.tables[g][d].window(row));
        for (std::size_t c = 0; c < a.tables[g][d].column_count(); ++c) {
          const double left = a.tables[g][d].at(row, c);
          const double right = b.tables[g][d].at(row, c);
          EXPECT_TRUE(left == right || (std::isnan(left) && std::isnan(right)));
        }
      }
    }
  }
}

TEST(Dataset, IsTheSameForAnyNumberOfThreads) {
  const test::SmallShop shop;
  const auto windows = shop.windows(120, 1);
  expect_equal(built(shop, windows, {1e6, 100e3}, 1), built(shop, windows, {1e6, 100e3}, 3));
}

// One rate alone, and the same beside another one: the attacks are the same bytes.
TEST(Dataset, InjectsARateWhateverOthersAreTried) {
  const test::SmallShop shop;
  const auto windows = shop.windows(60, 1);
  const Dataset alone = built(shop, windows, {100e3}, 1);
  const Dataset beside = built(shop, windows, {1e6, 100e3}, 1);
  ASSERT_EQ(alone.passes[1].incidents.size(), beside.passes[2].incidents.size());
  for (std::size_t i = 0; i < alone.passes[1].incidents.size(); ++i) {
    EXPECT_EQ(alone.passes[1].incidents[i].bytes, beside.passes[2].incidents[i].bytes);
    EXPECT_EQ(beside.passes[1].incidents[i].time.begin_ns,
              beside.passes[2].incidents[i].time.begin_ns)
        << "rates differ in nothing else";
  }
}

TEST(Dataset, KeepsRunsApart) {
  const test::SmallShop shop;
  const auto first = shop.windows(60, 1);
  const auto second = shop.windows(60, 2);
  Dataset dataset = test::empty_dataset();
  config::Diagnostics diagnostics;
  const auto plans = plans_for(10, {1e6});
  ASSERT_TRUE(add_run(dataset, shop.run("first", first), plans, 2, diagnostics));
  ASSERT_TRUE(add_run(dataset, shop.run("second", second), plans, 2, diagnostics));
  for (const Pass& pass : dataset.passes) {
    for (std::size_t g = 0; g < 2; ++g) {
      for (const LabelledWindow& window : pass.windows[g]) {
        const learn::WindowInfo& info =
            dataset.table(g, Description::kPrincipalVector).window(window.row);
        EXPECT_EQ(info.run, dataset.runs[pass.run].name);
        EXPECT_EQ(info.begin_ns, window.begin_ns);
      }
    }
  }
  RunInput third = shop.run("third", second);
  third.invariants.sensitive_service = "nobody";
  EXPECT_FALSE(add_run(dataset, third, plans, 1, diagnostics));
}

TEST(Dataset, LabelsWhatReallyHappened) {
  const test::SmallShop shop;
  const auto windows = shop.windows(60, 1);
  Dataset dataset = test::empty_dataset();
  config::Diagnostics diagnostics;
  std::vector<Incident> incidents(1);
  incidents[0].time = {.begin_ns = 95 * kNsPerSecond, .end_ns = 215 * kNsPerSecond};
  incidents[0].rate_bytes_per_minute = 5;
  ASSERT_TRUE(add_labelled_run(dataset, shop.run("real", windows), incidents, 1, diagnostics));
  ASSERT_EQ(dataset.passes.size(), 1U);
  EXPECT_FALSE(dataset.passes[0].is_injected());
  std::string fine;
  for (const LabelledWindow& window : dataset.passes[0].windows[0]) {
    fine += "-ae"[static_cast<std::size_t>(window.label.label)];
  }
  EXPECT_EQ(fine.substr(0, 24), "---------aaaaaaaaaaaae--");
}

}  // namespace
}  // namespace mimir::evaluation
