// SPDX-License-Identifier: Apache-2.0
#include "tools/live_cluster.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "controlplane/entities/entity_recorder.h"
#include "controlplane/entities/file_source.h"
#include "controlplane/kubernetes/kubernetes_source.h"
#include "controlplane/log.h"
#include "model/entity/history.h"
#include "tools/wall_clock.h"

namespace mimir::tools {

namespace {

using controlplane::EntityRecorder;
using controlplane::EntitySource;
using controlplane::FileSource;
using controlplane::KubernetesSource;
using Events = std::vector<entity::Event>;

/// A restart is not to take longer, if the entity log or the file can stand in.
constexpr TimeNs kPatienceNs = 3 * kNsPerSecond;
constexpr TimeNs kLongPatienceNs = 30 * kNsPerSecond;
constexpr std::chrono::milliseconds kTurn{50};

std::optional<Events> wait_for(KubernetesSource& source, TimeNs patience_ns) {
  const TimeNs until_ns = wall_clock_ns() + patience_ns;
  while (wall_clock_ns() < until_ns) {
    source.wait(kTurn);
    if (auto events = source.take(wall_clock_ns())) return events;
  }
  return std::nullopt;
}

/// What was known at the end of an earlier run; nothing if there was none.
std::optional<Events> remembered(const EntityRecorder* recorder, const std::string& path,
                                 config::Diagnostics& diagnostics) {
  if (recorder == nullptr || recorder->known().empty()) return std::nullopt;
  diagnostics.warning({.file = path}, "who is who is as this log ends, until the API answers");
  return recorder->known();
}

std::optional<Events> begin(KubernetesSource& source, const EntityRecorder* recorder,
                            const ModelConfig& config, config::Diagnostics& diagnostics) {
  if (auto events = wait_for(source, kPatienceNs)) return events;
  if (auto events = remembered(recorder, config.entity_log, diagnostics)) return events;
  if (!config.entities.empty()) {
    diagnostics.warning({.file = config.entities},
                        "who is who is as this file says, until the API answers");
    return read_cluster_events(config, wall_clock_ns(), diagnostics);
  }
  if (auto events = wait_for(source, kLongPatienceNs)) return events;
  const std::string fault = source.fault();
  diagnostics.error({.file = "kubernetes.api"},
                    fault.empty() ? std::string("it names no pod and no service") : fault,
                    "mimir entities --config FILE asks it; with model.entity_log the last known "
                    "entities stand in");
  return std::nullopt;
}

void say(bool is_warning, const std::string& text) {
  if (is_warning) {
    controlplane::log_warning(text);
  } else {
    controlplane::log_info(text);
  }
}

/// All of it lies before `now_ns`, the first of it at the first time of all.
void settle(Events& events, TimeNs now_ns) {
  for (entity::Event& event : events) event.time_ns = std::min(event.time_ns, now_ns);
  entity::sort_by_time(events);
}

}  // namespace

LiveCluster::LiveCluster(ModelConfig config, std::unique_ptr<const ClusterContext> context)
    : config_(std::move(config)), used_(std::move(context)) {}

std::unique_ptr<LiveCluster> LiveCluster::open(const controlplane::ApplianceConfig& config,
                                               config::Diagnostics& diagnostics) {
  std::unique_ptr<EntityRecorder> recorder;
  if (!config.model.entity_log.empty()) {
    recorder = EntityRecorder::open(config.model.entity_log, diagnostics);
    if (recorder == nullptr) return nullptr;
  }
  std::unique_ptr<EntitySource> source;
  std::optional<Events> events;
  if (config.kubernetes.api.empty()) {
    source = std::make_unique<FileSource>(config.model.entities);
    events = read_cluster_events(config.model, wall_clock_ns(), diagnostics);
  } else {
    auto watch = KubernetesSource::open(config.kubernetes, wall_clock_ns, diagnostics);
    if (watch == nullptr) return nullptr;
    events = begin(*watch, recorder.get(), config.model, diagnostics);
    source = std::move(watch);
  }
  if (!events) return nullptr;
  settle(*events, wall_clock_ns());
  auto context = build_cluster(config.model, *events, nullptr, diagnostics);
  if (context == nullptr) return nullptr;
  std::unique_ptr<LiveCluster> cluster(new LiveCluster(config.model, std::move(context)));
  cluster->keeper_ = std::make_unique<controlplane::EntityKeeper>(
      std::move(source), std::move(recorder), std::move(*events), wall_clock_ns,
      [live = cluster.get()](std::span<const entity::Event> history, bool is_renumbered) {
        live->make(history, is_renumbered);
      },
      say);
  return cluster;
}

void LiveCluster::start(RegistryMaker make_registry) {
  make_registry_ = std::move(make_registry);
  keeper_->start();
}

// In the keeper's thread. The context it goes on from lives: it is the next one or the one
// in use, and only the second take() after it ends that.
void LiveCluster::make(std::span<const entity::Event> history, bool is_renumbered) {
  is_renumbered_ = is_renumbered_ || is_renumbered;
  const ClusterContext* before = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    before = next_ != nullptr ? next_.get() : used_.get();
  }
  config::Diagnostics said;
  auto made = build_cluster(config_, history, before, said);
  for (const config::Diagnostic& each : said.all()) controlplane::log_warning(each.message);
  auto registry = made != nullptr ? make_registry_(*made) : std::nullopt;
  if (!registry) {
    controlplane::log_warning("entities: the holder of the data is gone; the last map holds");
    return;
  }
  controlplane::log_info(
      fmt::format("entities: {} known, {} services", made->entities.size(), made->services.size()));
  const std::scoped_lock lock(mutex_);
  // One that was never taken may be the one that is renumbered.
  const bool is_new = is_renumbered_ || (next_ != nullptr && next_update_.is_renumbered);
  is_renumbered_ = false;
  next_update_ = {.context = made.get(), .registry = std::move(registry), .is_renumbered = is_new};
  next_ = std::move(made);
}

LiveCluster::Update LiveCluster::take() {
  const std::scoped_lock lock(mutex_);
  if (next_ == nullptr) return {};
  retired_ = std::exchange(used_, std::move(next_));
  return std::exchange(next_update_, {});
}

}  // namespace mimir::tools
