// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/invariant/invariant.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// The share of traffic between pods that did not come by a service's address.
/// Where both sides of the translation are seen, what a pod exchanges with a
/// service's VIP it exchanges with the pods behind it, byte for byte.
///
/// A key is a pod p and a service S, in one direction; vip(key) are the bytes
/// between p and S's VIPs, pod(key) those between p and S's pods. From A to B a
/// VIP can stand at either end: (pods of A, B) when A asks, (A, pods of B) when A
/// answers. Only the ends that were used in this window count, for the others say
/// nothing; if neither was, all bytes from A to B went around:
///
///   D = sum over keys of used ends |vip - pod| + bytes of pairs without a used end
///   deviation = D / bytes between pods of such pairs
///
/// over A != B that both have a VIP; a headless service is exempt, and so are DNS
/// and outside. Column `vip_deviation`; NaN without such traffic. Defined in
/// node-any only. kPrototype: keys that a VIP took part in, both ends, A = B
/// too, over the bytes between pods counted once from either end.
/// Cost: O(m log m).
class VipDeviation final : public Invariant {
 public:
  VipDeviation(const Services& services, Form form);

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

  struct Sums {
    std::uint64_t deviation = 0;  ///< D
    std::uint64_t pod_bytes = 0;  ///< what it is divided by
    std::uint32_t vip_keys = 0;   ///< keys with bytes through a VIP
    std::uint32_t pod_keys = 0;   ///< keys with bytes between pods
  };
  [[nodiscard]] Sums sums(const graph::PodGraph& graph);

 private:
  // Where the VIP of a key stands.
  enum class End : std::uint8_t { kTarget, kSource };
  struct Entry {
    Slot source = 0;
    Slot target = 0;
    End end = End::kTarget;
    std::uint32_t pod = 0;  // position in nodes()
    std::uint64_t vip_bytes = 0;
    std::uint64_t pod_bytes = 0;
  };

  void collect(const graph::PodGraph& graph);
  [[nodiscard]] bool takes_part(Slot source, Slot target) const;
  void add_pair(std::span<const Entry> pair, Sums& sums) const;

  const Services& services_;
  Form form_;
  std::vector<std::string> columns_{"vip_deviation"};
  std::vector<Entry> entries_;
};

}  // namespace mimir::invariant
