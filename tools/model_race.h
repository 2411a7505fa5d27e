// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "config/diagnostic.h"
#include "tools/analysis_run.h"
#include "tools/appliance.h"
#include "tools/model_comparison.h"

namespace mimir::tools {

/// Whether one capture can be judged by both at once: the same base window, and both seen from
/// `observation`. Reports what is not so.
[[nodiscard]] bool check_comparable(const learn::Model& first, const learn::Model& second,
                                    const std::string& observation,
                                    config::Diagnostics& diagnostics);

/// Has two models judge the windows of captures, which are read once, as `mimir score` does;
/// detectors are not asked. Nothing, with the reason reported, if that cannot be.
[[nodiscard]] std::optional<AnalysisRun> race(std::span<const CaptureArgument> captures,
                                              const AnalysisOptions& options,
                                              const ModelWithDigest& first,
                                              const ModelWithDigest& second,
                                              ModelComparison& comparison,
                                              config::Diagnostics& diagnostics);

}  // namespace mimir::tools
