// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/detector/bounded_table.h"
#include "model/detector/contact.h"
#include "model/detector/finding.h"
#include "model/window.h"

namespace mimir::detector {

/// TCP connections to the outside that stay open for hours: reported after kHours[0], and
/// again, as the same, after the others. One whose SYN was not seen is not followed, nor
/// one that is silent for longer than kSilenceNsMax.
///
/// Threads: one owner. Memory: fixed. Cost: a lookup for each TCP record of a window.
class LongConnection {
 public:
  static constexpr TimeNs kSilenceNsMax = 2 * 3600 * kNsPerSecond;
  static constexpr std::size_t kConnectionCountMax = std::size_t{1} << 14;

  explicit LongConnection(const Resolver& resolver)
      : resolver_(resolver), connections_(kConnectionCountMax) {}

  void see(const Contact& contact);
  void look_at(const Window& window, std::vector<Finding>& findings);

 private:
  struct Connection {
    Party client;
    Party server;
    std::uint16_t port = 0;
    TimeNs first_ns = 0;
    TimeNs last_ns = 0;
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
    std::size_t reported_count = 0;  ///< of kHours, those it was reported for
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns - first_ns); }
  };

  [[nodiscard]] Key key_of_flow(const FlowKey& key) const;
  [[nodiscard]] Finding describe(const Connection& connection) const;

  const Resolver& resolver_;
  BoundedTable<Connection> connections_;
};

}  // namespace mimir::detector
