// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "model/graph/pod_graph.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// What each pod of a window sent to each service and got from it, in bytes of payload,
/// between pods and with the outside: what goes by way of a VIP is there once, as its pods have it.
///
/// Cost: O(pods x services); build() keeps its memory.
class PodSizes {
 public:
  explicit PodSizes(const Services& services) : services_(services) {}

  void build(const graph::PodGraph& pods);

  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  [[nodiscard]] Slot slot(std::size_t pod) const { return slots_[pod]; }
  [[nodiscard]] double sent(std::size_t pod, Slot to) const { return sent_[at(pod, to)]; }
  [[nodiscard]] double received(std::size_t pod, Slot from) const {
    return received_[at(pod, from)];
  }
  [[nodiscard]] bool talks(std::size_t pod, Slot with) const {
    return sent(pod, with) > 0 || received(pod, with) > 0;
  }

 private:
  [[nodiscard]] std::size_t at(std::size_t pod, Slot slot) const {
    return pod * services_.size() + slot;
  }

  const Services& services_;
  std::vector<Slot> slots_;          // by pod
  std::vector<std::size_t> pod_of_;  // by node of the graph; slots_.size() for none
  std::vector<double> sent_;
  std::vector<double> received_;
};

}  // namespace mimir::invariant
