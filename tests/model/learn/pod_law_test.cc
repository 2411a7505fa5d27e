// SPDX-License-Identifier: Apache-2.0
#include "model/learn/pod_law.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "model/learn/law.h"
#include "tests/model/learn/draw.h"

namespace mimir::learn {
namespace {

PodLaw law_of_two_terms() {
  return {.source = "web",
          .target = "outside",
          .granularity_s = 10,
          .terms = {{.service = "db"}, {.service = "outside"}}};
}

// Pods that answer 3 bytes for each they ask the database and half a byte for each they are
// asked, beside 700 that are always there.
PodSamples answers(Draw& draw, std::size_t count, double noise) {
  PodSamples samples;
  for (std::size_t i = 0; i < count; ++i) {
    const double asked = 2e4 + 2e4 * draw.symmetric();
    const double requests = 5e3 + 4e3 * draw.symmetric();
    const double expected = 700 + 3 * asked + 0.5 * requests;
    samples.values.push_back(expected + noise * draw.symmetric() * std::sqrt(expected + 1500));
    samples.given.insert(samples.given.end(), {asked, requests});
  }
  return samples;
}

TEST(PodLaw, FindsWhatEachTermAdds) {
  Draw draw(3);
  PodLaw law = law_of_two_terms();
  ASSERT_TRUE(fit_pod_law(law, answers(draw, 3000, 0)));
  EXPECT_NEAR(law.terms[0].slope, 3, 0.02);
  EXPECT_NEAR(law.terms[1].slope, 0.5, 0.02);
  EXPECT_NEAR(law.expected(std::vector<double>{2e4, 5e3}), 63'200, 100);
}

// Of a uniform variable within +-1 half lies within +-1/2: its IQR is 1.
TEST(PodLaw, NoiseIsTheIqrInRootsOfWhatIsExpected) {
  Draw draw(4);
  PodLaw law = law_of_two_terms();
  ASSERT_TRUE(fit_pod_law(law, answers(draw, 4000, 200)));
  EXPECT_NEAR(law.noise, 200, 10);
}

TEST(PodLaw, IsNotMovedByATwentiethOfOutliers) {
  Draw draw(5);
  PodLaw law = law_of_two_terms();
  PodSamples samples = answers(draw, 4000, 50);
  for (std::size_t i = 0; i < samples.size(); i += 20) samples.values[i] += 1e6;
  ASSERT_TRUE(fit_pod_law(law, samples));
  EXPECT_NEAR(law.expected(std::vector<double>{2e4, 5e3}), 63'200, 700);
}

TEST(PodLaw, ServicesThatSayTheSameShareTheirSlope) {
  PodLaw law = law_of_two_terms();
  PodSamples samples;
  for (int i = 0; i < 200; ++i) {
    const double asked = 1000.0 + 50 * i;
    samples.values.push_back(4 * asked);
    samples.given.insert(samples.given.end(), {asked, asked});
  }
  ASSERT_TRUE(fit_pod_law(law, samples));
  EXPECT_NEAR(law.terms[0].slope, 2, 0.01);
  EXPECT_NEAR(law.terms[1].slope, 2, 0.01);
}

TEST(PodLaw, OfTooFewPodsIsNone) {
  Draw draw(6);
  PodLaw law = law_of_two_terms();
  EXPECT_FALSE(fit_pod_law(law, answers(draw, 3 * kSamplesPerTerm - 1, 10)));
  EXPECT_TRUE(fit_pod_law(law, answers(draw, 3 * kSamplesPerTerm, 10)));
}

TEST(PodLaw, ZCountsUnits) {
  PodLaw law = law_of_two_terms();
  law.base = 100;
  law.terms[0].slope = 2;
  law.noise = 10;
  const std::vector<double> given = {4200, 9};  // the second slope is 0
  const double unit = std::sqrt(100.0 * (8500 + 1500) + 0.05 * 0.05 * 8500 * 8500);
  EXPECT_DOUBLE_EQ(law.expected(given), 8500);
  EXPECT_DOUBLE_EQ(law.z(8500 + 3 * unit, given), 3);
  EXPECT_DOUBLE_EQ(law.z(8500 - unit, given), -1);
  EXPECT_EQ(law.z(1e9, given), kLawLimit);
}

}  // namespace
}  // namespace mimir::learn
