// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "model/analysis/reduced_window.h"
#include "model/detector/suppression.h"
#include "model/model_config.h"
#include "tools/capture_list.h"
#include "tools/capture_run.h"
#include "tools/cluster_context.h"
#include "tools/packet_options.h"
#include "tools/payload_options.h"

namespace mimir::tools {

/// The options that every command has which reads a capture against a cluster.
struct AnalysisOptions {
  ModelConfig model;
  TimeNs base_window_ns = 10 * kNsPerSecond;
  std::uint64_t worker_count = 1;
  PacketOptions packets;
  PayloadOptions payload;
  /// What they ask for, compiled; null: payload is not looked at. Outlives the run.
  const payload::Signatures* signatures = nullptr;
  std::vector<detector::Suppression> suppressions;
};

/// Captures as base windows of edges, with the books of the run.
struct AnalysisRun {
  std::unique_ptr<const ClusterContext> context;
  std::vector<analysis::ReducedWindow> windows;
  CaptureRun capture;
  double mapped_share = 1;  ///< of all bytes, those whose both ends are known

  /// Someone of the cluster took part, or there was nothing to take part in.
  [[nodiscard]] bool knows_anybody() const;
};

/// Sees every window of a run while its records are there, and what it was reduced to.
using WindowWatch =
    std::function<void(const Window&, const analysis::ReducedWindow&, const ClusterContext&)>;

/// The captures that the arguments stand for, as one stream. `watch` may be empty.
[[nodiscard]] std::optional<AnalysisRun> analyse_captures(std::span<const CaptureArgument> captures,
                                                          const AnalysisOptions& options,
                                                          config::Diagnostics& diagnostics,
                                                          const WindowWatch& watch = {});

/// Says that a run found no pod it knows, and what it saw instead. `captures` is what
/// it is called.
void report_nobody_known(const std::string& captures, const AnalysisRun& run,
                         config::Diagnostics& diagnostics);

}  // namespace mimir::tools
