// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/detector/bounded_table.h"
#include "model/detector/contact.h"
#include "model/detector/finding.h"
#include "model/detector/known_habits.h"

namespace mimir::detector {

/// Somebody who works his way through the cluster, by the edges between services that
/// training did not have. Each TCP connection over such an edge weighs
///
///   2      the two services never talked           1    they did, at other ports
///   2      the port gives control (login, kubelet, etcd, API server)
///   1      a database's
///   0.5    at most kFewMax services talk to the server's      0.5   the client's talks
///          to at most kFewMax
///   0.5    of it if the connection failed or was not taken up; and the same if training
///          never saw one of the services
///   0.25   of it if the client talks to half of all services, or is a machine
///
/// and with the edge over which its client was itself reached, within kChainNs, it makes
/// a chain, which weighs the sum and kChainBonus a further hop. A chain is reported once
/// when it weighs kReportMin, and again for each hop that it grows by; the same
/// services by another pod are the same chain for kQuietNs.
///
/// Says nothing without learned pairs: everything would be new. Edges to the outside are
/// exfiltration's, and those of addresses nobody is known to hold are nobody's.
///
/// Threads: one owner. Memory: fixed.
class LateralMovement {
 public:
  static constexpr std::uint64_t kFewMax = 3;
  static constexpr double kChainBonus = 2;
  static constexpr double kReportMin = 3.5;
  static constexpr std::size_t kHopMax = 8;
  static constexpr TimeNs kChainNs = 4 * 3600 * kNsPerSecond;
  static constexpr TimeNs kQuietNs = 6 * 3600 * kNsPerSecond;

  LateralMovement(const Resolver& resolver, const KnownHabits& habits)
      : resolver_(resolver), habits_(habits), reached_(kReachedMax), reported_(kReachedMax) {}

  void see(const Contact& contact, std::vector<Finding>& findings);

 private:
  static constexpr std::size_t kReachedMax = 4096;
  /// How a pod was reached over an edge that training did not have.
  struct Reached {
    std::vector<Hop> hops;  ///< the last one ends here
    double weight = 0;
    [[nodiscard]] double rank() const { return weight; }
  };
  struct Reported {
    TimeNs last_ns = 0;
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };

  [[nodiscard]] double weigh(const Contact& contact, std::string& why) const;
  [[nodiscard]] bool is_news(const Reached& chain, TimeNs time_ns);
  [[nodiscard]] Finding describe(const Reached& chain) const;

  const Resolver& resolver_;
  const KnownHabits& habits_;
  BoundedTable<Reached> reached_;
  BoundedTable<Reported> reported_;
};

}  // namespace mimir::detector
