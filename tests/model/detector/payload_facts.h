// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/record/payload_fact.h"
#include "model/window.h"

namespace mimir::test {

inline constexpr TimeNs kFactStartNs = 1'700'000'000 * kNsPerSecond;
inline constexpr TimeNs kFactWindowNs = 10 * kNsPerSecond;
inline constexpr std::uint32_t kClient = 0x0a000001;    ///< 10.0.0.1
inline constexpr std::uint32_t kResolver = 0x0a000035;  ///< 10.0.0.53
inline constexpr std::uint32_t kOutside = 0xc6336401;   ///< 198.51.100.1

/// What `client` sent to `server`, which has the higher address.
[[nodiscard]] inline PayloadFact fact_of(FactKind kind, TimeNs time_ns, std::uint32_t client,
                                         std::uint32_t server, std::uint16_t port,
                                         std::string_view first = {},
                                         std::string_view second = {}) {
  PayloadFact fact;
  fact.kind = kind;
  fact.time_ns = time_ns;
  const bool is_low = client < server;
  fact.key = {.low_address = Address::from_ipv4(is_low ? client : server),
              .high_address = Address::from_ipv4(is_low ? server : client),
              .low_port = is_low ? std::uint16_t{40000} : port,
              .high_port = is_low ? port : std::uint16_t{40000},
              .protocol = kProtocolTcp};
  fact.direction = is_low ? Direction::kLowToHigh : Direction::kHighToLow;
  fact.text_bytes = {static_cast<std::uint8_t>(first.size()),
                     static_cast<std::uint8_t>(second.size())};
  std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), fact.text.begin()));
  for (const char c : first) fact.hash = (fact.hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return fact;
}

/// A window of such facts, and of nothing else.
class FactWindow {
 public:
  explicit FactWindow(TimeNs begin_ns = kFactStartNs) {
    window.begin_ns = begin_ns;
    window.end_ns = begin_ns + kFactWindowNs;
    window.index = window_of(begin_ns, kFactWindowNs);
  }
  void add(const PayloadFact& fact) { facts_.push_back(fact); }
  /// Valid until the next add().
  [[nodiscard]] const Window& get() {
    std::sort(facts_.begin(), facts_.end());
    window.facts = facts_;
    window.records = records;
    return window;
  }

  Window window;
  std::vector<FlowRecord> records;

 private:
  std::vector<PayloadFact> facts_;
};

}  // namespace mimir::test
