// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mimir::learn {

/// How many bytes of payload a pod of one service is expected to send another service, given
/// what it was asked and what it asked for itself: what a service sends onward is conserved.
///
///   expected = base + sum of slope x given
///   unit     = sqrt(noise^2 (expected + 1500) + (0.05 expected)^2)
///   z        = (value - expected) / unit
///
/// Given are the payload from the target, and the payload to each other service: requests and
/// questions, which say what kinds of answers there were. None of them is moved by a theft that
/// passes through, for an acknowledgement has no payload. The variance is that of a
/// sum of messages, as in law.h; a pod carries a small share of them, so that what passes
/// through one pod stands out against less noise than against that of its whole service.
struct PodLaw {
  struct Term {
    std::string service;
    double slope = 0;  ///< bytes a byte

    friend bool operator==(const Term&, const Term&) = default;
  };

  std::string source;
  std::string target;
  std::uint32_t granularity_s = 0;
  double base = 0;          ///< bytes
  std::vector<Term> terms;  ///< the target: what came from it; others: what went to them
  double noise = 1;         ///< > 0; IQR of (value - expected) / sqrt(expected + 1500)

  /// REQUIRES: one figure a term.
  [[nodiscard]] double expected(std::span<const double> given) const;
  /// Within +-kLawLimit.
  [[nodiscard]] double z(double value, std::span<const double> given) const;

  friend bool operator==(const PodLaw&, const PodLaw&) = default;
};

/// Pods in windows: of each what it sent, and row by row what is given of it.
struct PodSamples {
  std::vector<double> values;
  std::vector<double> given;

  [[nodiscard]] std::size_t size() const { return values.size(); }
};

/// Least samples a law is fitted to, for each term.
inline constexpr std::size_t kSamplesPerTerm = 20;

/// Fits base, slopes and noise of `law`, whose terms are named, by iteratively reweighted least
/// squares with Huber's weights, each sample by 1 / (expected + 1500); a thousandth of the
/// diagonal is added, so that services which say the same share their slope.
/// False if the samples are too few. REQUIRES: terms.size() figures a sample, none NaN.
[[nodiscard]] bool fit_pod_law(PodLaw& law, const PodSamples& samples);

}  // namespace mimir::learn
