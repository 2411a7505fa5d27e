// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/detector/bounded_table.h"
#include "model/detector/finding.h"
#include "model/detector/minute_sum.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::detector {

/// Data in ICMP. A host that is asked for an echo sends back what it got (RFC 792), so
/// that of an honest pair both sides' packets are equally long on average. Over a minute:
///
///   uneven  at least kPacketsMin packets each way, and the means differ by a twentieth
///   varied  in kVariedStepsMin of its six steps neither side's packets are all equally
///           long, at kVariedBytesMin on average: a ping sends the same again and again
///   volume  kVolumeBytesMin or more, in packets of kMeanBytesMin on average: beyond
///           what anybody measures with
///
/// Packets without an answer are errors or lost echoes, and say nothing.
///
/// Threads: one owner. Memory: fixed. Cost: that of the window's ICMP flows.
class EchoTunnel {
 public:
  static constexpr std::uint64_t kPacketsMin = 16;
  static constexpr double kUnevenShareMin = 0.05;
  static constexpr std::size_t kVariedStepsMin = 4;
  static constexpr double kVariedBytesMin = 128;
  static constexpr std::uint64_t kVolumeBytesMin = 256 * 1024;
  static constexpr double kMeanBytesMin = 256;
  static constexpr std::size_t kPairCountMax = 4096;

  explicit EchoTunnel(const Resolver& resolver) : resolver_(resolver), pairs_(kPairCountMax) {}

  void look_at(const Window& window, std::vector<Finding>& findings);

 private:
  struct Pair {
    MinuteSum minute;
    TimeNs first_ns = 0;
    TimeNs last_ns = 0;
    TimeNs reported_ns = 0;  ///< 0: never
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };

  [[nodiscard]] Finding describe(const Pair& pair, const Party& source, const Party& target,
                                 std::string_view variant) const;

  const Resolver& resolver_;
  BoundedTable<Pair> pairs_;
};

}  // namespace mimir::detector
