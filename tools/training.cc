// SPDX-License-Identifier: Apache-2.0
#include "tools/training.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "model/analysis/analyzer.h"
#include "model/analysis/model_invariants.h"
#include "model/analysis/pod_law_learner.h"
#include "model/analysis/window_stack.h"
#include "model/detector/habit_learner.h"
#include "model/invariant/registry.h"
#include "tools/detection.h"
#include "tools/evaluation/attack_plan.h"
#include "tools/evaluation/spans.h"
#include "tools/injector/counter_random.h"
#include "tools/injector/path_templates.h"

namespace mimir::tools {

namespace {

/// The last part of each path, a folder's may end with a slash; of those that share it the
/// whole path, for runs are told apart by name.
std::vector<std::string> run_names(std::span<const CaptureArgument> captures) {
  std::vector<std::string> names;
  std::map<std::string, std::size_t> counts;
  for (const CaptureArgument& capture : captures) {
    const std::filesystem::path path(capture.name);
    names.push_back((path.has_filename() ? path : path.parent_path()).filename().string());
    ++counts[names.back()];
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (counts[names[i]] > 1) names[i] = captures[i].name;
  }
  return names;
}

using analysis::ReducedWindow;
using evaluation::Span;

/// Learns the habits of one run.
struct HabitReader {
  HabitReader(const ClusterContext& context, const payload::Signatures* signatures)
      : resolver(*context.cluster, context.observation),
        learner(resolver, payload_rules_of(signatures)),
        http_marks(resolver) {}

  detector::Resolver resolver;
  detector::HabitLearner learner;
  evaluation::HttpMarkReader http_marks;
};

/// Of 240.0.0.0/4, where nobody is (RFC 1112).
constexpr Address kNowhere = Address::from_ipv4(0xf0000000);

/// Adds the rows of one run, benign and attacked, and its edges' habits.
class RunBuilder {
 public:
  using EdgeBytes =
      std::map<std::tuple<std::string, std::string, std::uint32_t>, std::vector<double>>;

  RunBuilder(const TrainingRun& run, const TrainingPlan& plan, invariant::Registry registry)
      : run_(run),
        plan_(plan),
        cluster_(*run.analysis.context->cluster),
        observation_(run.analysis.context->observation.point),
        sensitive_(*cluster_.find_class(plan.sensitive_service)),
        lens_(cluster_, std::move(registry)),
        table_(std::vector<std::string>(lens_.names().begin(), lens_.names().end())) {}

  void add_benign(Span span, EdgeBytes& edge_bytes) {
    add_rows(span, {}, [this, &edge_bytes](std::uint32_t granularity_s) {
      for (const graph::ServiceEdge& edge : lens_.services().edges()) {
        if (edge.source == edge.target) continue;
        edge_bytes[{cluster_.class_name(edge.source), cluster_.class_name(edge.target),
                    granularity_s}]
            .push_back(static_cast<double>(edge.counts.bytes));
      }
    });
  }

  /// The same span with a theft in it. False if the path has nobody to go through.
  bool add_attacked(Span span, const injector::TemplatePath& path, const injector::Rate& rate,
                    const injector::AttackKey& key) {
    const auto attacked = evaluation::attack(span, path, rate, key, cluster_, observation_);
    if (!attacked) return false;
    learn::WindowInfo info;
    info.attack = true;
    info.rate_bytes_per_minute = static_cast<double>(rate.bytes_per_minute);
    info.path = injector::to_text(path);
    add_rows(attacked->windows, info, [](std::uint32_t) {});
    return true;
  }

  /// The same span, in which bytes of the cluster's usual traffic went to a network outside
  /// where nobody ever sent any: nothing else tells.
  void add_redirected(Span span, const injector::Rate& rate, const injector::AttackKey& key) {
    const auto window_ms =
        static_cast<std::uint64_t>((span.front().end_ns - span.front().begin_ns) / 1'000'000);
    const auto amounts = injector::amounts(rate, key, span.size(), window_ms);
    std::vector<ReducedWindow> windows(span.begin(), span.end());
    for (std::size_t i = 0; i < windows.size(); ++i) {
      if (amounts[i].bytes == 0) continue;
      graph::merge(windows[i].destinations, {{.source = sensitive_,
                                              .network = graph::network_of(kNowhere),
                                              .bytes = amounts[i].bytes}});
    }
    learn::WindowInfo info;
    info.attack = true;
    info.rate_bytes_per_minute = static_cast<double>(rate.bytes_per_minute);
    info.path = "elsewhere";
    add_rows(windows, info, [](std::uint32_t) {});
  }

