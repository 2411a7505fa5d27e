// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/record/flow_record.h"
#include "model/detector/bounded_table.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"
#include "model/graph/server_ports.h"
#include "model/window.h"

namespace mimir::detector {

/// Applications where they do not belong:
///
///   mismatch   a port that IANA gave one application, spoken to in another: SSH to 443
///   hidden     out of the cluster, an application that has a port of its own at another
///              one: DNS, SSH, SMB, RDP, LDAP, SMTP
///   unwanted   what no service of a cluster speaks: IRC
///
/// A pair of ends, port and application is told once an hour.
///
/// Threads: one owner. Memory: fixed, and a tree of server ports, cleared each window.
/// Cost: that of the window's records whose application is known.
class ApplicationPort {
 public:
  static constexpr std::size_t kPairCountMax = 8192;

  explicit ApplicationPort(const Resolver& resolver) : resolver_(resolver), pairs_(kPairCountMax) {}

  void look_at(const Window& window, std::vector<Finding>& findings);

 private:
  struct Pair {
    TimeNs last_ns = 0;
    TimeNs reported_ns = 0;  ///< 0: never
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };

  void judge(const FlowRecord& record, const graph::ServerPorts& ports,
             std::vector<Finding>& findings);

  const Resolver& resolver_;
  BoundedTable<Pair> pairs_;
};

}  // namespace mimir::detector
