// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/json.h"
#include "tools/bench/dataplane_bench.h"
#include "tools/bench/ingest_bench.h"
#include "tools/bench/ring_bench.h"
#include "tools/bench/step_times.h"

namespace mimir::tools {

/// One measurement: a JSON object with its settings and figures, and the same
/// in a line for people.
struct BenchRow {
  config::Json json;
  std::string text;
  bool is_exact = false;  ///< every packet and record accounted for
};

[[nodiscard]] BenchRow ingest_row(const std::vector<IngestRound>& rounds);
[[nodiscard]] BenchRow ring_row(const std::vector<RingRound>& rounds);
[[nodiscard]] BenchRow dataplane_row(const DataplaneSettings& settings,
                                     const DataplaneResult& result, const StepTimes& steps);
[[nodiscard]] BenchRow sweep_row(const DataplaneSettings& settings, const StepTimes& steps);

}  // namespace mimir::tools