  [[nodiscard]] const learn::FeatureTable& table() const { return table_; }

 private:
  template <class Seen>
  void add_rows(Span span, learn::WindowInfo info, Seen seen) {
    info.run = run_.name;
    analysis::WindowStack stack(plan_.granularities_s, [&](const ReducedWindow& window) {
      lens_.look_at(window);
      info.begin_ns = window.begin_ns;
      info.granularity_s = window.granularity_s();
      table_.append(info, lens_.values());
      seen(info.granularity_s);
    });
    for (const ReducedWindow& window : span) stack.add(window);
    stack.flush();
  }

  const TrainingRun& run_;
  const TrainingPlan& plan_;
  const graph::Cluster& cluster_;
  graph::Observation observation_;
  graph::ClassId sensitive_;
  analysis::Lens lens_;
  learn::FeatureTable table_;
};

/// A policy allows every port.
learn::ContactHabits contacts_of(const injector::Policy& policy) {
  const auto class_name = [](const std::string& name) {
    return name == injector::kInternetName ? std::string("outside") : name;
  };
  learn::ContactHabits contacts;
  for (const auto& [client, servers] : policy.allowed) {
    for (const std::string& server : servers) {
      contacts.pairs.push_back({.client = class_name(client), .server = class_name(server)});
    }
  }
  return contacts;
}

/// Lengths take turns, and within a length its paths: there are few short ways out and many
/// long ones, which resemble each other, and a model is to know all of them. Where
/// destinations are known, going elsewhere has a turn too.
class Turns {
 public:
  Turns(const std::vector<injector::TemplatePath>& paths, bool has_elsewhere)
      : has_elsewhere_(has_elsewhere) {
    for (const injector::TemplatePath& path : paths) by_length_[path.size()].push_back(&path);
  }

  /// Null for elsewhere.
  [[nodiscard]] const injector::TemplatePath* path_of(std::uint64_t turn) const {
    const std::size_t count = by_length_.size() + (has_elsewhere_ ? 1 : 0);
    if (turn % count == by_length_.size()) return nullptr;
    const auto length = std::next(by_length_.begin(), static_cast<std::ptrdiff_t>(turn % count));
    return length->second[turn / count % length->second.size()];
  }

 private:
  bool has_elsewhere_;
  std::map<std::size_t, std::vector<const injector::TemplatePath*>> by_length_;
};

/// Whether the model can tell where the sensitive service never sent anything.
bool knows_elsewhere(const learn::ModelContext& context) {
  const auto known =
      std::find_if(context.destinations.begin(), context.destinations.end(),
                   [&](const auto& each) { return each.service == context.sensitive_service; });
  return !context.is_prototype && (known == context.destinations.end() ||
                                   known->networks.size() <= invariant::kKnownNetworkMax);
}

/// Where services opened connections to, in all windows of all runs.
std::vector<learn::ServiceNetworks> destinations_of(const std::vector<TrainingRun>& runs) {
  std::map<std::string, std::set<entity::Cidr>> known;
  for (const TrainingRun& run : runs) {
    for (const ReducedWindow& window : run.analysis.windows) {
      for (const graph::Destination& each : window.destinations) {
        known[run.analysis.context->cluster->class_name(each.source)].insert(each.network);
      }
    }
  }
  std::vector<learn::ServiceNetworks> destinations;
  for (const auto& [service, networks] : known) {
    destinations.push_back({.service = service, .networks = {}});
    for (const entity::Cidr& network : networks) {
      destinations.back().networks.push_back(entity::to_text(network));
    }
  }
  return destinations;
}

/// What pods sent, in whole windows of all lengths of all runs.
std::vector<learn::PodLaw> pod_laws_of(const std::vector<TrainingRun>& runs,
                                       const TrainingPlan& plan) {
  analysis::PodLawLearner learner;
  for (const TrainingRun& run : runs) {
    const ClusterContext& context = *run.analysis.context;
    const evaluation::SpanList list =
        evaluation::clean_spans(run.analysis.windows, plan.granularities_s.back() * kNsPerSecond);
    for (const Span& span : list.spans) {
      analysis::WindowStack stack(plan.granularities_s, [&](const ReducedWindow& window) {
        learner.add(window, *context.cluster, context.observation.point);
      });
      for (const ReducedWindow& window : span) stack.add(window);
      stack.flush();
    }
  }
  return learner.fit();
}

learn::ModelContext context_of(const std::vector<TrainingRun>& runs, const TrainingPlan& plan,
                               const RunBuilder::EdgeBytes& edge_bytes) {
  learn::ModelContext context;
  context.name = plan.name;
  context.is_prototype = plan.is_prototype;
  context.created_from.seed = plan.seed;
  std::set<std::string> services;
  for (const TrainingRun& run : runs) {
    context.created_from.captures.push_back(origin_of(run));
    context.created_from.runs.push_back(run.name);
    context.created_from.window_count += run.analysis.windows.size();
    learn::merge(context.contacts, run.contacts);
    const graph::Cluster& cluster = *run.analysis.context->cluster;
    for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
      if (cluster.is_application(id)) services.insert(cluster.class_name(id));
    }
  }
  for (const injector::Rate& rate : plan.rates) {
    context.created_from.rates_bytes_per_minute.push_back(
        static_cast<double>(rate.bytes_per_minute));
  }
  context.services.assign(services.begin(), services.end());
  context.observation =
      runs.front().analysis.context->observation.point == graph::Observation::kMirror ? "mirror"
                                                                                      : "node-any";
  context.base_window_ns = plan.granularities_s.front() * kNsPerSecond;
  context.sensitive_service = plan.sensitive_service;
  for (const auto& [edge, bytes] : edge_bytes) {
    const auto& [source, destination, granularity_s] = edge;
    context.edges.push_back(learn::edge_baseline(source, destination, granularity_s, bytes));
  }
  return context;
}

}  // namespace

