// SPDX-License-Identifier: Apache-2.0
#include "dataplane/packet_tap.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mimir {

namespace {

// The classic format, as the IETF draft "PCAP Capture File Format" has it.
constexpr std::uint32_t kNanosecondMagic = 0xa1b23c4d;
constexpr std::uint32_t kSnapLength = 262144;
constexpr std::uint32_t kEthernet = 1;

void append(std::vector<std::byte>& bytes, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<std::byte>(value >> shift));
}

void append_header(std::vector<std::byte>& bytes) {
  append(bytes, kNanosecondMagic);
  append(bytes, 4U << 16 | 2U);  // version 2.4
  append(bytes, 0);
  append(bytes, 0);
  append(bytes, kSnapLength);
  append(bytes, kEthernet);
}

}  // namespace

bool TapFilter::matches(const FlowKey& key) const noexcept {
  if (protocol && key.protocol != *protocol) return false;
  if (port && key.low_port != *port && key.high_port != *port) return false;
  const auto are_ends = [&](const Address& one, const Address& another) {
    return (!address || *address == one) && (!other || *other == another);
  };
  return are_ends(key.low_address, key.high_address) || are_ends(key.high_address, key.low_address);
}

PacketTap::PacketTap(const TapFilter& filter, const TapLimits& limits)
    : filter_(filter), limits_(limits), bytes_(limits.byte_count_max) {
  packets_.reserve(limits.packet_count_max);
}

void PacketTap::look_at(const source::PacketView& packet, const FlowKey& key) noexcept {
  if (!filter_.matches(key)) return;
  const std::span<const std::byte> frame = packet.frame();
  if (packets_.size() == limits_.packet_count_max || frame.size() > bytes_.size() - used_bytes_) {
    ++missed_count_;
    is_full_.store(true, std::memory_order_relaxed);
    return;
  }
  if (!frame.empty()) std::memcpy(bytes_.data() + used_bytes_, frame.data(), frame.size());
  packets_.push_back({.time_ns = packet.time_ns,
                      .wire_bytes = packet.wire_bytes,
                      .captured_bytes = packet.captured_bytes,
                      .offset = used_bytes_});
  used_bytes_ += frame.size();
}

std::vector<std::byte> to_pcap(std::span<const PacketTap* const> taps,
                               std::size_t packet_count_max) {
  struct Item {
    const PacketTap* tap;
    const PacketTap::Packet* packet;
  };
  std::vector<Item> items;
  for (const PacketTap* const tap : taps) {
    for (const PacketTap::Packet& packet : tap->packets()) {
      items.push_back({.tap = tap, .packet = &packet});
    }
  }
  std::ranges::stable_sort(items, {}, [](const Item& item) { return item.packet->time_ns; });
  if (items.size() > packet_count_max) items.resize(packet_count_max);
  std::vector<std::byte> bytes;
  append_header(bytes);
  for (const Item& item : items) {
    append(bytes, static_cast<std::uint32_t>(item.packet->time_ns / kNsPerSecond));
    append(bytes, static_cast<std::uint32_t>(item.packet->time_ns % kNsPerSecond));
    append(bytes, item.packet->captured_bytes);
    append(bytes, item.packet->wire_bytes);
    const std::span<const std::byte> frame = item.tap->frame(*item.packet);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  return bytes;
}

}  // namespace mimir
