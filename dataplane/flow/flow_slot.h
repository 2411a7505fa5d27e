// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "dataplane/record/connection.h"
#include "dataplane/record/flow_key.h"
#include "dataplane/record/flow_record.h"
#include "dataplane/record/inspection.h"

namespace mimir::flow {

/// One packet, as the flow table needs it.
struct PacketCount {
  TimeNs time_ns = 0;
  TimeNs window_begin_ns = 0;  ///< of the base window that holds time_ns
  TimeNs window_end_ns = 0;
  std::uint32_t ip_bytes = 0;
  Direction direction = Direction::kLowToHigh;
  std::uint8_t tcp_flags = 0;
};

/// A flow's counters in one base window: the hot type. With an IPv4 key it fills
/// exactly one cache line, so a packet touches one; with an IPv6 key it is one and a
/// half long, and so lies in two wherever it begins.
///
/// A slot is idle when it counts no packets. The counters all belong to the base window
/// that holds first_ns, so the window need not be stored. One that is free holds the
/// key of no flow, whose protocol is 0.
template <class Key>
struct alignas(sizeof(Key) == 16 ? 64 : 32) FlowSlot {
  Key key;
  std::array<std::uint64_t, 2> bytes{};
  TimeNs first_ns = 0;
  TimeNs last_ns = 0;
  std::array<std::uint32_t, 2> packets{};
  std::array<std::uint8_t, 2> tcp_flags{};
  Direction first_direction = Direction::kLowToHigh;
  std::array<std::uint8_t, 2> signs{};
  Inspection inspection;

  [[nodiscard]] bool is_idle() const noexcept { return (packets[0] | packets[1]) == 0; }

  /// Whether the counters must leave before `packet` can be counted: they belong
  /// to another window, or the next packet would overflow them.
  [[nodiscard]] bool must_leave_before(const PacketCount& packet) const noexcept {
    if (is_idle()) return false;
    return first_ns < packet.window_begin_ns || first_ns >= packet.window_end_ns ||
           packets[index(packet.direction)] == std::numeric_limits<std::uint32_t>::max();
  }

  void clear_counters() noexcept {
    bytes = {};
    packets = {};
    tcp_flags = {};
    signs = {};
    inspection.forget_window();
  }

  void count(const PacketCount& packet) noexcept {
    const std::size_t d = index(packet.direction);
    if (is_idle()) {
      first_ns = packet.time_ns;
      last_ns = packet.time_ns;
      first_direction = packet.direction;
    } else if (packet.time_ns < first_ns) {  // out of order within the window
      first_ns = packet.time_ns;
      first_direction = packet.direction;
    } else if (packet.time_ns > last_ns) {
      last_ns = packet.time_ns;
    }
    bytes[d] += packet.ip_bytes;
    packets[d] += 1;
    tcp_flags[d] = static_cast<std::uint8_t>(tcp_flags[d] | packet.tcp_flags);
    signs[d] = static_cast<std::uint8_t>(signs[d] | sign_of(packet.tcp_flags));
  }

  [[nodiscard]] FlowRecord record(TimeNs window_ns) const noexcept {
    return FlowRecord{.key = widen(key),
                      .window = window_of(first_ns, window_ns),
                      .bytes = bytes,
                      .first_ns = first_ns,
                      .last_ns = last_ns,
                      .packets = {packets[0], packets[1]},
                      .tcp_flags = tcp_flags,
                      .first_direction = first_direction,
                      .signs = signs,
                      .application = inspection.application,
                      .rule_bits = inspection.rule_bits};
  }
};

static_assert(sizeof(FlowSlot<FlowKeyV4>) == 64, "an IPv4 slot is one cache line");
static_assert(sizeof(FlowSlot<FlowKey>) == 96, "an IPv6 slot is one and a half");

}  // namespace mimir::flow
