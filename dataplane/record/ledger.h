// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <type_traits>

#include "dataplane/record/drop.h"
#include "dataplane/record/time.h"

namespace mimir {

/// Where the packets went. Balances when every packet that was received was
/// either dropped for a named reason or counted in a flow.
struct PacketLedger {
  std::uint64_t received = 0;
  std::uint64_t counted = 0;                        ///< credited to a flow
  std::uint64_t counted_bytes = 0;                  ///< their IP total lengths
  std::uint64_t out_of_order = 0;                   ///< of `counted`: older than a packet before it
  std::array<std::uint64_t, kDropCount> dropped{};  ///< by Drop; [kNone] stays 0

  friend constexpr bool operator==(const PacketLedger&, const PacketLedger&) = default;

  [[nodiscard]] constexpr std::uint64_t dropped_total() const noexcept {
    return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
  }
  [[nodiscard]] constexpr std::uint64_t dropped_for(Drop reason) const noexcept {
    return dropped[static_cast<std::size_t>(reason)];
  }
  [[nodiscard]] constexpr bool balances() const noexcept {
    return received == dropped_total() + counted;
  }

  constexpr PacketLedger& operator+=(const PacketLedger& other) noexcept {
    received += other.received;
    counted += other.counted;
    counted_bytes += other.counted_bytes;
    out_of_order += other.out_of_order;
    for (std::size_t i = 0; i < kDropCount; ++i) dropped[i] += other.dropped[i];
    return *this;
  }
};

/// Where the records went, and the packets in them. `written` is the worker's
/// count; the collector counts `delivered` for itself, from what it popped.
struct RecordLedger {
  std::uint64_t written = 0;
  std::uint64_t lost_ring_full = 0;
  std::uint64_t delivered = 0;
  std::uint64_t packets_lost = 0;       ///< in records of lost_ring_full
  std::uint64_t packets_delivered = 0;  ///< in records of delivered

  friend constexpr bool operator==(const RecordLedger&, const RecordLedger&) = default;

  [[nodiscard]] constexpr bool balances() const noexcept {
    return written == lost_ring_full + delivered;
  }

  constexpr RecordLedger& operator+=(const RecordLedger& other) noexcept {
    written += other.written;
    lost_ring_full += other.lost_ring_full;
    delivered += other.delivered;
    packets_lost += other.packets_lost;
    packets_delivered += other.packets_delivered;
    return *this;
  }
};

/// Where the facts of the payload went. `written` is the worker's count; the collector
/// counts `delivered` for itself, from what it popped.
struct FactLedger {
  std::uint64_t written = 0;
  std::uint64_t lost = 0;  ///< the ring was full, or the window had its share
  std::uint64_t delivered = 0;

  friend constexpr bool operator==(const FactLedger&, const FactLedger&) = default;

  [[nodiscard]] constexpr bool balances() const noexcept { return written == lost + delivered; }

  constexpr FactLedger& operator+=(const FactLedger& other) noexcept {
    written += other.written;
    lost += other.lost;
    delivered += other.delivered;
    return *this;
  }
};

/// The share of the flows that is counted throughout at a level of shedding.
[[nodiscard]] constexpr double kept_flows_ratio(std::uint8_t shed_level) noexcept {
  return 1.0 / static_cast<double>(std::uint64_t{1} << shed_level);
}

static_assert(kept_flows_ratio(0) == 1 && kept_flows_ratio(3) == 0.125);

/// What one worker did with the packets of one base window. Crosses to the
/// control plane after the last record of that window.
struct WindowReport {
  WindowIndex window = 0;
  PacketLedger packets;
  std::uint64_t records_written = 0;
  std::uint64_t records_lost = 0;
  std::uint64_t packets_lost = 0;  ///< in those lost records
  std::uint64_t facts_written = 0;
  std::uint64_t facts_lost = 0;
  std::uint8_t shed_level = 0;  ///< the highest: one flow in 2^shed_level was counted throughout
  TimeNs first_ns = 0;          ///< of the first packet received; 0 if none was
  TimeNs last_ns = 0;
};

static_assert(std::is_trivially_copyable_v<WindowReport>);

}  // namespace mimir
