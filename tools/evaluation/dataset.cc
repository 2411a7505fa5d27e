// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/dataset.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "model/analysis/window_stack.h"
#include "model/invariant/registry.h"
#include "tools/evaluation/parallel.h"

namespace mimir::evaluation {

namespace {

/// A described window that has no place in a table yet.
struct Described {
  TimeNs begin_ns = 0;
  std::size_t granularity = 0;
  std::array<std::vector<double>, kDescriptionCount> values;
};

/// What one piece of work gives: the windows of a benign span, or of an attack.
struct Piece {
  std::vector<Described> windows;  ///< of all granularities, as WindowStack orders them
  std::uint64_t bytes = 0;
  bool is_feasible = true;
};

Span joined(std::span<const Span> spans, std::size_t begin, std::size_t end) {
  const analysis::ReducedWindow* const first = spans[begin].data();
  const Span& last = spans[end - 1];
  return {first, static_cast<std::size_t>(last.data() + last.size() - first)};
}

class RunAdder {
 public:
  RunAdder(Dataset& dataset, const RunInput& run) : dataset_(dataset), run_(run) {
    list_ = clean_spans(run.windows, dataset.span_ns());
  }

  /// One describer a thread. False, with the reason, if there can be none.
  bool make_describers(std::size_t thread_count, config::Diagnostics& diagnostics) {
    for (std::size_t i = 0; i < thread_count; ++i) {
      auto registry = invariant::Registry::build(run_.cluster, run_.invariants, diagnostics);
      if (!registry) return false;
      std::optional<invariant::Registry> prototype;
      if (run_.with_prototype) {
        prototype =
            invariant::Registry::build(run_.cluster,
                                       {.observation = run_.invariants.observation,
                                        .form = invariant::Form::kPrototype,
                                        .sensitive_service = run_.invariants.sensitive_service},
                                       diagnostics);
        if (!prototype) return false;
      }
      describers_.push_back(std::make_unique<Describer>(run_.cluster, std::move(*registry),
                                                        std::move(prototype), run_.http_marks));
    }
    return true;
  }

  void add(std::span<const PassPlan> plans) {
    std::vector<std::pair<const PassPlan*, const PlannedAttack*>> attacks;
    for (const PassPlan& plan : plans) {
      for (const PlannedAttack& attack : plan.attacks) attacks.emplace_back(&plan, &attack);
    }
    const std::size_t span_count = list_.spans.size();
    std::vector<Piece> pieces(span_count + attacks.size());
    for_each_index(pieces.size(), describers_.size(), [&](std::size_t i, std::size_t thread) {
      pieces[i] = i < span_count ? describe(list_.spans[i], *describers_[thread])
                                 : describe(*attacks[i - span_count].first,
                                            *attacks[i - span_count].second, *describers_[thread]);
    });
    make_tables();
    Pass benign{.run = dataset_.runs.size(), .incidents = {}, .windows = {}};
    benign.windows.resize(dataset_.granularities_s.size());
    for (std::size_t i = 0; i < span_count; ++i) append(pieces[i], {}, benign.windows);
    dataset_.passes.push_back(benign);
    std::size_t at = span_count;
    for (const PassPlan& plan : plans) {
      add_pass(plan, benign, std::span(pieces).subspan(at, plan.attacks.size()));
      at += plan.attacks.size();
    }
    finish();
  }

  void add_labelled(std::vector<Incident> incidents) {
    std::vector<Piece> pieces(list_.spans.size());
    for_each_index(pieces.size(), describers_.size(), [&](std::size_t i, std::size_t thread) {
      pieces[i] = describe(list_.spans[i], *describers_[thread]);
    });
    make_tables();
    Pass pass{.run = dataset_.runs.size(), .incidents = std::move(incidents), .windows = {}};
    pass.windows.resize(dataset_.granularities_s.size());
    for (const Piece& piece : pieces) append(piece, {}, pass.windows);
    label(pass);
    dataset_.passes.push_back(std::move(pass));
    finish();
  }

 private:
  Piece describe(Span windows, Describer& describer) const {
    Piece piece;
    analysis::WindowStack stack(
        dataset_.granularities_s, [&](const analysis::ReducedWindow& window) {
          describer.look_at(window);
          const auto place = std::find(dataset_.granularities_s.begin(),
                                       dataset_.granularities_s.end(), window.granularity_s());
          Described described{
              .begin_ns = window.begin_ns,
              .granularity = static_cast<std::size_t>(place - dataset_.granularities_s.begin()),
              .values = {}};
          for (std::size_t i = 0; i < kDescriptionCount; ++i) {
            const auto values = describer.values(static_cast<Description>(i));
            described.values[i].assign(values.begin(), values.end());
          }
          piece.windows.push_back(std::move(described));
        });
    for (const analysis::ReducedWindow& window : windows) stack.add(window);
    stack.flush();
    return piece;
  }

  Piece describe(const PassPlan& plan, const PlannedAttack& planned, Describer& describer) const {
    // Keyed by the rate itself: an attack does not depend on which other rates are tried.
    const injector::AttackKey key{
        .seed = plan.seed, .rate = plan.rate.bytes_per_minute, .attack = planned.number};
    const auto attacked =
        attack(joined(list_.spans, planned.begin, planned.end), run_.paths[planned.path], plan.rate,
               key, run_.cluster, run_.invariants.observation);
    if (!attacked) return {.windows = {}, .bytes = 0, .is_feasible = false};
    Piece piece = describe(attacked->windows, describer);
    piece.bytes = attacked->bytes;
    return piece;
  }

