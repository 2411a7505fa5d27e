// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/core_placement.h"

#include <cstddef>

namespace mimir::source {

std::vector<int> place_cores(std::span<const Cpu> cpus, std::span<const int> nodes) {
  std::vector<std::size_t> uses(cpus.size());
  std::vector<int> placed{cpus.front().id};
  uses.front() = 1;
  for (const int node : nodes) {
    const auto is_near = [&](std::size_t cpu) { return node < 0 || cpus[cpu].node == node; };
    std::size_t best = 0;
    for (std::size_t cpu = 1; cpu < cpus.size(); ++cpu) {
      const bool is_nearer = is_near(cpu) && !is_near(best);
      if (uses[cpu] < uses[best] || (uses[cpu] == uses[best] && is_nearer)) best = cpu;
    }
    ++uses[best];
    placed.push_back(cpus[best].id);
  }
  return placed;
}

}  // namespace mimir::source
