// SPDX-License-Identifier: Apache-2.0
#include "tools/machine_text.h"

#include <fstream>
#include <string>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

#include "tools/version.h"

namespace mimir::tools {

namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

config::Json machine_json() {
  config::Json machine = config::Json::object();
  utsname names{};
  (void)uname(&names);
  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  machine.set("processor", processor_name())
      .set("cpus", std::thread::hardware_concurrency())
      .set("memory_bytes", page_bytes * pages)
      .set("kernel", std::string(names.release))
      .set("compiler", __VERSION__)
#ifdef NDEBUG
      .set("build", "release")
#else
      .set("build", "debug")
#endif
      .set("version", std::string(kVersionText));
  return machine;
}

}  // namespace mimir::tools
