// SPDX-License-Identifier: Apache-2.0
#include "tools/model_race.h"

#include <utility>

#include <fmt/format.h>

#include "model/analysis/model_invariants.h"
#include "model/invariant/registry.h"
#include "tools/model_bench.h"

namespace mimir::tools {

namespace {

class Race {
 public:
  Race(const ModelWithDigest& first, const ModelWithDigest& second, ModelComparison& comparison)
      : first_model_(first), second_model_(second), comparison_(comparison) {}

  /// False, with the reason reported once, if a model does not fit the cluster.
  bool start(const ClusterContext& context, config::Diagnostics& diagnostics) {
    if (first_ || has_failed_) return !has_failed_;
    auto first = registry_of(first_model_, context, diagnostics);
    auto second = registry_of(second_model_, context, diagnostics);
    has_failed_ = !first || !second;
    if (has_failed_) return false;
    first_.emplace(first_model_.model, first_model_.digest, context, std::move(*first),
                   [this](const analysis::Verdict& verdict) { hear_first(verdict); });
    second_.emplace(second_model_.model, second_model_.digest, context, std::move(*second),
                    [this](const analysis::Verdict& verdict) { hear_second(verdict); });
    return true;
  }

  void add(const analysis::ReducedWindow& window) {
    first_->analyzer.add(window);
    second_->analyzer.add(window);
  }

  void flush() {
    first_->analyzer.flush();
    second_->analyzer.flush();
  }

 private:
  static std::optional<invariant::Registry> registry_of(const ModelWithDigest& loaded,
                                                        const ClusterContext& context,
                                                        config::Diagnostics& diagnostics) {
    return invariant::Registry::build(
        *context.cluster, analysis::invariants_of(loaded.model.context, context.observation.point),
        diagnostics);
  }

  void hear_first(const analysis::Verdict& verdict) {
    if (second_model_.model.find(verdict.window.granularity_s()) == nullptr) {
      return comparison_.add_alone(verdict.window.granularity_s());
    }
    pairs_.add_first(verdict.window, controlplane::judgement_of(verdict, first_->builder));
  }

  void hear_second(const analysis::Verdict& verdict) {
    const auto pair =
        pairs_.add_second(verdict.window, controlplane::judgement_of(verdict, second_->builder));
    if (pair) return comparison_.add(*pair);
    comparison_.add_alone(verdict.window.granularity_s());
  }

  const ModelWithDigest& first_model_;
  const ModelWithDigest& second_model_;
  ModelComparison& comparison_;
  controlplane::JudgementPairs pairs_;
  std::optional<ModelBench> first_;
  std::optional<ModelBench> second_;
  bool has_failed_ = false;
};

}  // namespace

bool check_comparable(const learn::Model& first, const learn::Model& second,
                      const std::string& observation, config::Diagnostics& diagnostics) {
  if (first.context.base_window_ns != second.context.base_window_ns) {
    diagnostics.error({},
                      fmt::format("the models' base windows are {} s and {} s",
                                  first.context.base_window_ns / kNsPerSecond,
                                  second.context.base_window_ns / kNsPerSecond),
                      "train one of them again with the other's");
  }
  for (const learn::Model* const model : {&first, &second}) {
    if (model->context.observation == observation) continue;
    diagnostics.error(
        {},
        fmt::format("model {} was trained at observation point {}", model->context.name,
                    model->context.observation),
        "give --observe " + model->context.observation + ", or train a model for this one");
  }
  return !diagnostics.has_errors();
}

std::optional<AnalysisRun> race(std::span<const CaptureArgument> captures,
                                const AnalysisOptions& options, const ModelWithDigest& first,
                                const ModelWithDigest& second, ModelComparison& comparison,
                                config::Diagnostics& diagnostics) {
  Race race(first, second, comparison);
  auto run = analyse_captures(captures, options, diagnostics,
                              [&](const Window& /*window*/, const analysis::ReducedWindow& reduced,
                                  const ClusterContext& context) {
                                if (race.start(context, diagnostics)) race.add(reduced);
                              });
  if (!run || !race.start(*run->context, diagnostics)) return std::nullopt;
  race.flush();
  return run;
}

}  // namespace mimir::tools
