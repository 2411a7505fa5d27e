// SPDX-License-Identifier: Apache-2.0
#include "tools/packet_options.h"

#include <charconv>

#include <fmt/format.h>

namespace mimir::tools {

void declare_packet_options(CommandLine& line, PacketOptions& options) {
  line.duration("--duplicates-within", options.duplicate_distance_ns,
                "packets that come twice within this time count once; 0s: all count");
  line.texts("--vxlan-port", options.vxlan_ports, "PORT",
             "a UDP port that VXLAN is looked for on; none: 4789 and 8472");
  line.count("--tunnel-depth", options.tunnel_depth_max, 1, 8, "N",
             "tunnels, one in the other, that are followed to the flow inside");
}

bool apply_packet_options(const PacketOptions& options, WorkerOptions& worker,
                          config::Diagnostics& diagnostics) {
  std::vector<std::uint16_t> ports;
  for (const std::string& text : options.vxlan_ports) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || rest != end || port == 0) {
      diagnostics.error({}, fmt::format("--vxlan-port: `{}` is no port", text),
                        "give a whole number from 1 to 65535");
      continue;
    }
    ports.push_back(port);
  }
  if (ports.size() > wire::TunnelPorts::kVxlanPortMax) {
    diagnostics.error({}, fmt::format("--vxlan-port: {} are too many", ports.size()),
                      fmt::format("give at most {}", wire::TunnelPorts::kVxlanPortMax));
  }
  if (diagnostics.has_errors()) return false;
  worker.duplicate_distance_ns = options.duplicate_distance_ns;
  if (!ports.empty()) worker.dissect.ports = wire::TunnelPorts(ports);
  worker.dissect.tunnel_depth_max = options.tunnel_depth_max;
  return true;
}

}  // namespace mimir::tools
