// SPDX-License-Identifier: Apache-2.0
#include "tools/machine_report.h"

#include <cstddef>
#include <iterator>
#include <string>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace mimir::tools {

namespace {

using Level = MachineFinding::Level;

std::vector<MachineFinding> port_findings(const MachineCheck& machine, const std::string& device) {
  const std::size_t begin = device.find("iface=");
  if (begin != std::string::npos) {
    const std::size_t end = device.find(',', begin);
    return {machine.interface(device.substr(begin + 6, end - begin - 6))};
  }
  // A virtual device has a name with an underscore, a PCI address has none.
  if (device.find('_') != std::string::npos) return {};
  return machine.pci_device(device.substr(0, device.find(',')));
}

void add_memory(const LiveOptions& options, std::vector<MachineFinding>& findings) {
  std::size_t bytes = 0;
  for (const MemoryTerm& term : memory_terms(options)) {
    findings.push_back(
        {Level::kWell,
         fmt::format("memory {:>9.1f} MB  {}", static_cast<double>(term.bytes) / 1e6, term.what)});
    bytes += term.bytes;
  }
  const auto available = static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES)) *
                         static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  findings.push_back({Level::kWell, fmt::format("memory {:>9.1f} MB  in sum; {:.1f} MB are free",
                                                static_cast<double>(bytes) / 1e6,
                                                static_cast<double>(available) / 1e6)});
  if (bytes > available) {
    findings.push_back(
        {Level::kMissing, "not enough free memory", "lower dataplane.flow_count_max"});
  }
}

MachineFinding page_finding(const LiveOptions& options, const MachineCheck& machine) {
  MachineFinding finding = machine.huge_pages(memory_terms(options).front().bytes);
  source::MachineFault fault;
  if (check_pages(options, fault)) {
    const bool is_wanted = options.eal.huge_pages != source::HugePages::kNever;
    return is_wanted ? finding : MachineFinding{Level::kWell, "pages  of 2 MB are not used"};
  }
  return {Level::kMissing, fault.message, fault.hint, std::move(finding.mend)};
}

}  // namespace

std::vector<MachineFinding> machine_findings(const LiveOptions& options,
                                             const MachineCheck& machine) {
  std::vector<MachineFinding> findings;
  add_memory(options, findings);
  findings.push_back(page_finding(options, machine));
  std::size_t worker_count = 0;
  for (const source::PortOptions& port : options.ports) {
    worker_count += port.queue_count;
    std::vector<MachineFinding> of_port = port_findings(machine, port.device);
    std::move(of_port.begin(), of_port.end(), std::back_inserter(findings));
  }
  findings.push_back(machine.isolated_cores(worker_count));
  findings.push_back(machine.clock_source());
  if (geteuid() != 0) {
    findings.push_back({Level::kMissing,
                        "not root: ports other than a capture's need it or CAP_NET_RAW",
                        "sudo mimir run --config ..."});
  }
  return findings;
}

bool tell_machine(const std::vector<MachineFinding>& findings) {
  bool has_all = true;
  for (const MachineFinding& finding : findings) {
    if (finding.level == Level::kWell) {
      fmt::print("{}\n", finding.text);
      continue;
    }
    const bool is_missing = finding.level == Level::kMissing;
    fmt::print(stderr, "{}: {}\n  hint: {}\n", is_missing ? "error" : "advice", finding.text,
               finding.hint);
    has_all = has_all && !is_missing;
  }
  return has_all;
}

}  // namespace mimir::tools
