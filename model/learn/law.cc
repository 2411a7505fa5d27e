// SPDX-License-Identifier: Apache-2.0
#include "model/learn/law.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/learn/huber.h"
#include "model/learn/robust_scaler.h"

namespace mimir::learn {

namespace {

constexpr std::string_view kFamily = "bytes(";
constexpr std::size_t kWindowCountMin = 20;
constexpr int kLawSteps = 30;

double pearson(const Law& law, double value, double given) {
  return (value - law.expected(given)) / std::sqrt(given + kPacketBytes);
}

double noise_of(const Law& law, std::span<const double> values, std::span<const double> given) {
  std::vector<double> residuals;
  for (std::size_t i = 0; i < values.size(); ++i) {
    residuals.push_back(pearson(law, values[i], given[i]));
  }
  std::sort(residuals.begin(), residuals.end());
  return std::max(kNoiseMin, quantile(residuals, 0.75) - quantile(residuals, 0.25));
}

void step(Law& law, std::span<const double> values, std::span<const double> given, bool is_first) {
  double n = 0;
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    double weight = 1 / (given[i] + kPacketBytes);
    const double far = std::abs(pearson(law, values[i], given[i])) / (kHuberIqrs * law.noise);
    if (!is_first && far > 1) weight /= far;
    n += weight;
    sum_x += weight * given[i];
    sum_y += weight * values[i];
    sum_xx += weight * given[i] * given[i];
    sum_xy += weight * given[i] * values[i];
  }
  const double spread = sum_xx - sum_x * sum_x / n;
  const double mean_x = sum_x / n;
  // An other direction that never varies explains nothing.
  law.slope = spread > 1e-9 * sum_xx ? (sum_xy - sum_x * sum_y / n) / spread : 0;
  law.base = sum_y / n - law.slope * mean_x;
}

}  // namespace

double Law::unit(double given_bytes) const {
  const double distrust = kTrust * expected(given_bytes);
  return std::sqrt(noise * noise * (std::max(given_bytes, 0.0) + kPacketBytes) +
                   distrust * distrust);
}

double Law::z(double value, double given_bytes) const {
  if (std::isnan(value) || std::isnan(given_bytes)) return 0;
  return std::clamp((value - expected(given_bytes)) / unit(given_bytes), -kLawLimit, kLawLimit);
}

std::optional<std::string> other_direction(std::string_view column) {
  const std::size_t arrow = column.find('>');
  if (!column.starts_with(kFamily) || !column.ends_with(')') || arrow == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view source = column.substr(kFamily.size(), arrow - kFamily.size());
  const std::string_view target = column.substr(arrow + 1, column.size() - arrow - 2);
  return std::string(kFamily) + std::string(target) + ">" + std::string(source) + ")";
}

Law fit_law(std::string given_column, std::span<const double> values,
            std::span<const double> given) {
  Law law{.given = std::move(given_column)};
  if (values.size() < kWindowCountMin) {
    double sum_values = 0;
    double sum_given = 0;
    for (const double value : values) sum_values += value;
    for (const double value : given) sum_given += value;
    law.slope = sum_given > 0 ? sum_values / sum_given : 0;
    if (sum_given == 0) law.base = sum_values / static_cast<double>(values.size());
    law.noise = noise_of(law, values, given);
    return law;
  }
  for (int i = 0; i < kLawSteps; ++i) {
    step(law, values, given, i == 0);
    law.noise = noise_of(law, values, given);
  }
  return law;
}

}  // namespace mimir::learn
