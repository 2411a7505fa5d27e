// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/port_plan.h"

#include <algorithm>

namespace mimir::source {

PortPlan plan_port(const PortAbility& ability, std::size_t queue_count, std::size_t buffer_bytes) {
  PortPlan plan{.stamps = ability.stamps};
  if (queue_count > 1) {
    plan.spread = !ability.hashes_flows   ? Spread::kByDriver
                  : ability.hashes_inside ? Spread::kInner
                                          : Spread::kOuter;
  }
  if (ability.mtu_max == 0) return plan;
  plan.mtu = std::min(ability.mtu_max, kMtuMax);
  if (plan.mtu + ability.overhead_bytes <= buffer_bytes) return plan;
  plan.scatters = ability.scatters;
  if (!plan.scatters) plan.mtu = buffer_bytes - ability.overhead_bytes;
  return plan;
}

std::vector<std::string> shortcomings(const PortPlan& plan, const PortAbility& ability,
                                      std::size_t queue_count) {
  std::vector<std::string> texts;
  if (plan.spread == Spread::kByDriver) {
    texts.push_back("offers no hash: how its " + std::to_string(queue_count) +
                    " queues share the packets is up to its driver");
  }
  if (plan.mtu != 0 && plan.mtu < std::min(ability.mtu_max, kMtuMax)) {
    texts.push_back("cannot lay a frame over several buffers: frames above an MTU of " +
                    std::to_string(plan.mtu) + " are refused and counted as its errors");
  }
  return texts;
}

std::array<std::uint8_t, kRssKeyBytesMax> symmetric_rss_key() {
  std::array<std::uint8_t, kRssKeyBytesMax> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = i % 2 == 0 ? 0x6d : 0x5a;
  return key;
}

bool counts_loss(std::string_view name) {
  constexpr std::array<std::string_view, 3> kNamedElsewhere{"rx_missed_errors", "rx_errors",
                                                            "rx_mbuf_allocation_errors"};
  constexpr std::array<std::string_view, 10> kWords{
      "err",    "miss",   "discard",       "drop",       "no_mbuf",
      "nombuf", "no_buf", "out_of_buffer", "alloc_fail", "overflow"};
  if (name.starts_with("tx") || name.find("_tx") != std::string_view::npos) return false;
  if (std::find(kNamedElsewhere.begin(), kNamedElsewhere.end(), name) != kNamedElsewhere.end()) {
    return false;
  }
  return std::any_of(kWords.begin(), kWords.end(), [name](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

}  // namespace mimir::source
