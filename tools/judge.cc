// SPDX-License-Identifier: Apache-2.0
#include "tools/judge.h"

#include <utility>

#include <fmt/format.h>

#include "controlplane/alert/alert.h"

namespace mimir::tools {

namespace {

/// Whether nothing of the coarsest granularity lies on both sides of where `next` begins.
bool is_edge(const learn::Model& model, TimeNs last_begin_ns, TimeNs next_begin_ns) {
  const TimeNs coarsest_ns = model.granularities.back().granularity_s * kNsPerSecond;
  return window_of(last_begin_ns, coarsest_ns) != window_of(next_begin_ns, coarsest_ns);
}

}  // namespace

Judge::Bench::Bench(const Judge& judge, invariant::Registry registry, analysis::Analyzer::Sink sink)
    : builder(*judge.model_, *judge.context_->cluster, judge.model_digest_),
      analyzer(*judge.context_->cluster, judge.context_->observation, std::move(registry),
               *judge.model_, std::move(sink)) {}

Judge::Judge(const Appliance& appliance, std::uint64_t secret, Sinks sinks)
    : appliance_(appliance),
      context_(appliance.context),
      sinks_(std::move(sinks)),
      model_(&appliance.model),
      model_digest_(appliance.model_digest),
      detection_(
          {.context = appliance.context,
           .model = &appliance.model,
           .model_digest = appliance.model_digest,
           .suppressions = appliance.config.detection.suppressions(),
           .signatures = appliance.signatures.get(),
           .secret = secret},
          [this](controlplane::Sighting sighting) { sinks_.sighting(std::move(sighting)); }) {
  // They were made once before, so this cannot fail.
  open_bench(*appliance.make_registry(*context_));
}

void Judge::open_bench(invariant::Registry registry) {
  bench_ = std::make_unique<Bench>(*this, std::move(registry),
                                   [this](const analysis::Verdict& verdict) { hear(verdict); });
}

void Judge::move_to(const ClusterContext& context, invariant::Registry registry,
                    bool is_renumbered) {
  context_ = &context;
  if (current_) {
    config::Diagnostics ignored;
    auto own = invariant::Registry::build(*context.cluster, current_->invariants, ignored);
    if (own) registry = std::move(*own);
  }
  bench_->analyzer.move_to(*context.cluster, context.observation, std::move(registry),
                           is_renumbered);
  detection_.move_to(context, is_renumbered);
  bench_->builder.move_to(*context.cluster);
}

void Judge::hear(const analysis::Verdict& verdict) {
  std::vector<std::string> path;
  if (verdict.score.alert()) {
    controlplane::Alert alert = bench_->builder.build(verdict);
    detection_.relate(alert);
    sinks_.sighting(controlplane::sighting_of(alert));
    path = std::move(alert.path);
  }
  sinks_.window(verdict, bench_->builder, path);
}

void Judge::add(const Window& window) {
  pass(window.begin_ns);
  last_begin_ns_ = window.begin_ns;
  detection_.add(window);
  bench_->analyzer.add(window);
}

void Judge::pass(TimeNs time_ns) {
  if (next_ && (!last_begin_ns_ || is_edge(*model_, *last_begin_ns_, time_ns))) {
    exchange_model(time_ns);
  }
  bench_->analyzer.close_until(time_ns);
}

void Judge::flush() {
  detection_.flush();
  bench_->analyzer.flush();
}

void Judge::adopt(Reload reload) {
  config::Diagnostics diagnostics;
  if (!invariant::Registry::build(*context_->cluster, reload.invariants, diagnostics)) {
    sinks_.settled(false, diagnostics.render());
    return;
  }
  next_signatures_ = std::move(reload.signatures);
  if (next_signatures_ != nullptr) {
    flip_rule_half();
    detection_.set_rules(first_rule_, next_signatures_.get());
    is_inspection_offered_ = true;
  }
  next_ = std::move(reload);
}

void Judge::flip_rule_half() { first_rule_ = first_rule_ == 0 ? PayloadFact::kRuleSetSpan : 0; }

std::optional<payload::InspectorOptions> Judge::take_inspection() {
  if (!std::exchange(is_inspection_offered_, false)) return std::nullopt;
  const PayloadConfig& config = appliance_.config.dataplane.payload;
  return next_signatures_->lend({.look_count_max = config.packets,
                                 .byte_count_max = config.bytes,
                                 .keeps_samples = config.has_samples,
                                 .first_rule = first_rule_});
}

void Judge::inspection_taken(bool is_taken) {
  if (is_taken) {
    signatures_ = std::move(next_signatures_);
  } else {
    next_signatures_.reset();
    flip_rule_half();  // workers still use the numbers from before
    lost_ = "not enough memory for the rules: those from before stay in force\n";
  }
  settle();
}

// What was well when it was adopted need not be any more: the cluster may have changed.
void Judge::exchange_model(TimeNs begin_ns) {
  config::Diagnostics diagnostics;
  auto registry = invariant::Registry::build(*context_->cluster, next_->invariants, diagnostics);
  if (!registry) {
    next_.reset();
    lost_ = diagnostics.render() + lost_;
    return settle();
  }
  bench_->analyzer.close_until(begin_ns);
  bench_.reset();
  current_ = std::move(next_);
  next_.reset();
  model_ = &current_->model.model;
  model_digest_ = current_->model.digest;
  detection_.adopt(*model_, model_digest_, current_->config.detection.suppressions());
  open_bench(std::move(*registry));
  settle();
}

void Judge::settle() {
  if (next_ || next_signatures_ != nullptr) return;
  const DetectionConfig& detection =
      current_ ? current_->config.detection : appliance_.config.detection;
  const std::size_t suppression_count = detection.suppress.size();
  const std::size_t rules = signatures_ == nullptr ? 0 : signatures_->rules().size();
  sinks_.settled(lost_.empty(),
                 fmt::format("{}model {}, sha256 {}, {} suppressions{}\n", lost_,
                             model_->context.name, model_digest_.substr(0, 16), suppression_count,
                             rules == 0 ? "" : fmt::format(", {} rules", rules)));
  lost_.clear();
}

}  // namespace mimir::tools
