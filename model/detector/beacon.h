// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/detector/bounded_table.h"
#include "model/detector/contact.h"
#include "model/detector/finding.h"

namespace mimir::detector {

/// Connections to one outside address at regular times. Of the last kIntervalCount
/// intervals between a client's connections to one port of it, the median absolute
/// deviation over the median is 0 of a clock, j / 2 of a clock that is off by up to the
/// share j of its period, and some 0.7 of chance (exponential intervals). Reported from
/// kIntervalCountMin intervals over kSpanMinNs on, if that ratio is at most
/// kDispersionMax and the sizes of what is sent vary by no more than kSizeDeviationMax
/// of their mean: whoever asks for orders mostly gets none. After the time and size
/// measures of RITA (activecm/rita).
///
/// Only TCP connections whose SYN was seen, and only to the outside: within a cluster,
/// probes and scrapes are as regular.
///
/// Threads: one owner. Memory: fixed.
class Beacon {
 public:
  static constexpr std::size_t kIntervalCount = 64;
  static constexpr std::size_t kIntervalCountMin = 20;
  static constexpr TimeNs kSpanMinNs = 120 * kNsPerSecond;
  static constexpr double kDispersionMax = 0.3;
  static constexpr double kSizeDeviationMax = 0.3;
  static constexpr std::size_t kPairCountMax = std::size_t{1} << 13;

  explicit Beacon(const Resolver& resolver) : resolver_(resolver), pairs_(kPairCountMax) {}

  void see(const Contact& contact);
  void report(std::vector<Finding>& findings);

 private:
  struct Pair {
    Party client;
    Party server;
    std::uint16_t port = 0;
    TimeNs first_ns = 0;
    TimeNs last_ns = 0;
    std::uint64_t connection_count = 0;
    std::array<TimeNs, kIntervalCount> intervals_ns{};  ///< the last ones, as a ring
    double mean_bytes = 0;
    double squares = 0;
    std::uint64_t reported_count = 0;
    bool is_due = false;
    [[nodiscard]] double rank() const { return static_cast<double>(connection_count); }
  };
  struct Rhythm {
    double median_s = 0;
    double dispersion = 0;
    double size_deviation = 0;
  };

  [[nodiscard]] static Rhythm rhythm_of(const Pair& pair);
  [[nodiscard]] Finding describe(const Pair& pair, const Rhythm& rhythm) const;

  const Resolver& resolver_;
  BoundedTable<Pair> pairs_;
  std::vector<Key> due_;
};

}  // namespace mimir::detector
