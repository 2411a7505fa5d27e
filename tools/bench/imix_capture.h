// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "config/diagnostic.h"

namespace mimir::tools {

/// Writes a capture to measure with: `packet_count` UDP packets over IPv4 of
/// `flow_count` flows drawn uniformly, in the simple IMIX of 64, 594 and 1518
/// bytes at 7 : 4 : 1 (362 bytes on average), whole, one a microsecond.
[[nodiscard]] bool write_imix_capture(const std::string& path, std::uint64_t packet_count,
                                      std::uint32_t flow_count, config::Diagnostics& diagnostics);

}  // namespace mimir::tools
