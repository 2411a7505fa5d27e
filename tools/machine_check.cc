// SPDX-License-Identifier: Apache-2.0
#include "tools/machine_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/format.h>

namespace mimir::tools {

namespace {

using Level = MachineFinding::Level;

constexpr std::array<std::string_view, 3> kUserSpaceDrivers = {"vfio-pci", "igb_uio",
                                                               "uio_pci_generic"};
/// DPDK drives these beside Linux: they must not be bound away.
constexpr std::array<std::string_view, 2> kSharedDrivers = {"mlx5_core", "mlx4_core"};
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr unsigned kInterfaceUp = 0x1;
constexpr unsigned kInterfacePromiscuous = 0x100;

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::size_t core_count(const std::string& list) {
  std::size_t count = 0;
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view part = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const std::size_t dash = part.find('-');
    const auto first = number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
    if (!first || !last || *last < *first) return 0;
    count += *last - *first + 1;
  }
  return count;
}

std::string MachineCheck::line_of(const std::filesystem::path& path) const {
  std::ifstream file(root_ / path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::vector<MachineFinding> MachineCheck::pci_device(const std::string& address) const {
  const std::filesystem::path device = root_ / "sys/bus/pci/devices" / address;
  if (!std::filesystem::exists(device)) {
    return {{Level::kMissing, fmt::format("port {}: there is no such device", address),
             "dpdk-devbind.py --status shows those there are"}};
  }
  std::vector<MachineFinding> findings;
  std::error_code error;
  const std::string driver =
      std::filesystem::read_symlink(device / "driver", error).filename().string();
  if (is_one_of(driver, kUserSpaceDrivers) || is_one_of(driver, kSharedDrivers)) {
    findings.push_back({Level::kWell, fmt::format("port {}: its driver is {}", address, driver)});
  } else {
    findings.push_back(
        {Level::kMissing,
         fmt::format("port {}: its driver is {}, which is not for user space", address,
                     driver.empty() ? "none" : driver),
         fmt::format("modprobe vfio-pci && dpdk-devbind.py -b vfio-pci {}", address)});
  }
  if (driver == "vfio-pci" && !std::filesystem::exists(device / "iommu_group")) {
    findings.push_back({Level::kAdvice, fmt::format("port {}: no IOMMU guards it", address),
                        "start Linux with intel_iommu=on (or amd_iommu=on) iommu=pt"});
  }
  const std::string node =
      line_of(std::filesystem::path("sys/bus/pci/devices") / address / "numa_node");
  if (!node.empty() && node != "-1") {
    findings.push_back({Level::kWell, fmt::format("port {}: NUMA node {}", address, node)});
  }
  return findings;
}

MachineFinding MachineCheck::interface(const std::string& name) const {
  const std::filesystem::path folder = std::filesystem::path("sys/class/net") / name;
  if (!std::filesystem::exists(root_ / folder)) {
    return {Level::kMissing, fmt::format("port {}: there is no such interface", name),
            "ip link shows those there are"};
  }
  unsigned flags = 0;
  const std::string text = line_of(folder / "flags");
  if (text.starts_with("0x")) {
    (void)std::from_chars(text.data() + 2, text.data() + text.size(), flags, 16);
  }
  const KernelSetting listening{
      .path = folder / "flags",
      .value = fmt::format("0x{:x}", flags | kInterfaceUp | kInterfacePromiscuous)};
  if ((flags & kInterfaceUp) == 0) {
    return {Level::kMissing, fmt::format("port {}: the interface is down", name),
            fmt::format("ip link set {} up promisc on", name), listening};
  }
  if ((flags & kInterfacePromiscuous) == 0) {
    return {Level::kAdvice, fmt::format("port {}: not promiscuous until mimir runs", name),
            fmt::format("ip link set {} promisc on", name), listening};
  }
  return {Level::kWell, fmt::format("port {}: up and promiscuous", name)};
}

MachineFinding MachineCheck::huge_pages(std::size_t bytes) const {
  const std::filesystem::path folder = "sys/kernel/mm/hugepages/hugepages-2048kB";
  const std::size_t needed = (bytes + kHugePageBytes - 1) / kHugePageBytes;
  const std::size_t free = number(line_of(folder / "free_hugepages")).value_or(0);
  const std::string text = fmt::format("pages  {} of 2 MB are free, {} are needed", free, needed);
  if (free >= needed) return {Level::kWell, text};
  const std::size_t all = number(line_of(folder / "nr_hugepages")).value_or(0) + needed - free;
  return {Level::kAdvice, text + ": up to a third slower without",
          fmt::format("echo {} > /{}", all, (folder / "nr_hugepages").string()),
          KernelSetting{.path = folder / "nr_hugepages", .value = std::to_string(all)}};
}

bool MachineCheck::mend(const KernelSetting& setting) const {
  {
    std::ofstream file(root_ / setting.path);
    file << setting.value << '\n';
    if (!file.flush()) return false;
  }
  return line_of(setting.path) == setting.value;
}

MachineFinding MachineCheck::isolated_cores(std::size_t worker_count) const {
  const std::string list = line_of("sys/devices/system/cpu/isolated");
  const std::size_t count = core_count(list);
  if (count >= worker_count) {
    return {Level::kWell, fmt::format("cores  {} isolated, {} workers{}{}", count, worker_count,
                                      list.empty() ? "" : ": ", list)};
  }
  return {Level::kAdvice,
          fmt::format("cores  {} isolated, {} workers: others may take their time", count,
                      worker_count),
          "start Linux with isolcpus=LIST nohz_full=LIST, and mimir with taskset -c LIST"};
}

MachineFinding MachineCheck::clock_source() const {
  const std::string name =
      line_of("sys/devices/system/clocksource/clocksource0/current_clocksource");
  if (name == "tsc" || name == "kvm-clock" || name == "hyperv_clocksource_tsc_page" ||
      name == "arch_sys_counter") {
    return {Level::kWell, fmt::format("clock  {}", name)};
  }
  return {Level::kAdvice,
          fmt::format("clock  {}: each reading is a system call", name.empty() ? "unknown" : name),
          "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"};
}

}  // namespace mimir::tools
