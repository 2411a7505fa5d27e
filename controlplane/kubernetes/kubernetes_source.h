// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "controlplane/entities/entity_source.h"
#include "controlplane/http/http_client.h"
#include "controlplane/kubernetes/kubernetes_config.h"
#include "controlplane/kubernetes/resource_watch.h"
#include "model/entity/cluster_objects.h"

namespace mimir::controlplane {

/// Pods, services, EndpointSlices and nodes as a Kubernetes API server has them, watched.
///
/// What the server says at a moment is held to be so since kGraceNs before: an address is
/// used before the object that names it arrives here. The token is read anew for every
/// request, so that one that is replaced is used from then on; it is never written
/// anywhere.
class KubernetesSource final : public EntitySource {
 public:
  static constexpr TimeNs kGraceNs = 2 * kNsPerSecond;
  /// Changes that come close together are told together.
  static constexpr TimeNs kQuietNs = kNsPerSecond / 5;
  static constexpr TimeNs kDelayMaxNs = kNsPerSecond;

  /// Null, with every fault reported, if a file cannot be used. `clock` says the time.
  [[nodiscard]] static std::unique_ptr<KubernetesSource> open(const KubernetesConfig& config,
                                                              std::function<TimeNs()> clock,
                                                              config::Diagnostics& diagnostics);

  [[nodiscard]] const char* name() const override { return "watch"; }
  void wait(std::chrono::milliseconds duration) override;
  [[nodiscard]] std::optional<std::vector<entity::Event>> take(TimeNs now_ns) override;
  [[nodiscard]] TimeNs last_update_ns() const override;
  [[nodiscard]] std::string fault() const override;
  [[nodiscard]] std::uint64_t fault_count() const override;

  /// Pods and services were listed; nodes and slices were too, or may not be read.
  [[nodiscard]] bool is_known() const;
  [[nodiscard]] const entity::ClusterObjects& objects() const { return objects_; }

 private:
  KubernetesSource(const KubernetesConfig& config, std::function<TimeNs()> clock);

  [[nodiscard]] bool read_token(std::string& token);

  std::string token_path_;
  std::function<TimeNs()> clock_;
  entity::ClusterObjects objects_;
  std::vector<std::unique_ptr<ResourceWatch>> watches_;
  std::string token_fault_;
  std::uint64_t token_fault_count_ = 0;
  TimeNs first_change_ns_ = 0;  ///< that was not told yet; 0: none
  TimeNs last_change_ns_ = 0;
  std::unique_ptr<HttpClient> client_;  // last: what it still does refers to the watches
};

}  // namespace mimir::controlplane
