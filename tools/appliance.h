// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "controlplane/appliance_config.h"
#include "dataplane/payload/signatures.h"
#include "model/analysis/analyzer.h"
#include "model/learn/model.h"
#include "tools/cluster_context.h"
#include "tools/live_cluster.h"
#include "tools/live_run.h"

namespace mimir::tools {

/// Reads a model file and its digest.
struct ModelWithDigest {
  learn::Model model;
  std::string digest;
};
[[nodiscard]] std::optional<ModelWithDigest> load_model(const std::string& path,
                                                        config::Diagnostics& diagnostics);

/// A model that judges beside the one in force and alarms nobody.
struct Candidate {
  ModelWithDigest loaded;
  invariant::Options invariants;
};

/// Everything the appliance has read before it starts; then it is only asked.
struct Appliance {
  controlplane::ApplianceConfig config;
  learn::Model model;
  std::string model_digest;
  /// Who is who at the start; of one of the two below it.
  const ClusterContext* context = nullptr;
  std::unique_ptr<const ClusterContext> fixed_context;  ///< of a replay
  std::unique_ptr<LiveCluster> cluster;                 ///< null in a replay
  invariant::Options invariants;
  std::optional<Candidate> candidate;
  std::unique_ptr<const payload::Signatures> signatures;  ///< null: payload is not looked at

  [[nodiscard]] LiveOptions live_options() const;
  /// The invariants were built once before, so this cannot fail.
  [[nodiscard]] analysis::Analyzer make_analyzer(analysis::Analyzer::Sink sink) const;
  /// The invariants of a context that goes on from the one at the start; nothing if they
  /// cannot be made of it. Threads: any.
  [[nodiscard]] std::optional<invariant::Registry> make_registry(const ClusterContext& of) const;
};

/// Reads the configuration and its payload rules alone: enough for live_options(), when nothing
/// is learned yet. Nothing if it is no configuration; faults of the rules are only reported.
[[nodiscard]] std::optional<Appliance> load_settings(const std::string& config_path,
                                                     config::Diagnostics& diagnostics);

/// Reads the configuration and all it names, and checks that they fit each other.
/// Nothing, with every fault reported, if they do not. `replay` is the captures
/// that stand in for ports; null if there are none.
[[nodiscard]] std::optional<Appliance> load_appliance(const std::string& config_path,
                                                      const source::CaptureSet* replay,
                                                      config::Diagnostics& diagnostics);

/// Reports where a model and the configuration it is to serve do not fit.
void check_model(const std::string& config_path, const controlplane::ApplianceConfig& config,
                 const learn::ModelContext& trained, config::Diagnostics& diagnostics);

/// Puts the configured thresholds in the place of the model's. The coarsest granularity is
/// judged by all of them combined.
void apply_thresholds(const std::string& config_path,
                      const std::vector<ThresholdConfig>& thresholds, learn::Model& model,
                      config::Diagnostics& diagnostics);

/// Reads the candidate beside the model's file, if there is one. Reports why it could not
/// judge in the place of the model; then there is none.
[[nodiscard]] std::optional<Candidate> load_candidate(const std::string& config_path,
                                                      const controlplane::ApplianceConfig& config,
                                                      graph::Observation observation,
                                                      config::Diagnostics& diagnostics);

}  // namespace mimir::tools