  void make_tables() {
    tables_.resize(dataset_.granularities_s.size());
    for (Dataset::Tables& tables : tables_) {
      for (std::size_t i = 0; i < kDescriptionCount; ++i) {
        const auto names = describers_.front()->names(static_cast<Description>(i));
        tables[i] = learn::FeatureTable({names.begin(), names.end()});
      }
    }
    if (dataset_.tables.empty()) dataset_.tables.resize(tables_.size());
  }

  /// The rows of a piece, and its windows at the end of `windows`.
  void append(const Piece& piece, learn::WindowInfo info,
              std::vector<std::vector<LabelledWindow>>& windows) {
    info.run = run_.name;
    for (const Described& described : piece.windows) {
      const std::size_t granularity = described.granularity;
      info.begin_ns = described.begin_ns;
      info.granularity_s = dataset_.granularities_s[granularity];
      Dataset::Tables& tables = tables_[granularity];
      windows[granularity].push_back(
          {.begin_ns = described.begin_ns,
           .row = dataset_.tables[granularity].front().row_count() + tables.front().row_count(),
           .label = {}});
      for (std::size_t i = 0; i < kDescriptionCount; ++i) {
        tables[i].append(info, described.values[i]);
      }
    }
  }

  void add_pass(const PassPlan& plan, const Pass& benign, std::span<const Piece> pieces) {
    Pass pass{.run = benign.run,
              .rate_bytes_per_minute = static_cast<double>(plan.rate.bytes_per_minute),
              .seed = plan.seed,
              .incidents = {},
              .windows = benign.windows};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (!pieces[i].is_feasible) {
        ++dataset_.infeasible_attacks;
        continue;
      }
      const PlannedAttack& planned = plan.attacks[i];
      const TimeNs begin_ns = begin_of(list_.spans[planned.begin], dataset_.span_ns());
      const TimeNs end_ns =
          begin_of(list_.spans[planned.end - 1], dataset_.span_ns()) + dataset_.span_ns();
      pass.incidents.push_back({.time = {.begin_ns = begin_ns, .end_ns = end_ns},
                                .path = injector::to_text(run_.paths[planned.path]),
                                .rate_bytes_per_minute = pass.rate_bytes_per_minute,
                                .bytes = pieces[i].bytes});
      std::vector<std::vector<LabelledWindow>> attacked(pass.windows.size());
      append(pieces[i],
             {.attack = true,
              .rate_bytes_per_minute = pass.rate_bytes_per_minute,
              .path = pass.incidents.back().path},
             attacked);
      replace(attacked, pass.windows);
    }
    label(pass);
    dataset_.passes.push_back(std::move(pass));
  }

  /// Puts the attacked windows in the place of those that began at the same time.
  static void replace(const std::vector<std::vector<LabelledWindow>>& attacked,
                      std::vector<std::vector<LabelledWindow>>& windows) {
    for (std::size_t granularity = 0; granularity < windows.size(); ++granularity) {
      for (const LabelledWindow& window : attacked[granularity]) {
        const auto place = std::lower_bound(
            windows[granularity].begin(), windows[granularity].end(), window.begin_ns,
            [](const LabelledWindow& left, TimeNs begin_ns) { return left.begin_ns < begin_ns; });
        place->row = window.row;
      }
    }
  }

  void label(Pass& pass) const {
    // Positions must stay those of the incidents: of the other kind each is an empty interval.
    std::vector<Interval> times;
    std::vector<Interval> apart;
    for (const Incident& incident : pass.incidents) {
      const bool is_theft = incident.kind == kTheft;
      times.push_back(is_theft ? incident.time : Interval());
      apart.push_back(is_theft ? Interval() : incident.time);
    }
    for (std::size_t granularity = 0; granularity < pass.windows.size(); ++granularity) {
      const TimeNs length_ns = dataset_.granularities_s[granularity] * kNsPerSecond;
      for (LabelledWindow& window : pass.windows[granularity]) {
        window.label = label_of(window.begin_ns, length_ns, times);
        if (window.label.label != Label::kBenign) continue;
        const WindowLabel other = label_of(window.begin_ns, length_ns, apart);
        if (other.label == Label::kBenign) continue;
        window.label = {.label = Label::kApart, .incident = other.incident};
      }
    }
  }

  void finish() {
    for (std::size_t granularity = 0; granularity < tables_.size(); ++granularity) {
      for (std::size_t i = 0; i < kDescriptionCount; ++i) {
        learn::FeatureTable& table = dataset_.tables[granularity][i];
        if (table.row_count() == 0) {
          table = std::move(tables_[granularity][i]);
        } else {
          table.append(tables_[granularity][i]);
        }
      }
    }
    dataset_.runs.push_back({.name = run_.name,
                             .windows = list_.ledger,
                             .span_count = list_.spans.size(),
                             .path_count = run_.paths.size()});
  }

  Dataset& dataset_;
  const RunInput& run_;
  SpanList list_;
  std::vector<std::unique_ptr<Describer>> describers_;
  std::vector<Dataset::Tables> tables_;  ///< of this run alone, by granularity
};

}  // namespace

bool add_run(Dataset& dataset, const RunInput& run, std::span<const PassPlan> plans,
             std::size_t thread_count, config::Diagnostics& diagnostics) {
  RunAdder adder(dataset, run);
  if (!adder.make_describers(thread_count, diagnostics)) return false;
  adder.add(plans);
  return true;
}

bool add_labelled_run(Dataset& dataset, const RunInput& run, std::vector<Incident> incidents,
                      std::size_t thread_count, config::Diagnostics& diagnostics) {
  RunAdder adder(dataset, run);
  if (!adder.make_describers(thread_count, diagnostics)) return false;
  adder.add_labelled(std::move(incidents));
  return true;
}

}  // namespace mimir::evaluation
