// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/eal.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sched.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_log.h>

#include "dataplane/source/core_placement.h"

namespace mimir::source {

namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr const char* kFreeHugePages = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";

bool huge_pages_in_use = false;

std::size_t free_huge_page_bytes() {
  std::FILE* const file = std::fopen(kFreeHugePages, "re");
  if (file == nullptr) return 0;
  unsigned long pages = 0;
  const int fields = std::fscanf(file, "%lu", &pages);
  (void)std::fclose(file);
  return fields == 1 ? pages * kHugePageBytes : 0;
}

bool is_hugetlbfs_mounted() {
  std::FILE* const file = std::fopen("/proc/mounts", "re");
  if (file == nullptr) return false;
  char line[1024];
  bool found = false;
  while (!found && std::fgets(line, sizeof line, file) != nullptr) {
    found = std::strstr(line, " hugetlbfs ") != nullptr;
  }
  (void)std::fclose(file);
  return found;
}

std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

/// False, with the fault said, if they are required and not there.
bool choose_pages(const EalOptions& options, bool& use_huge, MachineFault& fault) {
  const std::size_t needed = round_up(options.memory_bytes, kHugePageBytes);
  // Memory that no other process will open needs no file.
  const bool is_mounted = !options.is_shared || is_hugetlbfs_mounted();
  const bool there = free_huge_page_bytes() >= needed && is_mounted;
  use_huge = there && options.huge_pages != HugePages::kNever;
  if (there || options.huge_pages != HugePages::kRequire) return true;
  const std::string pages = std::to_string(needed / kHugePageBytes);
  fault = {.kind = MachineFault::Kind::kHugePages,
           .message = "not enough free 2 MB huge pages: " + pages + " are needed, " +
                      std::to_string(free_huge_page_bytes() / kHugePageBytes) + " are free" +
                      (is_mounted ? "" : ", and none are mounted"),
           .hint = "as root: echo " + pages +
                   " > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages && "
                   "mkdir -p /dev/hugepages && mount -t hugetlbfs none /dev/hugepages; "
                   "or set dataplane.huge_pages to auto"};
  return false;
}

/// The memory node of a PCI device; -1: none is known, as of any virtual one.
int node_of_device(const std::string& device) {
  const std::string path = "/sys/bus/pci/devices/" + device.substr(0, device.find(','));
  std::FILE* const file = std::fopen((path + "/numa_node").c_str(), "re");
  if (file == nullptr) return -1;
  int node = -1;
  if (std::fscanf(file, "%d", &node) != 1) node = -1;
  (void)std::fclose(file);
  return node;
}

int node_of_cpu(int cpu) {
  constexpr int kNodeMax = 64;
  const std::string path = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/node";
  for (int node = 0; node < kNodeMax; ++node) {
    if (access((path + std::to_string(node)).c_str(), F_OK) == 0) return node;
  }
  return -1;
}

// "0@2,1@3,2@2": lcore 0 is the control plane, the others the workers.
std::string place_lcores(const EalOptions& options) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<Cpu> cpus;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) {
        cpus.push_back({.id = cpu, .node = node_of_cpu(cpu)});
      }
    }
  }
  if (cpus.empty()) cpus.push_back({});
  std::vector<int> nodes(options.worker_count, -1);
  for (std::size_t i = 0; i < std::min(nodes.size(), options.worker_devices.size()); ++i) {
    nodes[i] = node_of_device(options.worker_devices[i]);
  }
  const std::vector<int> placed = place_cores(cpus, nodes);
  std::string text;
  for (std::size_t lcore = 0; lcore < placed.size(); ++lcore) {
    if (!text.empty()) text += ',';
    text += std::to_string(lcore) + '@' + std::to_string(placed[lcore]);
  }
  return text;
}

