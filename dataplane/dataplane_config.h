// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/section.h"

namespace mimir {

/// One port to listen on.
struct PortConfig {
  std::string device;
  std::uint16_t queues = 1;
};

/// How far the payload of flows is looked into.
struct PayloadConfig {
  std::string look = "off";
  std::uint8_t packets = 4;
  std::uint16_t bytes = 256;
  std::vector<std::string> rules;
  bool has_samples = false;
  std::string cache;
  std::uint32_t window_fact_count_max = 1U << 16;
  std::uint32_t ring_fact_count = 1U << 14;
};

/// The `dataplane:` section. Sizes are fixed before the first packet; nothing in
/// the dataplane grows later.
struct DataplaneConfig {
  std::vector<PortConfig> ports;
  std::uint16_t rx_descriptors = 1024;
  std::uint32_t flow_count_max = 1U << 20;
  std::uint32_t ipv6_flow_count_max = 1U << 18;
  std::uint32_t ring_record_count = 1U << 16;
  std::int64_t base_window_ns = 10'000'000'000;
  std::int64_t lateness_ns = 2'000'000'000;
  std::int64_t duplicate_distance_ns = 0;
  std::vector<std::uint16_t> vxlan_ports = {4789, 8472};
  std::uint8_t tunnel_depth_max = 4;
  bool is_network_in_key = false;
  PayloadConfig payload;
  std::string huge_pages = "auto";
  std::string file_prefix = "mimir";
  std::string run_as;
  std::uint64_t hash_seed = 0;  ///< 0: another secret at every start
};

[[nodiscard]] config::Section<DataplaneConfig> dataplane_section();

}  // namespace mimir
