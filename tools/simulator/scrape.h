// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "tools/simulator/cluster.h"
#include "tools/simulator/event.h"
#include "tools/simulator/random.h"
#include "tools/simulator/topology.h"
#include "tools/simulator/traffic.h"

namespace mimir::simulator {

/// What monitors the cluster, as Prometheus does: every pod of a scraper's service asks
/// every pod that has metrics, each at a moment of its own within the period.
///
/// A scraper hears every 30 s which pods there are. So a new one is asked within a minute,
/// and one that is gone is asked in vain until then.
///
/// It draws from a stream of its own, but for what the traffic draws.
class Scrapes {
 public:
  Scrapes(const Topology& topology, const Cluster& cluster, Traffic& traffic, Agenda& agenda,
          std::uint64_t seed);

  /// Puts the first events on the agenda.
  void begin(TimeNs time_ns);

  void discover(std::uint32_t scraper, TimeNs time_ns);
  void scrape(std::uint32_t target, TimeNs time_ns);

 private:
  struct Target {
    std::uint32_t scraper;
    std::uint32_t asking;  ///< pod
    std::uint32_t asked;   ///< pod
    bool is_dropped = false;
  };

  const Topology& topology_;
  const Cluster& cluster_;
  Traffic& traffic_;
  Agenda& agenda_;
  Random random_;
  std::vector<Target> targets_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> known_;  ///< pods: who asks whom
};

}  // namespace mimir::simulator
