// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace mimir::source {

/// A CPU that this process may use, and the memory node it is on; -1: not known.
struct Cpu {
  int id = 0;
  int node = -1;
};

/// A CPU for the main core, the first, and then for each worker: the least busy, and of
/// those one on the memory node its port is on, where the machine says (`nodes`, one a
/// worker; -1: anywhere). A core of its own comes before a near one that is shared,
/// since a worker never sleeps while packets come.
///
/// REQUIRES: there is a CPU.
[[nodiscard]] std::vector<int> place_cores(std::span<const Cpu> cpus, std::span<const int> nodes);

}  // namespace mimir::source
