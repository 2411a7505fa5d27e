// SPDX-License-Identifier: Apache-2.0
#include "tools/analysis_run.h"

#include <fmt/format.h>

namespace mimir::tools {

bool AnalysisRun::knows_anybody() const {
  if (capture.packets.counted == 0) return true;
  for (const analysis::ReducedWindow& window : windows) {
    for (const graph::Edge& edge : window.edges.edges()) {
      if (edge.source >= graph::kFirstEntityNode || edge.target >= graph::kFirstEntityNode) {
        return true;
      }
    }
  }
  return false;
}

std::optional<AnalysisRun> analyse_captures(std::span<const CaptureArgument> captures,
                                            const AnalysisOptions& options,
                                            config::Diagnostics& diagnostics,
                                            const WindowWatch& watch) {
  const auto opened = open_captures(captures, diagnostics);
  if (opened == nullptr) return std::nullopt;
  AnalysisRun run;
  run.context = load_cluster(options.model, opened->first_ns(), diagnostics);
  if (run.context == nullptr) return std::nullopt;
  CaptureRunOptions capture_options;
  capture_options.worker_count = options.worker_count;
  capture_options.worker.window_ns = options.base_window_ns;
  if (!apply_packet_options(options.packets, capture_options.worker, diagnostics)) {
    return std::nullopt;
  }
  look_for(options.signatures, options.payload, capture_options.worker);
  graph::NodeTable nodes(run.context->entities.size());
  const auto reduce = [&run, &nodes, &watch](const Window& window) {
    run.windows.push_back(
        analysis::reduce(window, *run.context->cluster, run.context->observation, nodes));
    if (watch) watch(window, run.windows.back(), *run.context);
  };
  const auto read = run_captures(*opened, capture_options, reduce, diagnostics);
  if (!read) return std::nullopt;
  run.capture = *read;
  graph::ByteLedger bytes;
  for (const analysis::ReducedWindow& window : run.windows) bytes += window.bytes;
  run.mapped_share = 1.0 - bytes.unmapped_share();
  return run;
}

void report_nobody_known(const std::string& captures, const AnalysisRun& run,
                         config::Diagnostics& diagnostics) {
  diagnostics.error(
      {.file = captures},
      fmt::format("no packet of this capture is of a known pod: {} packets in {} windows, {:.1f} % "
                  "of the bytes mapped",
                  run.capture.packets.counted, run.windows.size(), run.mapped_share * 100),
      "are these the entities of the cluster and of the time of the capture?");
}

}  // namespace mimir::tools
