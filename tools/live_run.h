// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "controlplane/collector.h"
#include "controlplane/status/appliance_status.h"
#include "dataplane/record/ledger.h"
#include "dataplane/source/capture_set.h"
#include "dataplane/source/eal.h"
#include "dataplane/source/machine_fault.h"
#include "dataplane/source/port.h"
#include "dataplane/worker.h"
#include "tools/worker_errands.h"

namespace mimir::tools {

/// What the appliance listens to and with what.
struct LiveOptions {
  source::EalOptions eal;  ///< worker_count and memory_bytes are computed here
  std::vector<source::PortOptions> ports;
  /// Instead of ports: captures that go through a ring device at full speed. Null: ports.
  source::CaptureSet* replay = nullptr;
  std::size_t ring_record_count = std::size_t{1} << 16;
  std::size_t ring_fact_count = 1;
  WorkerOptions worker;
};

/// One term of what the appliance will hold, for people.
struct MemoryTerm {
  std::string what;
  std::size_t bytes = 0;
};

/// What these options add up to, before anything is started; first what huge pages hold.
[[nodiscard]] std::vector<MemoryTerm> memory_terms(const LiveOptions& options);

/// Whether the huge pages the configuration insists on are there; starts nothing.
[[nodiscard]] bool check_pages(const LiveOptions& options, source::MachineFault& fault);

/// What came of it, port by port and in sum.
struct LiveRun {
  PacketLedger packets;
  RecordLedger records;
  FactLedger facts;
  std::vector<source::PortCounters> ports;
  /// Packets of a port whose clock is trusted that had no stamp to be believed.
  std::uint64_t unstamped = 0;
  /// Packets the ports received that no worker read before the end.
  std::uint64_t left_in_queues = 0;
  /// Packets of replayed captures whose link was not its first packet's.
  std::uint64_t replay_left_out = 0;

  [[nodiscard]] bool balances() const {
    return packets.balances() && records.balances() && facts.balances() &&
           packets.counted == records.packets_delivered + records.packets_lost;
  }
};

/// How far a run has come.
struct LiveStatus {
  std::vector<controlplane::PortStatus> ports;
  std::vector<controlplane::WorkerStatus> workers;
  PacketLedger packets;  ///< of the windows handed over so far, as are the records
  RecordLedger records;
  FactLedger facts;
  std::uint64_t lost_at_ports = 0;
};

/// Called from the control-plane thread while the appliance runs.
struct LiveHooks {
  controlplane::Collector::WindowSink window;
  std::function<void(const source::PortNews&)> news{};  ///< of the ports, as it comes
  std::function<void()> started{};                      ///< every port is up, every worker polls
  std::function<void(const LiveStatus&)> status{};      ///< about once a second
  /// About once a second: no window that begins before this packet time is still to come.
  std::function<void(TimeNs)> time_passed{};
  InspectionExchange::Hooks inspection{};  ///< asked about once a second, as is the next
  TapSession::Hooks tap{};
};

/// Starts DPDK, polls every queue on a core of its own and hands over windows on
/// this thread until `stop` becomes true (or the replay ends). Then, in order:
/// queues are emptied, the last window is closed, rings are drained, ports closed.
///
/// Threads: call on the main thread, once a process.
/// False, with `fault` said, if the machine lacks something.
[[nodiscard]] bool run_live(const LiveOptions& options, const std::atomic<bool>& stop,
                            const LiveHooks& hooks, LiveRun& run, source::MachineFault& fault);

}  // namespace mimir::tools
