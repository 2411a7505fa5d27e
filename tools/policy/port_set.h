// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mimir::policy {

/// What network policies tell apart. ICMP has types, which are not told apart here.
enum class Protocol : std::uint8_t { kTcp, kUdp, kSctp, kIcmp };
inline constexpr std::size_t kProtocolCount = 4;

/// A set of ports of each protocol.
///
/// Invariant: ranges of a protocol ascend, disjoint and not adjacent, so equal sets
/// compare equal. Cost of all operations: linear in the ranges.
class PortSet {
 public:
  /// Both ends belong to it.
  struct Range {
    std::uint16_t first = 0;
    std::uint16_t last = 0;

    friend bool operator==(const Range&, const Range&) = default;
  };
  static constexpr Range kAllPorts{.first = 0, .last = 65535};

  /// Every port of every protocol.
  [[nodiscard]] static PortSet all();

  /// REQUIRES: range.first <= range.last.
  void add(Protocol protocol, Range range);

  [[nodiscard]] bool empty() const;
  [[nodiscard]] bool contains(Protocol protocol, std::uint16_t port) const;

  PortSet& operator|=(const PortSet& other);
  PortSet& operator&=(const PortSet& other);
  PortSet& operator-=(const PortSet& other);

  friend bool operator==(const PortSet&, const PortSet&) = default;

 private:
  std::array<std::vector<Range>, kProtocolCount> ranges_;
};

}  // namespace mimir::policy
