// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dataplane/record/flow_record.h"
#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "model/graph/server_ports.h"
#include "model/window.h"
#include "tools/policy/connections.h"

namespace mimir::policy {

/// What a capture showed of connections.
struct LearnedConnections {
  Connections allowed;
  /// With an end that no policy of applications speaks of: machines, infrastructure, unknown
  /// addresses.
  Connections left_out;
  /// Flows of TCP, in each window, that were refused or never answered: nobody needs what does not
  /// work.
  std::uint64_t failed = 0;
};

/// Learns who opens connections to whom from windows of flows. An answered flow is a
/// connection from its client to its server; of protocols without a handshake one packet
/// will do. A VIP is the service it stands for.
///
/// Threads: one owner. Memory: the server ports seen, and flows of which no handshake was,
/// until take(). The same for any number of workers.
class ConnectionLog {
 public:
  /// REQUIRES: both outlive this.
  ConnectionLog(const graph::Cluster& cluster, const graph::ObservationConfig& observation)
      : cluster_(cluster), observation_(observation) {}

  void add(const Window& window);

  /// Call once, after the last window: only then is every server known.
  [[nodiscard]] LearnedConnections take();

 private:
  struct End {
    std::string name{};
    bool takes_part = false;  ///< an application service or the outside
    bool is_foreign = false;  ///< nobody's that the cluster knows: loopback, multicast
  };

  [[nodiscard]] End end_of(const Address& address, TimeNs time_ns) const;
  void count(const FlowRecord& flow, Direction client);

  const graph::Cluster& cluster_;
  const graph::ObservationConfig& observation_;
  graph::ServerPorts servers_;
  std::map<FlowKey, FlowRecord> undecided_;
  LearnedConnections learned_;
};

}  // namespace mimir::policy
