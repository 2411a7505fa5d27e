// SPDX-License-Identifier: Apache-2.0
#include "model/detector/direction.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Dense>

#include "model/learn/distributions.h"

namespace mimir::detector {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kFalseAlarmShare = 0.005;

double dot(const Direction& a, const Direction& b) {
  double sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += a[i] * b[i];
  return sum;
}

// None for a vector that has no direction.
std::optional<Direction> unit(Direction vector) {
  const double length = std::sqrt(dot(vector, vector));
  if (!(length > 0)) return std::nullopt;
  for (double& value : vector) value /= length;
  return vector;
}

std::optional<Direction> mean_direction(std::span<const Direction> vectors) {
  Direction sum;
  for (const Direction& vector : vectors) {
    if (sum.size() < vector.size()) sum.resize(vector.size(), 0.0);
    for (std::size_t i = 0; i < vector.size(); ++i) sum[i] += vector[i];
  }
  return unit(std::move(sum));
}

double correlation(std::span<const std::vector<double>> steps, std::size_t a, std::size_t b) {
  double count = 0;
  double mean_a = 0;
  double mean_b = 0;
  const auto each = [&](const auto& visit) {
    for (const std::vector<double>& step : steps) {
      if (std::isfinite(step[a]) && std::isfinite(step[b])) visit(step[a], step[b]);
    }
  };
  each([&](double x, double y) {
    count += 1;
    mean_a += x;
    mean_b += y;
  });
  mean_a /= count;
  mean_b /= count;
  double square_a = 0;
  double square_b = 0;
  double product = 0;
  each([&](double x, double y) {
    square_a += (x - mean_a) * (x - mean_a);
    square_b += (y - mean_b) * (y - mean_b);
    product += (x - mean_a) * (y - mean_b);
  });
  const double result = product / std::sqrt(square_a * square_b);
  return std::isfinite(result) ? result : 0;
}

Direction correlation_direction(std::span<const std::vector<double>> steps) {
  const auto size = static_cast<Eigen::Index>(steps.front().size());
  Eigen::MatrixXd matrix(size, size);
  for (Eigen::Index a = 0; a < size; ++a) {
    for (Eigen::Index b = 0; b < size; ++b) {
      matrix(a, b) = correlation(steps, static_cast<std::size_t>(a), static_cast<std::size_t>(b));
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  Eigen::Index best = 0;
  solver.eigenvalues().cwiseAbs().maxCoeff(&best);
  const Eigen::VectorXd vector = solver.eigenvectors().col(best);
  return {vector.begin(), vector.end()};
}

}  // namespace

std::vector<double> angles_to_mean(std::span<const Direction> vectors, std::size_t window) {
  std::vector<double> angles(vectors.size(), kNan);
  for (std::size_t i = window; i < vectors.size(); ++i) {
    const auto mean = mean_direction(vectors.subspan(i - window, window));
    const auto own = unit(vectors[i]);
    if (mean && own) angles[i] = std::acos(std::clamp(dot(*mean, *own), -1.0, 1.0));
  }
  return angles;
}

Direction dominant_vector(std::size_t size, std::span<const MatrixEntry> entries) {
  Eigen::MatrixXd matrix =
      Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(size), static_cast<Eigen::Index>(size));
  for (const MatrixEntry& entry : entries) matrix(entry.row, entry.column) += entry.value;
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(matrix);
  Eigen::Index best = 0;
  for (Eigen::Index i = 1; i < solver.eigenvalues().size(); ++i) {
    const auto& rival = solver.eigenvalues()[i];
    const auto& leader = solver.eigenvalues()[best];
    const double margin = 1e-12 * std::abs(leader);
    const bool is_larger = std::abs(rival) > std::abs(leader) + margin;
    const bool is_equal = std::abs(rival) >= std::abs(leader) - margin;
    if (is_larger || (is_equal && rival.real() > leader.real())) best = i;
  }
  const Eigen::VectorXd vector = solver.eigenvectors().col(best).real();
  return {vector.begin(), vector.end()};
}

void align(std::vector<Direction>& vectors) {
  for (std::size_t i = 1; i < vectors.size(); ++i) {
    if (dot(vectors[i - 1], vectors[i]) >= 0) continue;
    for (double& value : vectors[i]) value = -value;
  }
}

std::vector<double> correlation_turns(std::span<const std::vector<double>> steps,
                                      std::size_t window) {
  std::vector<double> turns(steps.size(), kNan);
  std::vector<Direction> directions;
  for (std::size_t i = window; i <= steps.size(); ++i) {
    directions.push_back(correlation_direction(steps.subspan(i - window, window)));
  }
  align(directions);
  const std::vector<double> angles = angles_to_mean(directions, window);
  for (std::size_t i = 0; i < angles.size(); ++i) turns[i + window - 1] = angles[i];
  return turns;
}

// Of the small matrix of the vectors' products: its first eigenvector weighs the vectors.
Direction typical_direction(std::span<const Direction> vectors) {
  if (vectors.empty()) return {};
  const auto count = static_cast<Eigen::Index>(vectors.size());
  Eigen::MatrixXd products(count, count);
  for (Eigen::Index i = 0; i < count; ++i) {
    for (Eigen::Index j = 0; j < count; ++j) {
      products(i, j) =
          dot(vectors[static_cast<std::size_t>(i)], vectors[static_cast<std::size_t>(j)]);
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(products);
  Direction sum;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    const double weight = solver.eigenvectors()(static_cast<Eigen::Index>(i), count - 1);
    if (sum.size() < vectors[i].size()) sum.resize(vectors[i].size(), 0.0);
    for (std::size_t j = 0; j < vectors[i].size(); ++j) sum[j] += weight * vectors[i][j];
  }
  const double length = std::sqrt(dot(sum, sum));
  for (double& value : sum) {
    value = std::abs(value) / length;
    if (value < std::numeric_limits<double>::epsilon()) value = 0;
  }
  return sum;
}

std::optional<DirectionChange::Judgement> DirectionChange::next(const Direction& direction) {
  auto own = unit(direction);
  if (!own) return std::nullopt;
  std::optional<Judgement> judgement;
  if (last_.size() == window_) {
    if (!has_moments_) start_moments();
    const double change = 1 - dot(typical_direction(last_), *own);
    judgement = Judgement{.change = change, .threshold = threshold()};
    const double weight = 1 / static_cast<double>(window_);
    first_moment_ += weight * (change - first_moment_);
    second_moment_ += weight * (change * change - second_moment_);
    last_.erase(last_.begin());
  }
  last_.push_back(std::move(*own));
  return judgement;
}

// From how far the last of the first window's directions is from the others.
void DirectionChange::start_moments() {
  const std::span<const Direction> others = std::span(last_).first(last_.size() - 1);
  const double change = others.empty() ? 0 : 1 - dot(typical_direction(others), last_.back());
  first_moment_ = change;
  second_moment_ = change * change;
  has_moments_ = true;
}

std::optional<double> DirectionChange::threshold() const {
  const double variance = second_moment_ - first_moment_ * first_moment_;
  // What is left of equal values is rounding.
  if (!(variance > 1e-12 * second_moment_) || !(first_moment_ > 0)) return std::nullopt;
  const double shape = first_moment_ * first_moment_ / variance;
  const double scale = variance / first_moment_;
  return learn::gamma_quantile(shape, scale, 1 - kFalseAlarmShare);
}

}  // namespace mimir::detector
