// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controlplane/alert/alert_builder.h"
#include "model/analysis/analyzer.h"
#include "model/invariant/registry.h"
#include "tools/cluster_context.h"

namespace mimir::tools {

/// What one model needs to judge windows and to say why. Several can stand side by side.
///
/// Threads: one owner. REQUIRES: model and context outlive it; the registry is of both.
struct ModelBench {
  controlplane::AlertBuilder builder;
  analysis::Analyzer analyzer;

  ModelBench(const learn::Model& model, const std::string& digest, const ClusterContext& context,
             invariant::Registry registry, analysis::Analyzer::Sink sink);
  /// See Analyzer.
  void move_to(const ClusterContext& context, invariant::Registry registry, bool is_renumbered);
};

}  // namespace mimir::tools
