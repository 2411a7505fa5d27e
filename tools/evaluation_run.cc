// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation_run.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "model/analysis/model_invariants.h"
#include "tools/evaluation/attack_plan.h"
#include "tools/evaluation/model_learner.h"
#include "tools/injector/path_templates.h"

namespace mimir::tools {

namespace {

using evaluation::Dataset;
using evaluation::PassPlan;

/// Of the passes that training runs are cut into: as much of the time is attacked in each
/// as in held-out ones by default.
constexpr std::size_t kTrainingPasses = 5;

/// Numbers of training runs, far from those of held-out ones.
constexpr std::uint64_t kTrainingRunsFrom = std::uint64_t{1} << 31;

Dataset empty_dataset(const learn::Model& model) {
  Dataset dataset;
  for (const learn::GranularityModel& granularity : model.granularities) {
    dataset.granularities_s.push_back(granularity.granularity_s);
  }
  return dataset;
}

std::vector<injector::TemplatePath> paths_of(const TrainingRun& run, const learn::Model& model,
                                             const EvaluationPlan& plan,
                                             config::Diagnostics& diagnostics) {
  const ClusterContext& context = *run.analysis.context;
  injector::PathOptions options = injector::path_options(
      *context.cluster, context.observation.point, model.context.sensitive_service);
  options.path_count_max = plan.path_count_max;
  auto paths = injector::enumerate_paths(policy_of(run, plan.policy, diagnostics), options);
  if (paths.empty()) {
    diagnostics.error({.file = run.name},
                      "no path leads from " + model.context.sensitive_service + " to the outside",
                      "does the policy let data out?");
  }
  return paths;
}

evaluation::RunInput input_of(const TrainingRun& run, const learn::Model& model,
                              std::span<const injector::TemplatePath> paths,
                              const EvaluationPlan& plan) {
  return {
      .name = run.name,
      .cluster = *run.analysis.context->cluster,
      .invariants = analysis::invariants_of(model.context, run.analysis.context->observation.point),
      .windows = run.analysis.windows,
      .paths = paths,
      .with_prototype = plan.compares_learners,
      .http_marks = run.http_marks};
}

bool has_spans(const TrainingRun& run, const evaluation::SpanList& list, TimeNs span_ns,
               config::Diagnostics& diagnostics) {
  if (!list.spans.empty()) return true;
  diagnostics.error(
      {.file = run.name},
      fmt::format("holds no whole window of {} s without loss: {} windows read, {} "
                  "partial, {} lossy",
                  span_ns / kNsPerSecond, list.ledger.read, list.ledger.partial, list.ledger.lossy),
      "give a longer capture");
  return false;
}

/// Adds every run with the passes that `make_plans` makes for it.
template <class MakePlans>
std::optional<Dataset> build(const std::vector<TrainingRun>& runs, const learn::Model& model,
                             const EvaluationPlan& plan, const MakePlans& make_plans,
                             config::Diagnostics& diagnostics) {
  Dataset dataset = empty_dataset(model);
  for (std::size_t number = 0; number < runs.size(); ++number) {
    const TrainingRun& run = runs[number];
    const auto list = evaluation::clean_spans(run.analysis.windows, dataset.span_ns());
    if (!has_spans(run, list, dataset.span_ns(), diagnostics)) return std::nullopt;
    const auto paths = paths_of(run, model, plan, diagnostics);
    if (paths.empty()) return std::nullopt;
    const std::vector<PassPlan> plans =
        make_plans(list, dataset.span_ns(),
                   evaluation::PlanOptions{.share = plan.attack_share,
                                           .spans_per_attack = plan.spans_per_attack,
                                           .path_count = paths.size(),
                                           .seed = plan.seed,
                                           .run = number});
    if (std::ranges::all_of(plans, [](const PassPlan& p) { return p.attacks.empty(); })) {
      diagnostics.error({.file = run.name}, "no attack fits into this capture",
                        "give a longer one, or fewer --attack-windows");
      return std::nullopt;
    }
    if (!evaluation::add_run(dataset, input_of(run, model, paths, plan), plans, plan.thread_count,
                             diagnostics)) {
      return std::nullopt;
    }
  }
  return dataset;
}

/// What held-out runs must not be, nor overlap.
class KnownTraffic {
 public:
  /// `what` follows "is not held out: ".
  void add(const learn::CaptureOrigin& origin, const std::string& what) {
    captures_.emplace(origin.digest, what);
    for (const std::string_view window : windows_of(origin)) windows_.emplace(window, what);
  }

  /// Why it is not held out; empty if it is.
  [[nodiscard]] std::string objection_to(const learn::CaptureOrigin& origin) const {
    if (const auto same = captures_.find(origin.digest); same != captures_.end()) {
      return same->second;
    }
    std::size_t count = 0;
    std::size_t shared = 0;
    std::string what;
    for (const std::string_view window : windows_of(origin)) {
      ++count;
      const auto same = windows_.find(std::string(window));
      if (same == windows_.end()) continue;
      ++shared;
      what = same->second;
    }
    if (shared == 0) return {};
    return fmt::format("{} of its {} windows are known already: {}", shared, count, what);
  }

 private:
  static constexpr std::size_t kDigits = 12;

  static std::vector<std::string_view> windows_of(const learn::CaptureOrigin& origin) {
    std::vector<std::string_view> windows;
    for (std::size_t at = 0; at + kDigits <= origin.windows.size(); at += kDigits) {
      windows.push_back(std::string_view(origin.windows).substr(at, kDigits));
    }
    return windows;
  }

