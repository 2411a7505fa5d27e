// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mimir::tools {

/// A file in which Linux takes a setting, and what to write: it takes effect at once and ends
/// with the machine's next start.
struct KernelSetting {
  std::filesystem::path path;  ///< below "/"
  std::string value;
};

/// One thing of a machine that matters to the appliance.
struct MachineFinding {
  enum class Level : std::uint8_t {
    kWell,
    kAdvice,   ///< it runs, but worse than it could
    kMissing,  ///< it will not run
  };
  Level level = Level::kWell;
  std::string text;
  std::string hint{};  ///< the command that mends it; empty if all is well
  /// Where a program may mend it: nobody else loses what he has by it.
  std::optional<KernelSetting> mend{};
};

/// Looks at what Linux tells in files. Changes nothing but by mend().
///
/// Threads: none. `root` is "/", or a folder with a sys and a proc of its own.
class MachineCheck {
 public:
  explicit MachineCheck(std::filesystem::path root = "/") : root_(std::move(root)) {}

  /// Whether DPDK can have the device: there, bound to a driver for user space (or one of
  /// those it shares with Linux), its memory's NUMA node, its link's IOMMU.
  [[nodiscard]] std::vector<MachineFinding> pci_device(const std::string& address) const;
  /// Whether the interface of net_af_packet0,iface=NAME is there, up and promiscuous.
  [[nodiscard]] MachineFinding interface(const std::string& name) const;
  /// Whether so much is free in pages of 2 MB.
  [[nodiscard]] MachineFinding huge_pages(std::size_t bytes) const;
  /// Whether as many cores are kept from others as there are workers.
  [[nodiscard]] MachineFinding isolated_cores(std::size_t worker_count) const;
  /// Whether time can be read without a system call: packets are stamped with it.
  [[nodiscard]] MachineFinding clock_source() const;

  /// False if it cannot be written, or Linux did not take it.
  [[nodiscard]] bool mend(const KernelSetting& setting) const;

 private:
  /// The first line of a file; empty if there is none.
  [[nodiscard]] std::string line_of(const std::filesystem::path& path) const;

  std::filesystem::path root_;
};

/// How many cores a list as Linux writes it names: "2-5,8" are five; 0 for what is no list.
[[nodiscard]] std::size_t core_count(const std::string& list);

}  // namespace mimir::tools
