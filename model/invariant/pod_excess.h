// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/invariant/invariant.h"
#include "model/invariant/pod_sizes.h"
#include "model/invariant/services.h"
#include "model/learn/pod_law.h"

namespace mimir::invariant {

/// How far the loudest pod of a service is above what it should send another one:
///
///   pod_excess(A>B) = max over pods p of A that talk to B of z(payload(p>B))
///
/// by the law of A and B for windows of that length (learn/pod_law.h). NaN where no pod of A
/// talks to B, or there is no law. Cost: O(pods x services x terms).
class PodExcess final : public Invariant {
 public:
  /// Laws of services that the cluster does not have are left out.
  PodExcess(const Services& services, std::span<const learn::PodLaw> laws);

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

 private:
  struct Rule {
    learn::PodLaw law;
    Slot source = 0;
    Slot target = 0;
    std::vector<Slot> others;  ///< by term; the target for what came from it
    std::size_t column = 0;
  };

  [[nodiscard]] double z(const Rule& rule, std::size_t pod);

  std::vector<Rule> rules_;
  std::vector<std::string> columns_;
  PodSizes sizes_;
  std::vector<double> given_;
};

}  // namespace mimir::invariant
