// SPDX-License-Identifier: Apache-2.0
#include "model/learn/pod_law.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

#include "model/learn/huber.h"
#include "model/learn/law.h"
#include "model/learn/robust_scaler.h"

namespace mimir::learn {

namespace {

constexpr double kRidge = 1e-3;
constexpr int kPodLawSteps = 20;

double variance(double expected) { return std::max(expected, 0.0) + kPacketBytes; }

/// One problem of weighted least squares after the other.
class Fit {
 public:
  Fit(PodLaw& law, const PodSamples& samples)
      : law_(law),
        samples_(samples),
        size_(static_cast<Eigen::Index>(law.terms.size()) + 1),
        scale_(law.terms.size(), 0.0) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
      for (std::size_t j = 0; j < scale_.size(); ++j) scale_[j] += given(i)[j] * given(i)[j];
    }
    for (double& scale : scale_) {
      scale = std::sqrt(scale / static_cast<double>(samples.size()));
      if (scale == 0) scale = 1;
    }
  }

  void run() {
    for (int i = 0; i < kPodLawSteps; ++i) {
      solve(i == 0);
      find_noise();
    }
  }

 private:
  [[nodiscard]] std::span<const double> given(std::size_t i) const {
    return std::span(samples_.given).subspan(i * law_.terms.size(), law_.terms.size());
  }

  [[nodiscard]] double pearson(std::size_t i) const {
    const double expected = law_.expected(given(i));
    return (samples_.values[i] - expected) / std::sqrt(variance(expected));
  }

  // The first step knows no expectation: what was sent stands for it.
  [[nodiscard]] double weight(std::size_t i, bool is_first) const {
    if (is_first) return 1 / variance(samples_.values[i]);
    const double far = std::abs(pearson(i)) / (kHuberIqrs * law_.noise);
    return 1 / variance(law_.expected(given(i))) / std::max(far, 1.0);
  }

  void solve(bool is_first) {
    Eigen::MatrixXd moments = Eigen::MatrixXd::Zero(size_, size_);
    Eigen::VectorXd cross = Eigen::VectorXd::Zero(size_);
    Eigen::VectorXd row(size_);
    row[size_ - 1] = 1;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      for (std::size_t j = 0; j < scale_.size(); ++j) {
        row[static_cast<Eigen::Index>(j)] = given(i)[j] / scale_[j];
      }
      const double w = weight(i, is_first);
      moments.noalias() += w * row * row.transpose();
      cross.noalias() += w * samples_.values[i] * row;
    }
    for (Eigen::Index j = 0; j + 1 < size_; ++j) {
      moments(j, j) *= 1 + kRidge;
      if (moments(j, j) == 0) moments(j, j) = 1;
    }
    const Eigen::VectorXd solution = moments.ldlt().solve(cross);
    for (std::size_t j = 0; j < scale_.size(); ++j) {
      law_.terms[j].slope = solution[static_cast<Eigen::Index>(j)] / scale_[j];
    }
    law_.base = solution[size_ - 1];
  }

  void find_noise() {
    std::vector<double> residuals;
    for (std::size_t i = 0; i < samples_.size(); ++i) residuals.push_back(pearson(i));
    std::sort(residuals.begin(), residuals.end());
    law_.noise = std::max(kNoiseMin, quantile(residuals, 0.75) - quantile(residuals, 0.25));
  }

  PodLaw& law_;
  const PodSamples& samples_;
  Eigen::Index size_;
  std::vector<double> scale_;  ///< of each term: the root of its mean square
};

}  // namespace

double PodLaw::expected(std::span<const double> given) const {
  double sum = base;
  for (std::size_t i = 0; i < terms.size(); ++i) sum += terms[i].slope * given[i];
  return sum;
}

double PodLaw::z(double value, std::span<const double> given) const {
  const double what = expected(given);
  const double distrust = kTrust * what;
  const double unit = std::sqrt(noise * noise * variance(what) + distrust * distrust);
  return std::clamp((value - what) / unit, -kLawLimit, kLawLimit);
}

bool fit_pod_law(PodLaw& law, const PodSamples& samples) {
  if (samples.size() < kSamplesPerTerm * (law.terms.size() + 1)) return false;
  Fit(law, samples).run();
  return true;
}

}  // namespace mimir::learn
