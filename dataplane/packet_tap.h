// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/record/address.h"
#include "dataplane/record/flow_key.h"
#include "dataplane/source/packet_source.h"

namespace mimir {

/// Which flows a tap is about: every condition that is given must hold.
struct TapFilter {
  std::optional<Address> address{};  ///< at either end
  std::optional<Address> other{};    ///< at the other end
  std::optional<std::uint16_t> port{};
  std::optional<std::uint8_t> protocol{};  ///< IANA's number

  [[nodiscard]] bool matches(const FlowKey& key) const noexcept;
};

/// How much a tap takes, of each worker.
struct TapLimits {
  std::size_t packet_count_max = 1000;
  std::size_t byte_count_max = std::size_t{4} << 20;
};

/// Takes copies of the packets of some flows, as evidence: the frames as they were mirrored,
/// in the order in which its worker saw them, until it is full.
///
/// Threads: one worker fills it; others may ask is_full(), and look at the rest when that
/// worker uses it no more. Memory: byte_count_max, at once. Cost: a comparison of keys for
/// every packet while it is set, and a copy of those that match.
class PacketTap {
 public:
  struct Packet {
    TimeNs time_ns = 0;
    std::uint32_t wire_bytes = 0;
    std::uint32_t captured_bytes = 0;
    std::size_t offset = 0;  ///< of its frame in bytes()
  };

  PacketTap(const TapFilter& filter, const TapLimits& limits);

  /// Allocates nothing.
  void look_at(const source::PacketView& packet, const FlowKey& key) noexcept;

  [[nodiscard]] bool is_full() const noexcept { return is_full_.load(std::memory_order_relaxed); }

  [[nodiscard]] std::span<const Packet> packets() const noexcept { return packets_; }
  [[nodiscard]] std::span<const std::byte> frame(const Packet& packet) const noexcept {
    return std::span(bytes_).subspan(packet.offset, packet.captured_bytes);
  }
  /// Packets that matched and found it full.
  [[nodiscard]] std::uint64_t missed_count() const noexcept { return missed_count_; }

 private:
  TapFilter filter_;
  TapLimits limits_;
  std::vector<Packet> packets_;  ///< room for all was made at first
  std::vector<std::byte> bytes_;
  std::size_t used_bytes_ = 0;
  std::uint64_t missed_count_ = 0;
  std::atomic<bool> is_full_ = false;
};

/// All packets of the taps of one filter as a classic capture file in nanoseconds, link type
/// Ethernet, in the order of their times; `packet_count_max` of them at most.
[[nodiscard]] std::vector<std::byte> to_pcap(std::span<const PacketTap* const> taps,
                                             std::size_t packet_count_max);

}  // namespace mimir
