// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tools/simulator/cluster.h"
#include "tools/simulator/event.h"
#include "tools/simulator/payload.h"
#include "tools/simulator/topology.h"
#include "tools/simulator/traffic.h"

namespace mimir::simulator {

/// What comes by the clock: cron jobs, backups, uploads. A pod comes, asks the DNS,
/// reads from one service a piece at a time, writes each piece to the other, and goes.
///
/// It draws from a stream of its own, but for what the traffic draws.
class Jobs {
 public:
  Jobs(const Topology& topology, Cluster& cluster, Traffic& traffic, Tap& tap, Agenda& agenda,
       std::uint64_t seed);

  /// Puts the first events on the agenda.
  void begin(TimeNs time_ns);

  void start(std::uint32_t job, TimeNs time_ns);
  void step(std::uint32_t run, TimeNs time_ns);

  /// The pods of the service reset the connections that jobs have to them.
  void crash(std::uint32_t service, TimeNs time_ns);

 private:
  struct Running {
    std::uint32_t job;
    std::uint32_t pod;
    double left_bytes;
    std::unique_ptr<Traffic::Channel> source;
    std::unique_ptr<Traffic::Channel> sink;
    std::unique_ptr<Connection> outside;
    bool is_open = false;
    std::uint32_t refused = 0;  ///< attempts one after the other
  };

  /// False if a service that it needs has no pod now, or is down.
  bool open(Running& run, TimeNs& time_ns);
  void close(Running& run, TimeNs time_ns);
  void open_outside(Running& run, TimeNs& time_ns);
  TimeNs read(Traffic::Channel& source, std::size_t length, TimeNs time_ns);
  TimeNs write(Traffic::Channel& sink, std::size_t length, TimeNs time_ns);
  /// A request and its reply. Returns when the client has it.
  TimeNs exchange(Traffic::Channel& channel, const Service& service, const Operation& what,
                  TimeNs time_ns);

  const Topology& topology_;
  Cluster& cluster_;
  Traffic& traffic_;
  Tap& tap_;
  Agenda& agenda_;
  Random random_;
  Payloads payloads_;
  std::vector<Running> runs_;
};

}  // namespace mimir::simulator
