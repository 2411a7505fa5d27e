// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>

#include "dataplane/record/flow_key.h"
#include "dataplane/source/packet_source.h"
#include "dataplane/wire/dissect.h"

namespace mimir::tools {

/// What only the packets themselves tell of a mirror: what they are wrapped in, whether they are
/// cut, and which bytes of TCP it never showed, though later ones came or the other side
/// acknowledged them (RFC 9293 §3.4): who drops them is the mirror, or what feeds it.
///
/// What comes later, because a mirror reorders or the network lost it and it was sent again, is
/// not missing; of each direction the last kGapMax gaps are remembered for that. A copy of a
/// packet changes nothing.
///
/// Threads: one owner. Memory: 150 bytes a TCP flow, of at most kFlowMax flows.
class CaptureQuality {
 public:
  static constexpr std::size_t kFlowMax = std::size_t{1} << 20;
  static constexpr std::size_t kGapMax = 4;

  struct Counts {
    std::uint64_t packets = 0;
    std::uint64_t cut = 0;               ///< less was captured than was on the wire
    std::uint64_t tcp_bytes = 0;         ///< by sequence numbers, once a direction was seen
    std::uint64_t missing_bytes = 0;     ///< of these
    std::uint64_t packets_left_out = 0;  ///< of TCP flows for which there was no room
    std::map<std::string, std::uint64_t> wrappings{};  ///< packets by what is around them
  };

  explicit CaptureQuality(const wire::DissectOptions& options) : options_(options) {}

  void add(const source::PacketBatch& batch);
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  /// Sequence numbers modulo 2^32; empty if both are equal.
  struct Gap {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  /// What one side sent.
  struct Side {
    bool is_seen = false;
    std::uint32_t next = 0;  ///< behind the last byte that came or was acknowledged
    std::size_t oldest = 0;
    std::array<Gap, kGapMax> gaps{};
  };
  struct KeyHash {
    std::size_t operator()(const FlowKey& key) const noexcept;
  };

  void add_tcp(const wire::PacketFacts& facts);
  void send(Side& side, std::uint32_t begin, std::uint32_t end);
  void skip_to(Side& side, std::uint32_t end);

  wire::DissectOptions options_;
  Counts counts_;
  std::unordered_map<FlowKey, std::array<Side, 2>, KeyHash> flows_;
};

/// What is around the datagram that begins `inside` bytes into `frame`, by its outermost header:
/// "VXLAN", "VLAN tag"; empty if nothing is but the link's own header.
[[nodiscard]] std::string wrapping_of(LinkType link, std::span<const std::byte> frame,
                                      std::size_t inside);

}  // namespace mimir::tools
