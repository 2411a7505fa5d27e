// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "model/invariant/invariant.h"
#include "model/invariant/new_destination.h"
#include "model/invariant/services.h"
#include "model/learn/pod_law.h"

namespace mimir::invariant {

struct Options {
  graph::Observation observation = graph::Observation::kMirror;
  Form form = Form::kIntended;
  std::string sensitive_service{};  ///< the one that holds the data
  /// Who is known to send where. None: no column says what is new.
  std::optional<KnownDestinations> destinations{};
  /// What pods are expected to send. None: no column says what is above that.
  std::vector<learn::PodLaw> pod_laws{};
};

struct Feature {
  std::string name;
  double value = 0;  ///< NaN: not defined in this window
};

/// The explicit list of invariants, as the columns of one feature table.
///
///   reciprocity(A,B)           s(s+1)/2, less the singles   pods and VIPs
///   edge_variation(A>B)        s(s-1)                       pods
///   harmonic_centrality(A)     s                            services
///   current_flow_variation(A)  s                            pods and VIPs
///   external_share(A)          s-1                          services
///   bytes(A>B)                 s(s-1)                       services
///   bytes(A>elsewhere)         up to s-1, if it is known where services send
///   pod_excess(A>B)            as many as there are laws of pods
///   vip_deviation              1, in node-any only          pods and VIPs
///
/// for s services. kPrototype: the five families of the prototype, s(s+1) + 2s + 1.
///
/// Threads: one owner; compute() keeps scratch memory. Windows are independent.
class Registry {
 public:
  /// Fails when `sensitive_service` is not an application of the cluster.
  [[nodiscard]] static std::optional<Registry> build(const graph::Cluster& cluster,
                                                     const Options& options,
                                                     config::Diagnostics& diagnostics);

  [[nodiscard]] std::span<const std::string> columns() const { return columns_; }
  [[nodiscard]] const Services& services() const { return *services_; }

  /// The values of columns(), in that order; all NaN for a window without traffic.
  /// REQUIRES: into.size() == columns().size().
  void compute(const Graphs& graphs, std::span<double> into);

  /// The same with the names, for people and tests.
  [[nodiscard]] std::vector<Feature> compute(const Graphs& graphs);

 private:
  Registry() = default;

  std::unique_ptr<const Services> services_;  // the invariants refer to it
  std::vector<std::unique_ptr<Invariant>> invariants_;
  std::vector<std::string> columns_;
};

}  // namespace mimir::invariant
