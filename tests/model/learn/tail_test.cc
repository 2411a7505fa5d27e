// SPDX-License-Identifier: Apache-2.0
#include "model/learn/tail.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "model/learn/distributions.h"

namespace mimir::learn {
namespace {

// Evenly spaced quantiles of a generalised Pareto distribution.
std::vector<double> pareto(double scale, double shape, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) {
    const double survival = 1 - (i + 0.5) / count;
    values.push_back(shape == 0 ? -scale * std::log(survival)
                                : scale / shape * (std::pow(survival, -shape) - 1));
  }
  return values;
}

// The tail of a generalised Pareto distribution above u is one again: of the same shape, its
// scale larger by shape x u.
TEST(Tail, FindsTheDistributionThatMadeTheValues) {
  for (const double shape : {-0.3, 0.0, 0.25}) {
    const auto tail = fit_tail(pareto(2, shape, 20'000), 0.1);
    ASSERT_TRUE(tail.has_value());
    EXPECT_NEAR(tail->shape, shape, 0.02);
    EXPECT_NEAR(tail->scale, 2 + shape * tail->start, 0.05);
    EXPECT_NEAR(tail->share, 0.1, 1e-3);
    // What one in ten thousand exceeds, by the distribution itself.
    const double exact = shape == 0 ? 2 * std::log(1e4) : 2 / shape * (std::pow(1e-4, -shape) - 1);
    EXPECT_NEAR(tail->exceeded_with(1e-4) / exact, 1, 0.05);
  }
}

// The definitions in ten lines of numpy 1.24 on the same 400 values, and the quantile by
// scipy 1.10's genpareto.isf.
TEST(Tail, AgreesWithNumpyAndScipy) {
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) {
    values.push_back(i * i * 37 % 1009 / 100.0 + (i % 17) * (i % 17) / 40.0);
  }
  const auto tail = fit_tail(values, 0.1);
  ASSERT_TRUE(tail.has_value());
  EXPECT_NEAR(tail->start, 11.8185, 1e-12);
  EXPECT_NEAR(tail->share, 0.1, 1e-12);
  EXPECT_EQ(tail->peak_count, 40U);
  EXPECT_NEAR(tail->shape, -0.10574180542, 1e-10);
  EXPECT_NEAR(tail->scale, 1.49924767042, 1e-10);
  EXPECT_NEAR(tail->exceeded_with(0.001), 17.28437641337, 1e-9);
}

TEST(Tail, ExceedsItsStartWithItsShare) {
  const Tail tail{.start = 3, .share = 0.05, .scale = 2, .shape = 0.1};
  EXPECT_DOUBLE_EQ(tail.exceeded_with(0.05), 3);
}

TEST(Tail, SaysNothingOnTooFewOrEqualPeaks) {
  EXPECT_FALSE(fit_tail({}, 0.1).has_value());
  EXPECT_FALSE(fit_tail(pareto(1, 0, 50), 0.1).has_value()) << "five peaks";
  EXPECT_FALSE(fit_tail(std::vector<double>(1000, 4.0), 0.1).has_value());
}

// How often a new value is above a threshold that was chosen from n peaks of an exponential tail,
// on the average over what these peaks happen to be: the mean of n is gamma-distributed.
double exceeded_on_average(std::size_t n, double (*threshold)(std::size_t n, double mean)) {
  constexpr int kSteps = 20'000;
  const auto count = static_cast<double>(n);
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double mean = gamma_quantile(count, 1 / count, (i + 0.5) / kSteps);
    sum += std::exp(-threshold(n, mean)) / kSteps;
  }
  return sum;
}

constexpr double kRare = 0.002;

double heavy_threshold(std::size_t n, double mean) {
  // The same mean excess whatever shape the peaks seem to have.
  const Tail tail{.start = 0, .share = 1, .scale = mean * 1.4, .shape = -0.4, .peak_count = n};
  return tail.as_heavy_as_open().exceeded_with(kRare);
}

double plain_threshold(std::size_t /*n*/, double mean) { return -mean * std::log(kRare); }

TEST(Tail, IsExceededAsOftenAsAskedWhateverThePeaksWere) {
  for (const std::size_t n : {8U, 18U, 50U}) {
    EXPECT_NEAR(exceeded_on_average(n, heavy_threshold) / kRare, 1, 0.01) << n;
  }
  EXPECT_GT(exceeded_on_average(18, plain_threshold), 1.5 * kRare);
}

TEST(Tail, KeepsAShapeThatIsHeavier) {
  const Tail tail{.start = 3, .share = 0.05, .scale = 2, .shape = 0.1, .peak_count = 10};
  const Tail same = tail.as_heavy_as_open();
  EXPECT_EQ(same.scale, 2);
  EXPECT_EQ(same.shape, 0.1);
  const Tail fewer{.start = 3, .share = 0.05, .scale = 2, .shape = 0.1, .peak_count = 8};
  EXPECT_DOUBLE_EQ(fewer.as_heavy_as_open().scale, 2 / 0.9);
  EXPECT_DOUBLE_EQ(fewer.as_heavy_as_open().shape, 0.125);
}

// scipy 1.10, stats.gamma.ppf and stats.beta.ppf.
TEST(Distributions, AgreeWithScipy) {
  EXPECT_NEAR(gamma_quantile(0.5, 2, 0.995), 7.879438576622417, 1e-10);
  EXPECT_NEAR(gamma_quantile(3.2, 0.01, 0.995), 0.09623406802693779, 1e-12);
  EXPECT_NEAR(gamma_quantile(40, 1e-3, 0.5), 0.0396671650106891, 1e-12);
  EXPECT_NEAR(beta_quantile(3, 8, 0.025), 0.06673951117773447, 1e-12);
  EXPECT_NEAR(beta_quantile(4, 7, 0.975), 0.6524528500599973, 1e-12);
}

}  // namespace
}  // namespace mimir::learn
