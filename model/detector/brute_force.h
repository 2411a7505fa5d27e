// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/detector/bounded_table.h"
#include "model/detector/contact.h"
#include "model/detector/finding.h"
#include "model/detector/known_habits.h"
#include "model/detector/ports.h"

namespace mimir::detector {

/// Many short connections to a port that asks for a password. An attempt is a TCP
/// connection that was taken up and has ended within half a minute with at most
/// kAttemptBytesMax each way. Attempts of a client at one port of one server are counted
/// with a half-life of two minutes:
///
///   port                 from  and
///   login, control          8
///   database               60  four times that where the model knows the pair
///   any but the web's      30  1 kB to kAttemptBytesMax each way, neither side more than
///                              twice the other, much alike, and a pair the model does
///                              not know: a login moved to another port
///
/// Threads: one owner. Memory: fixed.
class BruteForce {
 public:
  static constexpr std::uint64_t kAttemptBytesMax = 20'000;
  static constexpr TimeNs kAttemptNsMax = 30 * kNsPerSecond;
  static constexpr std::size_t kPairCountMax = std::size_t{1} << 14;

  BruteForce(const Resolver& resolver, const KnownHabits& habits)
      : resolver_(resolver), habits_(habits), pairs_(kPairCountMax) {}

  void see(const Contact& contact);
  void report(std::vector<Finding>& findings);

 private:
  struct Pair {
    Party client;
    Party server;
    std::uint16_t port = 0;
    double level = 0;  ///< attempts, each halved every two minutes
    TimeNs first_ns = 0;
    TimeNs last_ns = 0;
    std::uint64_t attempt_count = 0;
    double mean_bytes = 0;  ///< that the client sent, and the sum of squares around it
    double squares = 0;
    double mean_received_bytes = 0;
    std::uint64_t reported_count = 0;
    bool is_due = false;
    [[nodiscard]] double rank() const { return level; }
  };

  [[nodiscard]] bool is_too_many(const Contact& contact, const Pair& pair) const;
  [[nodiscard]] Finding describe(const Pair& pair) const;

  const Resolver& resolver_;
  const KnownHabits& habits_;
  BoundedTable<Pair> pairs_;
  std::vector<Key> due_;
};

}  // namespace mimir::detector
