// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "config/diagnostic.h"
#include "controlplane/appliance_config.h"
#include "controlplane/entities/entity_keeper.h"
#include "model/invariant/registry.h"
#include "tools/cluster_context.h"

namespace mimir::tools {

/// Who is who while the appliance runs: a context to begin with, then newer ones as the
/// cluster changes, each of which goes on from the one before (ids stay) or says that its
/// nodes do not. A change with which the invariants cannot be made is not handed over.
///
/// Threads: open() and take() the control plane's; the contexts are made in a thread of
/// their own, so that take() never waits for one.
class LiveCluster {
 public:
  using RegistryMaker =
      std::function<std::optional<invariant::Registry>(const ClusterContext& context)>;
  struct Update {
    /// Valid until the second take() after it that returned one. Null: nothing is new.
    const ClusterContext* context = nullptr;
    std::optional<invariant::Registry> registry{};  ///< of the context
    bool is_renumbered = false;                     ///< nodes have other ids than in the one before
  };

  /// Reads the entities: of the API if the configuration names one, else of the file.
  /// If the API does not answer at once, the entity log says who was who, else the file;
  /// else it is waited for. Null, with every fault reported, if nothing says it.
  [[nodiscard]] static std::unique_ptr<LiveCluster> open(
      const controlplane::ApplianceConfig& config, config::Diagnostics& diagnostics);

  /// What it began with, until the second take() that says something.
  [[nodiscard]] const ClusterContext& context() const { return *used_; }

  /// From here on there are updates.
  void start(RegistryMaker make_registry);
  /// The newest context, if it is newer than the one before.
  [[nodiscard]] Update take();

  /// Where the news come from: "watch" or "file".
  [[nodiscard]] const char* source_name() const { return keeper_->source_name(); }
  [[nodiscard]] TimeNs last_update_ns() const { return keeper_->last_update_ns(); }
  [[nodiscard]] std::uint64_t fault_count() const { return keeper_->fault_count(); }

 private:
  LiveCluster(ModelConfig config, std::unique_ptr<const ClusterContext> context);

  void make(std::span<const entity::Event> history, bool is_renumbered);

  ModelConfig config_;
  RegistryMaker make_registry_;
  bool is_renumbered_ = false;  ///< since the last context that was handed over
  std::mutex mutex_;            ///< of the next four
  std::unique_ptr<const ClusterContext> retired_;
  std::unique_ptr<const ClusterContext> used_;
  std::unique_ptr<const ClusterContext> next_;
  Update next_update_;
  std::unique_ptr<controlplane::EntityKeeper> keeper_;  // last: it calls make()
};

}  // namespace mimir::tools
