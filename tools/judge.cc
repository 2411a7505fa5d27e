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

Judge::Judge(const Start& start, Sinks sinks)
    : first_detection_(start.detection),
      payload_(start.payload),
      context_(&start.context),
      sinks_(std::move(sinks)),
      model_(&start.model),
      model_digest_(start.model_digest),
      model_file_(start.model_file),
      detection_(
          {.context = &start.context,
           .model = &start.model,
           .model_digest = start.model_digest,
           .suppressions = start.detection.suppressions(),
           .signatures = start.signatures,
           .secret = start.secret},
          [this](controlplane::Sighting sighting) { sinks_.sighting(std::move(sighting)); }) {
  open_bench(*make_registry(start.invariants));
  open_shadow(start.candidate);
}

std::optional<invariant::Registry> Judge::make_registry(
    const invariant::Options& invariants) const {
  config::Diagnostics ignored;
  return invariant::Registry::build(*context_->cluster, invariants, ignored);
}

void Judge::open_bench(invariant::Registry registry) {
  bench_ =
      std::make_unique<ModelBench>(*model_, model_digest_, *context_, std::move(registry),
                                   [this](const analysis::Verdict& verdict) { hear(verdict); });
}

void Judge::open_shadow(const Candidate* candidate) {
  pairs_ = {};
  candidate_ = candidate;
  shadow_.reset();
  if (candidate_ == nullptr) return;
  auto registry = make_registry(candidate_->invariants);
  if (!registry) return;  // who is who has changed since it was looked at
  shadow_ = std::make_unique<ModelBench>(
      candidate_->loaded.model, candidate_->loaded.digest, *context_, std::move(*registry),
      [this](const analysis::Verdict& verdict) { hear_shadow(verdict); });
}

void Judge::move_to(const ClusterContext& context, invariant::Registry registry,
                    bool is_renumbered) {
  context_ = &context;
  if (current_) {
    auto own = make_registry(current_->invariants);
    if (own) registry = std::move(*own);
  }
  bench_->move_to(context, std::move(registry), is_renumbered);
  move_shadow(is_renumbered);
  detection_.move_to(context, is_renumbered);
}

// Of a cluster that has no longer what it must have, a candidate cannot say anything; one of
// which that is not true any more begins again.
void Judge::move_shadow(bool is_renumbered) {
  if (shadow_ == nullptr) return open_shadow(candidate_);
  auto registry = make_registry(candidate_->invariants);
  if (registry) {
    shadow_->move_to(*context_, std::move(*registry), is_renumbered);
  } else {
    shadow_.reset();
  }
}

void Judge::hear(const analysis::Verdict& verdict) {
  std::optional<controlplane::Alert> alert;
  if (verdict.score.alert()) alert = bench_->builder.build(verdict);
  if (shadow_ != nullptr) {
    pairs_.add_first(verdict.window,
                     controlplane::judgement_of(verdict.score, alert ? &*alert : nullptr));
  }
  std::vector<std::string> path;
  if (alert) {
    detection_.report(*alert);
    path = std::move(alert->path);
  }
  sinks_.window(verdict, bench_->builder, path);
}

void Judge::hear_shadow(const analysis::Verdict& verdict) {
  auto pair =
      pairs_.add_second(verdict.window, controlplane::judgement_of(verdict, shadow_->builder));
  if (!pair) return;
  sinks_.shadow({.window = std::move(*pair),
                 .active_digest = model_digest_,
                 .candidate_digest = candidate_->loaded.digest});
}

void Judge::add(const Window& window) {
  pass(window.begin_ns);
  last_begin_ns_ = window.begin_ns;
  detection_.add(window);
  bench_->analyzer.add(window);
  if (shadow_ != nullptr) shadow_->analyzer.add(window);
}

// The candidate comes second: it is compared with what was said before it.
void Judge::close_until(TimeNs time_ns) {
  bench_->analyzer.close_until(time_ns);
  if (shadow_ != nullptr) shadow_->analyzer.close_until(time_ns);
}

void Judge::pass(TimeNs time_ns) {
  if (next_ && (!last_begin_ns_ || is_edge(*model_, *last_begin_ns_, time_ns))) {
    exchange_model(time_ns);
  }
  close_until(time_ns);
}

void Judge::flush() {
  detection_.flush();
  bench_->analyzer.flush();
  if (shadow_ != nullptr) shadow_->analyzer.flush();
}

void Judge::adopt(Reload reload) {
  config::Diagnostics diagnostics;
  (void)invariant::Registry::build(*context_->cluster, reload.invariants, diagnostics);
  if (reload.candidate) {
    (void)invariant::Registry::build(*context_->cluster, reload.candidate->invariants, diagnostics);
  }
  if (diagnostics.has_errors()) {
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
  return next_signatures_->lend({.look_count_max = payload_.packets,
                                 .byte_count_max = payload_.bytes,
                                 .keeps_samples = payload_.has_samples,
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
  close_until(begin_ns);
  shadow_.reset();
  bench_.reset();
  current_ = std::move(next_);
  next_.reset();
  model_ = &current_->model.model;
  model_digest_ = current_->model.digest;
  model_file_ = current_->config.model.file;
  detection_.adopt(*model_, model_digest_, current_->config.detection.suppressions());
  open_bench(std::move(*registry));
  open_shadow(current_->candidate ? &*current_->candidate : nullptr);
  settle();
}

void Judge::settle() {
  if (next_ || next_signatures_ != nullptr) return;
  const DetectionConfig& detection = current_ ? current_->config.detection : first_detection_;
  const std::size_t suppression_count = detection.suppress.size();
  const std::size_t rules = signatures_ == nullptr ? 0 : signatures_->rules().size();
  const Candidate* const beside = candidate();
  sinks_.settled(lost_.empty(),
                 fmt::format("{}model {}, sha256 {}, {} suppressions{}{}\n", lost_,
                             model_->context.name, model_digest_.substr(0, 16), suppression_count,
                             rules == 0 ? "" : fmt::format(", {} rules", rules),
                             beside == nullptr ? ""
                                               : fmt::format("; candidate {}, sha256 {}",
                                                             beside->loaded.model.context.name,
                                                             beside->loaded.digest.substr(0, 16))));
  lost_.clear();
}

}  // namespace mimir::tools
