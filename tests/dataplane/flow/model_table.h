// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "dataplane/flow/flow_slot.h"
#include "dataplane/record/drop.h"

namespace mimir::test {

inline constexpr TimeNs kWindowNs = 100;

/// What a flow table must do, told with std::map and no hash: the oracle.
///
/// A flow is active (has counters) or idle. Nobody says when an idle flow is
/// forgotten, so of those the model knows only how many there may be. Each
/// member is told one operation and what the table answered, and returns
/// whether that was right.
class ModelTable {
 public:
  struct Answer {
    Drop drop = Drop::kNone;
    std::size_t size_before = 0;
    std::size_t size_after = 0;
    std::vector<FlowRecord> records{};
  };

  explicit ModelTable(std::size_t flow_count_max) : flow_count_max_(flow_count_max) {}

  [[nodiscard]] bool count(const FlowKey& key, const flow::PacketCount& packet,
                           const Answer& answer) {
    const auto active = active_.find(key);
    if (active == active_.end()) return start(key, packet, answer);
    if (answer.drop != Drop::kNone || answer.size_after != answer.size_before) return false;
    const WindowIndex window = window_of(packet.time_ns, kWindowNs);
    if (active->second.window == window) {
      if (!answer.records.empty()) return false;
      merge(active->second, as_record(key, packet));
    } else {
      if (answer.records.size() != 1 || !take(answer.records.front())) return false;
      idle_.erase(key);
      active_[key] = as_record(key, packet);
    }
    tally(packet);
    return true;
  }

  [[nodiscard]] bool sweep(TimeNs before_ns, const Answer& answer) {
    const std::size_t forgotten = answer.size_before - answer.size_after;
    if (answer.size_after > answer.size_before || forgotten > idle_.size()) return false;
    for (const FlowRecord& record : answer.records) {
      if (record.first_ns >= before_ns || !take(record)) return false;
    }
    return answer.size_after >= active_.size() &&
           answer.size_after <= active_.size() + idle_.size();
  }

  /// A sweep came to its end: nothing older may be left.
  [[nodiscard]] bool swept_all(TimeNs before_ns) const {
    return std::all_of(active_.begin(), active_.end(),
                       [before_ns](const auto& flow) { return flow.second.first_ns >= before_ns; });
  }

  [[nodiscard]] std::uint64_t counted_packets() const { return counted_packets_; }
  [[nodiscard]] std::uint64_t counted_bytes() const { return counted_bytes_; }
  [[nodiscard]] std::uint64_t taken_packets() const { return taken_packets_; }
  [[nodiscard]] std::uint64_t taken_bytes() const { return taken_bytes_; }
  [[nodiscard]] std::size_t active_count() const { return active_.size(); }

 private:
  bool start(const FlowKey& key, const flow::PacketCount& packet, const Answer& answer) {
    if (!answer.records.empty()) return false;
    const bool was_idle = idle_.contains(key);
    const bool is_full = answer.size_before == flow_count_max_;
    if (answer.drop != Drop::kNone) return is_full && answer.size_after == answer.size_before;
    const bool is_added = answer.size_after == answer.size_before + 1;
    if (is_added ? is_full : !was_idle || answer.size_after != answer.size_before) return false;
    idle_.erase(key);
    active_[key] = as_record(key, packet);
    tally(packet);
    return true;
  }

  bool take(const FlowRecord& record) {
    const auto active = active_.find(record.key);
    if (active == active_.end()) return false;
    if (std::memcmp(&active->second, &record, sizeof record) != 0) return false;
    taken_packets_ += record.packets[0] + record.packets[1];
    taken_bytes_ += record.bytes[0] + record.bytes[1];
    active_.erase(active);
    idle_.insert(record.key);
    return true;
  }

  void tally(const flow::PacketCount& packet) {
    ++counted_packets_;
    counted_bytes_ += packet.ip_bytes;
  }

  static FlowRecord as_record(const FlowKey& key, const flow::PacketCount& packet) {
    FlowRecord record{.key = key,
                      .window = window_of(packet.time_ns, kWindowNs),
                      .first_ns = packet.time_ns,
                      .last_ns = packet.time_ns,
                      .first_direction = packet.direction};
    record.bytes[index(packet.direction)] = packet.ip_bytes;
    record.packets[index(packet.direction)] = 1;
    record.tcp_flags[index(packet.direction)] = packet.tcp_flags;
    record.signs[index(packet.direction)] = sign_of(packet.tcp_flags);
    return record;
  }

  std::size_t flow_count_max_;
  std::map<FlowKey, FlowRecord> active_;
  std::set<FlowKey> idle_;
  std::uint64_t counted_packets_ = 0;
  std::uint64_t counted_bytes_ = 0;
  std::uint64_t taken_packets_ = 0;
  std::uint64_t taken_bytes_ = 0;
};

}  // namespace mimir::test
