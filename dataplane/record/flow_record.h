// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "dataplane/record/application.h"
#include "dataplane/record/flow_key.h"
#include "dataplane/record/time.h"

namespace mimir {

/// What one core saw of one flow within one base window.
///
/// Written once from the table's own slot, copied through that core's ring, then
/// only read. A flow has at least one record for each window it was active in;
/// it may have several (packets out of order across a window's edge), which add.
/// Plain bytes: no pointer, no owner, no padding.
///
///   offset size field           unit
///   ------ ---- --------------- -------------------------------------------
///        0   40 key             see FlowKey
///       40    8 window          base window on the absolute grid
///       48   16 bytes[2]        IP total length, summed, by Direction
///   ------ ---- --------------- line 1
///       64    8 first_ns        time of the first packet in this record
///       72    8 last_ns         time of the last packet in this record
///       80   16 packets[2]      packets, by Direction
///       96    2 tcp_flags[2]    OR of all TCP flags seen, by Direction
///       98    1 first_direction Direction of the first packet
///       99    2 signs[2]        OR of the ConnectionSign of all packets, by Direction
///      101    1 application     what the ends speak, see Application
///      102    1 rule_bits       bit_of() every RuleKind whose rules matched in this window
///      103   25 reserved        zero
///   ------ ---- ---------------
///      128
struct alignas(64) FlowRecord {
  FlowKey key;
  WindowIndex window = 0;
  std::array<std::uint64_t, 2> bytes{};
  TimeNs first_ns = 0;
  TimeNs last_ns = 0;
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint8_t, 2> tcp_flags{};
  Direction first_direction = Direction::kLowToHigh;
  std::array<std::uint8_t, 2> signs{};
  Application application = Application::kUnknown;
  std::uint8_t rule_bits = 0;
  std::array<std::uint8_t, 25> reserved{};
};

static_assert(sizeof(FlowRecord) == 128 && alignof(FlowRecord) == 64);
static_assert(offsetof(FlowRecord, window) == 40);
static_assert(offsetof(FlowRecord, first_ns) == 64, "line 1 starts here");
static_assert(offsetof(FlowRecord, reserved) == 103);
static_assert(std::is_trivially_copyable_v<FlowRecord>);
static_assert(std::has_unique_object_representations_v<FlowRecord>, "FlowRecord has padding");

/// Adds `from` to `into`. Commutes up to ties in first_ns.
/// REQUIRES: the same key. `window` keeps the earlier of the two.
constexpr void merge(FlowRecord& into, const FlowRecord& from) noexcept {
  if (from.first_ns < into.first_ns) {
    into.first_ns = from.first_ns;
    into.first_direction = from.first_direction;
  }
  if (from.last_ns > into.last_ns) into.last_ns = from.last_ns;
  if (from.window < into.window) into.window = from.window;
  if (from.application > into.application) into.application = from.application;
  into.rule_bits = static_cast<std::uint8_t>(into.rule_bits | from.rule_bits);
  for (std::size_t d = 0; d < 2; ++d) {
    into.bytes[d] += from.bytes[d];
    into.packets[d] += from.packets[d];
    into.tcp_flags[d] = static_cast<std::uint8_t>(into.tcp_flags[d] | from.tcp_flags[d]);
    into.signs[d] = static_cast<std::uint8_t>(into.signs[d] | from.signs[d]);
  }
}

}  // namespace mimir
