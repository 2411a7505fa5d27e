// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/detector/bounded_table.h"
#include "model/detector/finding.h"
#include "model/detector/minute_sum.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::detector {

/// DNS as far as counters tell. A question for an ordinary name is some 60 to 90 bytes
/// long as an IP packet; one whose name carries data is longer. A client is reported if
/// over a minute its questions to one server are kMeanBytesMin long on average, and what
/// they have beyond kOrdinaryBytes each adds up to kExcessBytesMin.
///
/// Questions and answers are told apart by the port; by UDP, since of TCP the number of
/// packets does not say the number of questions.
///
/// Threads: one owner. Memory: fixed. Cost: that of the window's DNS flows.
class DnsVolume {
 public:
  static constexpr double kOrdinaryBytes = 75;
  static constexpr double kMeanBytesMin = 95;
  static constexpr double kExcessBytesMin = 3000;
  static constexpr std::uint64_t kQuestionsMin = 40;
  static constexpr std::size_t kPairCountMax = 8192;

  explicit DnsVolume(const Resolver& resolver) : resolver_(resolver), pairs_(kPairCountMax) {}

  void look_at(const Window& window, std::vector<Finding>& findings);

 private:
  struct Pair {
    MinuteSum minute;
    TimeNs first_ns = 0;
    TimeNs last_ns = 0;
    TimeNs reported_ns = 0;  ///< 0: never
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };

  [[nodiscard]] Finding describe(const Pair& pair, const Party& client, const Party& server) const;

  const Resolver& resolver_;
  BoundedTable<Pair> pairs_;
};

}  // namespace mimir::detector