  std::map<std::string, std::string> captures_;  ///< by digest
  std::map<std::string, std::string> windows_;   ///< by fingerprint
};

}  // namespace

std::optional<Dataset> held_out_dataset(const std::vector<TrainingRun>& runs,
                                        const learn::Model& model, const EvaluationPlan& plan,
                                        config::Diagnostics& diagnostics) {
  const auto make_plans = [&plan](const evaluation::SpanList& list, TimeNs span_ns,
                                  evaluation::PlanOptions options) {
    const auto stretches = evaluation::stretches(list.spans, span_ns);
    std::vector<PassPlan> plans;
    for (const double rate : plan.rates_bytes_per_minute) {
      for (std::uint64_t i = 0; i < plan.seed_count; ++i) {
        options.seed = plan.seed + i;
        plans.push_back({.rate = evaluation::rate_of(rate),
                         .seed = options.seed,
                         .attacks = evaluation::plan_at_random(stretches, options)});
      }
    }
    return plans;
  };
  return build(runs, model, plan, make_plans, diagnostics);
}

std::optional<Dataset> training_dataset(const std::vector<TrainingRun>& runs,
                                        const learn::Model& model, const EvaluationPlan& plan,
                                        config::Diagnostics& diagnostics) {
  const auto make_plans = [&model](const evaluation::SpanList& list, TimeNs /*span_ns*/,
                                   evaluation::PlanOptions options) {
    // Other numbers than held-out runs have, and so other draws: what is learned from must
    // not have the amounts and packet sizes of what is judged.
    options.run += kTrainingRunsFrom;
    std::vector<PassPlan> plans;
    for (const double rate : model.context.created_from.rates_bytes_per_minute) {
      for (std::size_t i = 0; i < kTrainingPasses; ++i) {
        plans.push_back(
            {.rate = evaluation::rate_of(rate),
             .seed = options.seed,
             .attacks = evaluation::plan_every(list.spans.size(), i, kTrainingPasses, options)});
      }
    }
    return plans;
  };
  return build(runs, model, plan, make_plans, diagnostics);
}

std::optional<Dataset> labelled_dataset(const std::vector<TrainingRun>& runs,
                                        const learn::Model& model, const EvaluationPlan& plan,
                                        std::vector<std::vector<evaluation::Incident>> truths,
                                        config::Diagnostics& diagnostics) {
  Dataset dataset = empty_dataset(model);
  for (std::size_t number = 0; number < runs.size(); ++number) {
    const TrainingRun& run = runs[number];
    const auto list = evaluation::clean_spans(run.analysis.windows, dataset.span_ns());
    if (!has_spans(run, list, dataset.span_ns(), diagnostics)) return std::nullopt;
    const TimeNs begin_ns = run.analysis.windows.front().begin_ns;
    const TimeNs end_ns = run.analysis.windows.back().end_ns;
    const std::size_t outside = std::erase_if(truths[number], [&](const auto& incident) {
      return incident.time.end_ns <= begin_ns || incident.time.begin_ns >= end_ns;
    });
    if (outside > 0) {
      diagnostics.warning({.file = run.name},
                          fmt::format("{} attacks of its truth are outside the capture", outside),
                          "do capture and truth belong together?");
    }
    if (!evaluation::add_labelled_run(dataset, input_of(run, model, {}, plan),
                                      std::move(truths[number]), plan.thread_count, diagnostics)) {
      return std::nullopt;
    }
  }
  return dataset;
}

bool check_held_out(const std::vector<TrainingRun>& held_out,
                    const std::vector<TrainingRun>& training, const learn::Model& model,
                    config::Diagnostics& diagnostics) {
  KnownTraffic known;
  for (const learn::CaptureOrigin& origin : model.context.created_from.captures) {
    known.add(origin, "the model was learned from it (" + origin.name + ")");
  }
  for (const TrainingRun& run : training) {
    known.add(origin_of(run), "--train names it too (" + run.name + ")");
  }
  bool good = true;
  for (const TrainingRun& run : held_out) {
    const learn::CaptureOrigin origin = origin_of(run);
    const std::string objection = known.objection_to(origin);
    known.add(origin, "it is given twice");
    if (objection.empty()) continue;
    diagnostics.error({.file = run.name}, "is not held out: " + objection,
                      "a figure from traffic that was learned from says nothing; give another "
                      "capture");
    good = false;
  }
  return good;
}

std::vector<std::unique_ptr<evaluation::Learner>> all_learners(const learn::Model& model,
                                                               bool has_training) {
  std::vector<std::unique_ptr<evaluation::Learner>> learners;
  learners.push_back(evaluation::model_learner(model));
  if (has_training) {
    learners.push_back(evaluation::lasso_learner());
    learners.push_back(evaluation::prototype_learner());
    for (const auto& info :
         {evaluation::logistic_l2(), evaluation::logistic_l1(), evaluation::boosted_trees(),
          evaluation::random_forest(), evaluation::robust_distance(), evaluation::edge_volume(),
          evaluation::allowed_pairs(), evaluation::http_fingerprints(), evaluation::odd_ball_nets(),
          evaluation::ide_kashima()}) {
      learners.push_back(evaluation::make_learner(info));
    }
  }
  learners.push_back(evaluation::make_learner(evaluation::ide_kashima_adaptive()));
  return learners;
}

}  // namespace mimir::tools