std::optional<TrainingRun> read_run(std::span<const CaptureArgument> captures, std::string name,
                                    const AnalysisOptions& options,
                                    config::Diagnostics& diagnostics) {
  std::unique_ptr<HabitReader> habits;
  auto analysis =
      analyse_captures(captures, options, diagnostics,
                       [&](const Window& window, const analysis::ReducedWindow& /*reduced*/,
                           const ClusterContext& context) {
                         if (!habits)
                           habits = std::make_unique<HabitReader>(context, options.signatures);
                         habits->learner.add(window);
                         habits->http_marks.add(window);
                       });
  if (!analysis) return std::nullopt;
  return TrainingRun{
      .name = std::move(name),
      .analysis = std::move(*analysis),
      .contacts = habits ? habits->learner.finish() : learn::ContactHabits{},
      .http_marks = habits ? habits->http_marks.finish() : std::vector<evaluation::HttpMark>()};
}

std::optional<std::vector<TrainingRun>> read_runs(std::span<const CaptureArgument> captures,
                                                  const AnalysisOptions& options,
                                                  config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const std::vector<std::string> names = run_names(captures);
  std::vector<TrainingRun> runs;
  for (const CaptureArgument& capture : captures) {
    auto run = read_run({&capture, 1}, names[runs.size()], options, diagnostics);
    if (!run) return std::nullopt;
    const AnalysisRun& analysis = run->analysis;
    const std::string name = name_of({&capture, 1});
    if (!analysis.knows_anybody()) report_nobody_known(name, analysis, diagnostics);
    fmt::print(stderr, "{}: {} packets, {} windows, {:.1f} % of the bytes mapped\n", name,
               analysis.capture.packets.received, analysis.windows.size(),
               analysis.mapped_share * 100);
    runs.push_back(std::move(*run));
  }
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return runs;
}

injector::Policy policy_of(const TrainingRun& run, const std::optional<policy::PolicyFile>& policy,
                           config::Diagnostics& diagnostics) {
  const ClusterContext& context = *run.analysis.context;
  return policy ? policy->policy_of(*context.cluster, context.observation, diagnostics)
                : evaluation::observed_policy(run.analysis.windows, *context.cluster);
}

