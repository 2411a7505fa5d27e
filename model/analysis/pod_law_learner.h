// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "model/analysis/reduced_window.h"
#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "model/learn/pod_law.h"

namespace mimir::analysis {

/// Pods that a law of two services and a length of windows is fitted to, at most; of more every
/// second, fourth, ... is kept, so that they are of all times.
inline constexpr std::size_t kPodSamplesMax = 4096;

/// Learns the laws of pods from benign windows of several runs, whose clusters may differ.
///
/// Threads: one owner. Memory: kPodSamplesMax figures a service, for each pair that talks.
class PodLawLearner {
 public:
  /// Windows of one run, of any lengths.
  void add(const ReducedWindow& window, const graph::Cluster& cluster,
           graph::Observation observation);

  /// Ascending by source, target and granularity. What fewer than a twentieth of the pods have
  /// to do with is no term.
  [[nodiscard]] std::vector<learn::PodLaw> fit() const;

 private:
  using Key = std::tuple<std::string, std::string, std::uint32_t>;

  /// What is given of a pod, where it is not 0.
  struct Given {
    std::uint32_t service = 0;  ///< in services_; the target: what came from it
    double bytes = 0;
  };
  struct Kept {
    std::vector<double> values;
    std::vector<std::vector<Given>> given;
    std::size_t stride = 1;
    std::size_t skipped = 0;
  };

  [[nodiscard]] std::uint32_t number_of(const std::string& service);
  [[nodiscard]] static bool is_next(Kept& kept);
  [[nodiscard]] std::vector<std::uint32_t> terms_of(const Kept& kept) const;

  std::map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> services_;
  std::map<Key, Kept> kept_;
};

}  // namespace mimir::analysis
