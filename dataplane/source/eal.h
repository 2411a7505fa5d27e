// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/source/machine_fault.h"

namespace mimir::source {

enum class HugePages : std::uint8_t {
  kAuto,     ///< if enough are free, and mounted if shared, else ordinary pages
  kRequire,  ///< or the start is refused
  kNever,
};

struct EalOptions {
  /// Keeps two appliances on one machine apart; the second on one prefix is refused.
  std::string file_prefix = "mimir";
  /// False for a process that lives for one replay: it takes no lock, leaves no file.
  bool is_shared = true;
  std::size_t worker_count = 1;
  /// The device each worker is for, as PortOptions has it; a worker beyond them is for none.
  std::vector<std::string> worker_devices{};
  std::size_t memory_bytes = 0;  ///< what EAL must be able to give out
  HugePages huge_pages = HugePages::kAuto;
  std::vector<std::string> pci_devices;      ///< only these are touched; none: no PCI at all
  std::vector<std::string> extra_arguments;  ///< passed on as they are, last
};

/// DPDK's environment: memory, cores and drivers. One a process, ever: EAL cannot
/// be started twice.
///
/// Threads: start() and stop() on the main thread, which becomes the main lcore;
/// workers are lcores 1 .. worker_count, placed on the CPUs this process may use, each
/// on the memory node of its device where it can be, as place_cores() says.
class Eal {
 public:
  [[nodiscard]] static bool start(const EalOptions& options, MachineFault& fault);
  /// Whether the huge pages that start() would insist on are there. Starts nothing.
  [[nodiscard]] static bool check_pages(const EalOptions& options, MachineFault& fault);
  static void stop();

  [[nodiscard]] static bool uses_huge_pages();

  /// Runs `body(argument)` on worker `index` (from 0). REQUIRES: it is idle.
  [[nodiscard]] static bool launch(std::size_t index, int (*body)(void*), void* argument);
  /// Waits until every worker has returned.
  static void join();
};

}  // namespace mimir::source