std::size_t pod_count(const std::vector<TrainingRun>& runs) {
  std::vector<std::size_t> counts;
  for (const TrainingRun& run : runs) {
    const graph::Cluster& cluster = *run.analysis.context->cluster;
    for (const ReducedWindow& window : run.analysis.windows) {
      std::set<graph::NodeId> pods;
      for (const graph::Edge& edge : window.edges.edges()) {
        for (const graph::NodeId node : {edge.source, edge.target}) {
          if (cluster.kind(node) == graph::NodeKind::kPod) pods.insert(node);
        }
      }
      counts.push_back(pods.size());
    }
  }
  if (counts.empty()) return 0;
  const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
  std::nth_element(counts.begin(), middle, counts.end());
  return *middle;
}

learn::CaptureOrigin origin_of(const TrainingRun& run) {
  constexpr std::uint64_t kFewPackets = 100;
  constexpr std::uint64_t kDigitsMask = (std::uint64_t{1} << 48) - 1;
  const PacketLedger& packets = run.analysis.capture.packets;
  std::string windows;
  for (const analysis::ReducedWindow& window : run.analysis.windows) {
    if (window.packets.received < kFewPackets) continue;
    injector::CounterRandom mixed({static_cast<std::uint64_t>(window.begin_ns),
                                   window.packets.received, window.packets.counted_bytes});
    windows += fmt::format("{:012x}", mixed.next() & kDigitsMask);
  }
  return {.name = run.name,
          .digest = fmt::format("{} packets, {} bytes, {} windows", packets.received,
                                packets.counted_bytes, run.analysis.windows.size()),
          .windows = std::move(windows)};
}

std::vector<injector::Rate> default_rates() {
  return {evaluation::rate_of(10e6), evaluation::rate_of(1e6), evaluation::rate_of(100e3)};
}

std::optional<learn::TrainingSet> build_training_set(const std::vector<TrainingRun>& runs,
                                                     const TrainingPlan& plan,
                                                     config::Diagnostics& diagnostics) {
  learn::TrainingSet set;
  set.context.sensitive_service = plan.sensitive_service;
  set.context.is_prototype = plan.is_prototype;
  set.context.destinations = destinations_of(runs);
  if (!plan.is_prototype) set.context.pod_laws = pod_laws_of(runs, plan);
  RunBuilder::EdgeBytes edge_bytes;
  learn::ContactHabits contacts;  // that the policy allows
  std::uint64_t attack_number = 0;
  std::uint64_t span_number = 0;
  for (const TrainingRun& run : runs) {
    const ClusterContext& context = *run.analysis.context;
    auto registry = invariant::Registry::build(
        *context.cluster, analysis::invariants_of(set.context, context.observation.point),
        diagnostics);
    if (!registry) return std::nullopt;
    injector::PathOptions path_options =
        injector::path_options(*context.cluster, context.observation.point, plan.sensitive_service);
    path_options.path_count_max = plan.path_count_max;
    const injector::Policy policy = policy_of(run, plan.policy, diagnostics);
    if (plan.policy) learn::merge(contacts, contacts_of(policy));
    const std::vector<injector::TemplatePath> paths =
        injector::enumerate_paths(policy, path_options);
    if (paths.empty()) {
      diagnostics.error({.file = run.name},
                        "no path leads from " + plan.sensitive_service + " to the outside",
                        "is it the service that holds the data, and does the policy let data out?");
      return std::nullopt;
    }
    const Turns turns(paths, knows_elsewhere(set.context));
    RunBuilder builder(run, plan, std::move(*registry));
    const evaluation::SpanList list =
        evaluation::clean_spans(run.analysis.windows, plan.granularities_s.back() * kNsPerSecond);
    for (const Span& span : list.spans) {
      builder.add_benign(span, edge_bytes);
      ++span_number;
      for (std::size_t rate = 0; rate < plan.rates.size(); ++rate) {
        const injector::AttackKey key{.seed = plan.seed, .rate = rate, .attack = attack_number};
        // Not by the number of the attack: were the paths a multiple of the rates, each path
        // would have one rate for ever.
        if (const auto* path = turns.path_of(span_number + rate)) {
          (void)builder.add_attacked(span, *path, plan.rates[rate], key);
        } else {
          builder.add_redirected(span, plan.rates[rate], key);
        }
        ++attack_number;
      }
    }
    set.table.append(builder.table());
  }
  learn::ModelContext context = context_of(runs, plan, edge_bytes);
  context.destinations = std::move(set.context.destinations);
  context.pod_laws = std::move(set.context.pod_laws);
  learn::merge(context.contacts, contacts);
  set.context = std::move(context);
  return set;
}

}  // namespace mimir::tools
