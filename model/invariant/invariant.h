// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/graph/destination.h"
#include "model/graph/pod_graph.h"
#include "model/graph/service_graph.h"

namespace mimir::invariant {

/// Which definition of the five families is computed.
enum class Form : std::uint8_t {
  kIntended,   ///< the definitions of model/README.md
  kPrototype,  ///< what the published prototype computed; for comparison with its figures
};

/// One window, by endpoint and by service. `services` was built from `pods`.
struct Graphs {
  const graph::PodGraph& pods;
  const graph::ServiceGraph& services;
  std::span<const graph::Destination> destinations{};
  std::uint32_t granularity_s = 0;  ///< length of the window
};

/// A family of ratios that stay what they are while only the load changes.
///
/// Threads: one owner; compute() uses scratch memory of the object and keeps it.
/// Invariants: values depend on the graphs only, are finite or NaN, and do not
/// change when all bytes are multiplied by one number, but for the columns `bytes(...)` and
/// `pod_excess(...)`. NaN: not defined in this window.
class Invariant {
 public:
  virtual ~Invariant() = default;

  /// Stable, unique: they name the columns of a model file.
  [[nodiscard]] virtual std::span<const std::string> columns() const = 0;

  /// REQUIRES: into.size() == columns().size().
  virtual void compute(const Graphs& graphs, std::span<double> into) = 0;
};

}  // namespace mimir::invariant
