// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/estimate.h"

#include <algorithm>
#include <vector>

#include "model/learn/distributions.h"
#include "model/learn/robust_scaler.h"
#include "tools/injector/counter_random.h"

namespace mimir::evaluation {

namespace {

constexpr double kTail = (1 - kConfidence) / 2;
constexpr int kResampleCount = 500;

void add(learn::Confusion& sum, const learn::Confusion& unit) {
  sum.true_negative += unit.true_negative;
  sum.false_positive += unit.false_positive;
  sum.false_negative += unit.false_negative;
  sum.true_positive += unit.true_positive;
}

}  // namespace

// Half a chi-square variable with 2k degrees of freedom is a Gamma(k, 1) variable.
Estimate poisson_rate(std::uint64_t events, double exposure) {
  const auto count = static_cast<double>(events);
  return {.value = count / exposure,
          .low = events == 0 ? 0 : learn::gamma_quantile(count, 1, kTail) / exposure,
          .high = learn::gamma_quantile(count + 1, 1, 1 - kTail) / exposure};
}

std::optional<Estimate> binomial_share(std::uint64_t successes, std::uint64_t trials) {
  if (trials == 0) return std::nullopt;
  const auto yes = static_cast<double>(successes);
  const auto no = static_cast<double>(trials - successes);
  return Estimate{.value = yes / static_cast<double>(trials),
                  .low = successes == 0 ? 0 : learn::beta_quantile(yes, no + 1, kTail),
                  .high = successes == trials ? 1 : learn::beta_quantile(yes + 1, no, 1 - kTail)};
}

namespace {

/// Where every draw is the same: see the header. `units` are those with attacks.
Estimate bounded_f1(const learn::Confusion& all, std::uint64_t units) {
  Estimate estimate{.value = all.f1(), .low = all.f1(), .high = all.f1()};
  if (units == 0) return estimate;
  const double share = binomial_share(0, units)->high;
  if (all.false_negative == 0 && all.false_positive == 0) {
    estimate.low = 2 * (1 - share) / (2 - share);
  } else if (all.true_positive == 0) {
    const auto attacked = static_cast<double>(all.false_negative);
    const double found = share * attacked;
    estimate.high = 2 * found / (found + attacked + static_cast<double>(all.false_positive));
  }
  return estimate;
}

}  // namespace

Estimate bootstrap_f1(std::span<const learn::Confusion> units, std::uint64_t seed) {
  learn::Confusion all;
  for (const learn::Confusion& unit : units) add(all, unit);
  if (units.empty()) return {};
  const bool never_errs = all.false_negative == 0 && all.false_positive == 0;
  if (never_errs || all.true_positive == 0) {
    const auto attacked = std::count_if(units.begin(), units.end(), [](const auto& unit) {
      return unit.true_positive + unit.false_negative > 0;
    });
    return bounded_f1(all, static_cast<std::uint64_t>(attacked));
  }
  injector::CounterRandom random({seed, units.size()});
  std::vector<double> drawn;
  for (int i = 0; i < kResampleCount; ++i) {
    learn::Confusion sum;
    for (std::size_t j = 0; j < units.size(); ++j) add(sum, units[random.below(units.size())]);
    drawn.push_back(sum.f1());
  }
  std::sort(drawn.begin(), drawn.end());
  return {.value = all.f1(),
          .low = learn::quantile(drawn, kTail),
          .high = learn::quantile(drawn, 1 - kTail)};
}

}  // namespace mimir::evaluation