std::vector<std::string> to_arguments(const EalOptions& options, bool use_huge) {
  const std::size_t megabytes = round_up(options.memory_bytes, kHugePageBytes) >> 20;
  std::vector<std::string> arguments{"mimir",
                                     "--lcores=" + place_lcores(options),
                                     "--main-lcore=0",
                                     "--file-prefix=" + options.file_prefix,
                                     "-m",
                                     std::to_string(megabytes)};
  if (!use_huge) arguments.emplace_back("--no-huge");
  if (!options.is_shared) {
    // The two ways to leave no file; EAL takes the first with huge pages only.
    arguments.emplace_back(use_huge ? "--in-memory" : "--no-shconf");
    arguments.emplace_back("--no-telemetry");
  }
  if (options.pci_devices.empty()) arguments.emplace_back("--no-pci");
  for (const std::string& device : options.pci_devices) {
    arguments.emplace_back("-a");
    arguments.push_back(device);
  }
  arguments.insert(arguments.end(), options.extra_arguments.begin(), options.extra_arguments.end());
  return arguments;
}

/// The last line of what EAL logged that says what failed.
std::string last_complaint(const std::string& log) {
  std::string found;
  std::size_t begin = 0;
  while (begin < log.size()) {
    std::size_t end = log.find('\n', begin);
    if (end == std::string::npos) end = log.size();
    const std::string line = log.substr(begin, end - begin);
    if (line.starts_with("EAL: ") && !line.starts_with("EAL: FATAL")) found = line.substr(5);
    begin = end + 1;
  }
  return found.empty() ? log.substr(0, 200) : found;
}

MachineFault explain(const EalOptions& options, const std::string& log, int error) {
  MachineFault fault{
      .kind = MachineFault::Kind::kEal,
      .message = "DPDK could not start: " + last_complaint(log) + " (" + rte_strerror(error) + ")",
      .hint = "mimir check --machine names what is missing"};
  if (log.find("Is another primary process running") != std::string::npos) {
    fault.kind = MachineFault::Kind::kPrefixInUse;
    fault.message =
        "another process already runs on the DPDK file prefix `" + options.file_prefix + "`";
    fault.hint = "stop it, or give this one its own dataplane.file_prefix";
  } else if (error == EACCES || error == EPERM ||
             log.find("Permission denied") != std::string::npos) {
    fault.kind = MachineFault::Kind::kPermission;
    fault.message = "no permission for DPDK: " + last_complaint(log);
    fault.hint = "run as root, or give the user the runtime directory of dataplane.file_prefix";
  } else if (error == ENOMEM || log.find("memory") != std::string::npos) {
    fault.kind = MachineFault::Kind::kMemory;
    fault.message = "DPDK could not reserve " +
                    std::to_string(round_up(options.memory_bytes, kHugePageBytes) >> 20) +
                    " MB: " + last_complaint(log);
    fault.hint = "free memory, or lower dataplane.rx_descriptors or the number of queues";
  }
  return fault;
}

}  // namespace

bool Eal::start(const EalOptions& options, MachineFault& fault) {
  bool use_huge = false;
  if (!choose_pages(options, use_huge, fault)) return false;
  std::vector<std::string> arguments = to_arguments(options, use_huge);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  // EAL talks much; it is heard only when it fails.
  char* log_text = nullptr;
  std::size_t log_bytes = 0;
  std::FILE* const log = open_memstream(&log_text, &log_bytes);
  if (log != nullptr) (void)rte_openlog_stream(log);
  const int result = rte_eal_init(static_cast<int>(arguments.size()), argv.data());
  const int error = rte_errno;
  (void)rte_openlog_stream(nullptr);
  std::string said;
  if (log != nullptr) {
    (void)std::fclose(log);
    said.assign(log_text, log_bytes);
    std::free(log_text);
  }
  if (result < 0) {
    fault = explain(options, said, error);
    return false;
  }
  huge_pages_in_use = use_huge;
  rte_log_set_global_level(RTE_LOG_ERR);
  return true;
}

bool Eal::check_pages(const EalOptions& options, MachineFault& fault) {
  bool use_huge = false;
  return choose_pages(options, use_huge, fault);
}

void Eal::stop() { (void)rte_eal_cleanup(); }

bool Eal::uses_huge_pages() { return huge_pages_in_use; }

bool Eal::launch(std::size_t index, int (*body)(void*), void* argument) {
  return rte_eal_remote_launch(body, argument, static_cast<unsigned>(index + 1)) == 0;
}

void Eal::join() { rte_eal_mp_wait_lcore(); }

}  // namespace mimir::source
