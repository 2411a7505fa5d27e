// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace mimir::controlplane {

/// What became of the lines that one output was given, since the start.
/// given + found = delivered + refused + queue_full + spool_full + failed + waiting.
struct OutputStatus {
  std::string name;  ///< "file", or as the configuration has it
  std::uint64_t given = 0;
  std::uint64_t found = 0;  ///< in the spool, of a former process
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;     ///< the receiver will never take it
  std::uint64_t queue_full = 0;  ///< the disk was too slow
  std::uint64_t spool_full = 0;
  std::uint64_t failed = 0;  ///< the disk took nothing
  std::uint64_t waiting = 0;
  std::uint64_t spool_bytes = 0;
  std::uint64_t retries = 0;
  bool is_up = true;  ///< what was tried last arrived

  [[nodiscard]] std::uint64_t lost() const { return refused + queue_full + spool_full + failed; }
  [[nodiscard]] bool balances() const { return given + found == delivered + lost() + waiting; }
};

}  // namespace mimir::controlplane
