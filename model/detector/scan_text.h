// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/detector/finding.h"
#include "model/detector/party.h"

namespace mimir::detector {

/// A port of a host that somebody tried.
struct TriedPort {
  Party server;
  std::uint16_t port = 0;
  bool is_open = false;
};

/// What a scan looked like, for words.
struct ScanShape {
  Party source;
  TimeNs first_ns = 0;
  TimeNs last_ns = 0;
  std::uint64_t host_count = 0;
  bool is_host_count_least = false;  ///< there were more than could be told apart
  std::uint64_t port_count = 0;
  std::uint64_t failed_count = 0;
  std::uint64_t opened_count = 0;
  std::uint64_t failed_at_decision = 0;  ///< failures when the test decided
  double opened_share_expected = 0;
  double log_ratio = 0;
  double log_threshold = 0;
  std::array<std::uint32_t, 7> probes{};  ///< failures by Probe
  std::vector<TriedPort> tried;           ///< some of them, in the order of trying
};

/// Vertical, horizontal or both, by which packets, whether slow, who and what answered.
[[nodiscard]] Finding describe_scan(const ScanShape& shape, const Resolver& resolver);

}  // namespace mimir::detector
