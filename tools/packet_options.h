// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/worker.h"
#include "tools/command_line.h"

namespace mimir::tools {

/// How the packets of a capture are read: the options that every command which reads
/// one has, and that the configuration has for the appliance.
struct PacketOptions {
  std::int64_t duplicate_distance_ns = 0;  ///< see WorkerOptions
  std::vector<std::string> vxlan_ports;    ///< none: those of wire::TunnelPorts
  std::uint64_t tunnel_depth_max = 4;
};

void declare_packet_options(CommandLine& line, PacketOptions& options);

/// False, with every fault reported, if they make no sense; else `worker` has them.
[[nodiscard]] bool apply_packet_options(const PacketOptions& options, WorkerOptions& worker,
                                        config::Diagnostics& diagnostics);

}  // namespace mimir::tools
