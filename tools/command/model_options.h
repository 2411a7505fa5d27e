// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/analysis_run.h"
#include "tools/command_line.h"

namespace mimir::tools {

/// Declares --entities, --observe, --gateway, --pod-cidr, --outside-cidr,
/// --duplicates-within and --workers: what every command needs that reads a capture
/// against a cluster.
void declare_analysis_options(CommandLine& line, AnalysisOptions& options);

/// Whether the addresses among them can be read; reports those that cannot.
[[nodiscard]] bool check_analysis_options(const AnalysisOptions& options,
                                          config::Diagnostics& diagnostics);

}  // namespace mimir::tools
