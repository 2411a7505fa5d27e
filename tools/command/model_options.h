// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tools/analysis_run.h"
#include "tools/command_line.h"

namespace mimir::tools {

/// Declares --entities, --observe, --gateway, --pod-cidr, --outside-cidr,
/// --duplicates-within and --workers: what every command needs that reads a capture
/// against a cluster.
enum class EntitiesNeed : bool { kOptional, kRequired };
void declare_analysis_options(CommandLine& line, AnalysisOptions& options,
                              EntitiesNeed need = EntitiesNeed::kRequired);

/// Declares --suppress, and reads what it names into options; nothing if it is empty.
void declare_suppressions(CommandLine& line, std::string& path);
[[nodiscard]] bool read_suppressions(const std::string& path, AnalysisOptions& options,
                                     config::Diagnostics& diagnostics);

/// Whether the addresses among them can be read; reports those that cannot.
[[nodiscard]] bool check_analysis_options(const AnalysisOptions& options,
                                          config::Diagnostics& diagnostics);

}  // namespace mimir::tools
