// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mimir::tools {

struct IngestRound {
  std::uint64_t packets = 0;
  std::uint64_t records = 0;
  double seconds = 0;
  bool is_exact = false;
};

/// From a capture to windows, all on this thread: map, dissect, count, collect,
/// merge. Nothing if the file cannot be read.
[[nodiscard]] std::optional<IngestRound> ingest_once(const std::string& path);

}  // namespace mimir::tools
